// What a built .d.ts file declares, exports and imports. TypeScript 7 has no programming interface, so the text is read by the bundler's parser.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseAst } from "rolldown/parseAst";

/**
 * @typedef {{ name: string, text: string, doc: string, isValue: boolean, references: readonly string[] }} Declaration one name's declarations, joined; without `export` and `declare`
 * @typedef {{ module: string, name: string }} Place a name in a file, or in a package
 * @typedef {{ path: string, own: Map<string, Declaration>, imports: Map<string, Place>, exports: Map<string, Place>, all: string[] }} Module
 */

/** @type {Map<string, Module>} */
const modules = new Map();

/** @param {string} path @returns {Module} */
export const moduleAt = (path) => {
  const known = modules.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(path, "utf8");
  /** @type {Module} */
  const module = { path, own: new Map(), imports: new Map(), exports: new Map(), all: [] };
  modules.set(path, module);
  for (const statement of parseAst(text, { lang: "dts" }).body) take(module, text, statement);
  for (const [name, place] of module.exports) if (place.module === path) exportOwn(module, name, place);
  return module;
};

/** A name that is exported without `from` may have been imported: then it is declared where it came from. */
const exportOwn = (module, exported, { name }) => {
  const imported = module.imports.get(name);
  if (module.own.has(name)) return;
  if (imported === undefined) module.exports.delete(exported);
  else module.exports.set(exported, imported);
};

const take = (module, text, statement) => {
  const from = statement.source && placeOf(module, statement.source.value);
  switch (statement.type) {
    case "ImportDeclaration":
      for (const { local, imported } of statement.specifiers)
        module.imports.set(local.name, { module: from, name: imported?.name ?? "*" });
      return;
    case "ExportAllDeclaration":
      module.all.push(from);
      return;
    case "ExportNamedDeclaration":
      if (statement.declaration !== null) {
        for (const name of declare(module, text, statement, statement.declaration))
          module.exports.set(name, { module: module.path, name });
        return;
      }
      for (const { local, exported } of statement.specifiers)
        module.exports.set(exported.name, { module: from ?? module.path, name: local.name });
      return;
    default:
      declare(module, text, statement, statement);
  }
};

/** @returns {string[]} the names that the statement declares */
const declare = (module, text, statement, declaration) => {
  const ids =
    declaration.type === "VariableDeclaration"
      ? declaration.declarations.map(({ id }) => id)
      : [declaration.id];
  const isValue = !/^TS(Interface|TypeAlias)/.test(declaration.type);
  for (const { name } of ids) {
    const before = module.own.get(name);
    module.own.set(name, {
      name,
      text: [before?.text, bare(text.slice(statement.start, statement.end))].filter(Boolean).join("\n"),
      doc: before?.doc || docBefore(text, statement.start),
      isValue: isValue || (before?.isValue ?? false),
      references: [...new Set([...(before?.references ?? []), ...namesIn(declaration)])],
    });
  }
  return ids.map(({ name }) => name);
};

const bare = (text) => text.replace(/^(export )?(declare )?/, "").replaceAll("    ", "  ");

/** The words of the comment that stands right before a statement. */
const docBefore = (text, start) => {
  const comment = /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*$/.exec(text.slice(0, start));
  return comment === null ? "" : wordsOf(comment[1]);
};

const wordsOf = (comment) => comment.replaceAll(/^\s*\* ?/gm, "").trim();

/** Every name that types are called by within a declaration; names of other packages and of type parameters are found to be none. */
const namesIn = (node) => {
  if (typeof node !== "object" || node === null) return [];
  if (Array.isArray(node)) return node.flatMap(namesIn);
  if (node.type === "TSImportType" && node.qualifier?.type === "Identifier")
    return [`${node.source.value}#${node.qualifier.name}`, ...namesIn(node.typeArguments)];
  if (node.type === "Identifier") return [node.name, ...namesIn(node.typeAnnotation)];
  return Object.values(node).flatMap(namesIn);
};

/** Files are known by their paths, packages by their names. */
const placeOf = ({ path }, specifier) =>
  specifier.startsWith(".") ? join(dirname(path), specifier.replace(/(\.d)?\.[jt]s$/, ".d.ts")) : specifier;

/** Where a name that a module uses is declared; undefined for what is no name of ours. @param {Module} module @param {string} reference @returns {Place | undefined} */
export const placeIn = (module, reference) => {
  const [first, second] = reference.split("#");
  if (second !== undefined) return declared({ module: placeOf(module, first), name: second });
  if (module.own.has(reference)) return { module: module.path, name: reference };
  const imported = module.imports.get(reference);
  return imported && declared(imported);
};

/** Follows re-exports to the file that declares. @param {Place} place @returns {Place | undefined} */
const declared = (place) => {
  if (!place.module.endsWith(".d.ts") || place.name === "*") return undefined;
  const module = moduleAt(place.module);
  if (module.own.has(place.name)) return place;
  const exported = module.exports.get(place.name) ?? module.imports.get(place.name);
  if (exported !== undefined) return declared(exported);
  for (const path of module.all) {
    const found = declared({ module: path, name: place.name });
    if (found !== undefined) return found;
  }
  return undefined;
};

/** What an entry point exports, by name. @param {string} path @returns {Map<string, Place>} */
export const exportsOf = (path) => {
  const module = moduleAt(path);
  const found = new Map();
  for (const from of module.all) for (const [name, place] of exportsOf(from)) found.set(name, place);
  for (const [name, place] of module.exports) {
    const own = declared(place) ?? placeIn(module, place.name);
    if (own !== undefined) found.set(name, own);
  }
  return found;
};

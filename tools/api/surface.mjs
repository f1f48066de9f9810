// The public surface of the package: for each entry point what it exports, and what these name in turn without exporting it. As it is built.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exportsOf, moduleAt, placeIn } from "./declarations.mjs";

/**
 * @typedef {import("./declarations.mjs").Declaration} Declaration
 * @typedef {{ subpath: string, exported: Declaration[], named: Declaration[] }} Entry
 */

/** What one entry point exports is told there; what several name without exporting it is told once, at the first. @param {string} root @returns {Entry[]} */
export const entriesOf = (root) => {
  const entries = Object.entries(
    JSON.parse(readFileSync(join(root, "package.json"), "utf8")).exports,
  )
    .filter(([, target]) => target.types !== undefined)
    .map(([subpath, { types }]) => ({
      subpath: subpath.replace(".", "detent"),
      places: exportsOf(join(root, types)),
    }));
  const seen = new Set(entries.flatMap(({ places }) => [...places.values()].map(keyOf)));
  return entries.map(({ subpath, places }) => entryOf(subpath, places, seen));
};

/** @returns {Entry} */
const entryOf = (subpath, places, seen) => {
  if (places.size === 0) throw new Error(`${subpath} exports nothing: is it built?`);
  const named = [];
  const follow = (place) => {
    const module = moduleAt(place.module);
    for (const reference of module.own.get(place.name)?.references ?? []) {
      const next = placeIn(module, reference);
      if (next === undefined || seen.has(keyOf(next))) continue;
      seen.add(keyOf(next));
      named.push(declarationAt(next));
      follow(next);
    }
  };
  for (const place of places.values()) follow(place);
  const exported = [...places].map(([name, place]) => ({ ...declarationAt(place), name }));
  return { subpath, exported: sorted(exported), named: sorted(named) };
};

const keyOf = ({ module, name }) => `${module}#${name}`;

/** @returns {Declaration} */
const declarationAt = ({ module, name }) => {
  const found = moduleAt(module).own.get(name);
  if (found === undefined) throw new Error(`${module} has no ${name}`);
  return found;
};

/** Values first, then types, each by name. */
const sorted = (declarations) =>
  declarations.sort(
    (one, other) =>
      Number(other.isValue) - Number(one.isValue) ||
      (one.name < other.name ? -1 : one.name > other.name ? 1 : one.text < other.text ? -1 : 1),
  );

/** The surface as text without its comments: what a version number is about. @param {Entry} entry */
export const surfaceText = ({ subpath, exported, named }) =>
  [
    `# ${subpath}`,
    ...exported.map((it) => uncommented(it.text)),
    ...(named.length === 0 ? [] : ["# named by these, and not exported"]),
    ...named.map((it) => uncommented(it.text)),
  ].join("\n\n") + "\n";

const uncommented = (text) =>
  text.replaceAll(/[ \t]*\/\*\*(?:(?!\*\/)[^])*\*\/\n?/g, "").replaceAll(/^\s*\n/gm, "");

/** The reference of an entry point, with its comments. @param {Entry} entry */
export const referenceText = ({ subpath, exported, named }) => {
  const part = (title, declarations) =>
    declarations.length === 0 ? [] : [`## ${title}`, ...declarations.flatMap(chapterOf)];
  return (
    [
      `# ${subpath}`,
      "Made from the comments in the code by `npm run check:api -- --update`; change it there.",
      ...part("Functions and values", exported.filter(({ isValue }) => isValue)),
      ...part("Types", exported.filter(({ isValue }) => !isValue)),
      ...part("Named by these, and not exported", named),
    ].join("\n\n") + "\n"
  );
};

const chapterOf = ({ name, doc, text }) => [
  `### ${name}`,
  ...(doc === "" ? [] : [doc]),
  `\`\`\`ts\n${text}\n\`\`\``,
];

// Why a module of the user's can't be imported, in one line: what is wrong, in which file and line, and how to mend it. Runtimes say where in ways of their own, and of a syntax
// error in JavaScript not at all.
import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { errorDataOf, InputError } from "../core/errors.ts";
import { pathOf, placeText, userFrames, type Frame } from "../core/frames.ts";

type Place = Omit<Frame, "name">;

/** `name` is what the user called the module, `module` its URL. The error is kept as the cause. */
export const importFault = async (
  { name, module }: { readonly name: string; readonly module: string },
  error: unknown,
): Promise<InputError> =>
  new InputError(`${name} can't be imported: ${await reasonOf(module, error)}`, { cause: error });

const reasonOf = async (module: string, error: unknown): Promise<string> => {
  const { name, message } = errorDataOf(error);
  const { stack } = (error ?? {}) as { readonly stack?: unknown };
  const told = typeof stack === "string" ? stack : "";
  const missing = missingReason(module, message);
  if (missing !== undefined) return missing;
  const syntax = transformed(message) ?? (isSyntax(name) ? await misread(module, told) : undefined);
  const what = syntax?.text ?? lineOf(message);
  const place = syntax?.place ?? userFrames(told)[0];
  return `${syntax === undefined ? name : "SyntaxError"}: ${what}${place === undefined ? "" : ` (${placeText(place)})`}`;
};

/** Bun gives all errors of a file in one. */
const isSyntax = (name: string): boolean => name === "SyntaxError" || name === "AggregateError";

/** A message goes on where its first line ends with a colon. */
const lineOf = (message: string): string => {
  const [first = "", second = ""] = message.split("\n").filter((line) => line.trim() !== "");
  return first.endsWith(":") ? `${first} ${second.trim()}` : first;
};

const notFound =
  /^Cannot find (?:module|package) ['"](?<what>.+?)['"](?: imported)? from ['"]?(?<importer>.+?)['"]?$/m;

/** Which import leads nowhere: the one of the module itself, or one within. */
const missingReason = (module: string, message: string): string | undefined => {
  const { what, importer } = notFound.exec(message)?.groups ?? {};
  if (what === undefined || importer === undefined) return undefined;
  if (module.startsWith("file:") && !existsSync(new URL(module)))
    return "there is no such file; correct its path";
  const file = pathOf(importer);
  const found = importIn(file, pathOf(what));
  const place = placeText({ file, line: found?.line ?? 1, column: null });
  const isPackage = !/^[./\\]|^[A-Za-z]:[\\/]/.test(pathOf(what));
  return isPackage
    ? `${place} imports the package ${JSON.stringify(what)}, which is not installed there; npm install ${what}`
    : `${place} imports ${JSON.stringify(found?.specifier ?? pathOf(what))}, and there is no such file; correct the path, with its extension`;
};

/** Where a file imports something that was not found. */
const importIn = (
  file: string,
  missing: string,
): { readonly specifier: string; readonly line: number } | undefined => {
  let lines: readonly string[];
  try {
    lines = readFileSync(file, "utf8").split("\n");
  } catch {
    return undefined;
  }
  const isIt = (specifier: string): boolean =>
    /^\.{0,2}\//.test(specifier)
      ? path.resolve(path.dirname(file), specifier) === path.resolve(path.dirname(file), missing)
      : specifier === missing || specifier.startsWith(`${missing}/`);
  for (const [index, line] of lines.entries())
    for (const [, specifier = ""] of line.matchAll(/["'`]([^"'`]+)["'`]/g))
      if (isIt(specifier)) return { specifier, line: index + 1 };
  return undefined;
};

interface Misread {
  readonly text: string;
  readonly place: Place | undefined;
}

/** What esbuild says of TypeScript, on its second line. It counts columns from 0. */
const transformed = (message: string): Misread | undefined => {
  const { file, line, column, text } =
    /^(?<file>.+?):(?<line>\d+):(?<column>\d+): ERROR: (?<text>.*)$/m.exec(message)?.groups ?? {};
  return file === undefined || text === undefined
    ? undefined
    : { text, place: { file: pathOf(file), line: Number(line), column: Number(column) + 1 } };
};

/** A syntax error's place stands on the first line of its stack, or nowhere: then another parser is asked. */
const misread = async (module: string, stack: string): Promise<Misread | undefined> => {
  const [head = "", ...rest] = stack.split("\n");
  const { file, line } = /^(?<file>\S.*?):(?<line>\d+)$/.exec(head)?.groups ?? {};
  if (file !== undefined) {
    const text = rest.find((each) => each.startsWith("SyntaxError: "))?.slice(13);
    if (text !== undefined)
      return { text, place: { file: pathOf(file), line: Number(line), column: null } };
  }
  return module.startsWith("file:") ? parsed(fileURLToPath(module)) : undefined;
};

interface ParseError {
  readonly text: string;
  readonly location: {
    readonly file: string;
    readonly line: number;
    readonly column: number;
  } | null;
}

const parsed = async (file: string): Promise<Misread | undefined> => {
  try {
    const { build } = await import("esbuild");
    await build({
      entryPoints: [file],
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
      write: false,
      logLevel: "silent",
    });
    return undefined;
  } catch (failure) {
    const { errors = [] } = failure as { readonly errors?: readonly ParseError[] };
    const fault = errors.find(({ text }) => !/^(?:Could not resolve|No loader)/.test(text));
    if (fault?.location == null) return undefined;
    const { file: within, line, column } = fault.location;
    return { text: fault.text, place: { file: path.resolve(within), line, column: column + 1 } };
  }
};

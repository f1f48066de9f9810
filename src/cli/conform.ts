// `detent conform`: whether a store of one's own keeps the rules that every store must keep. Exit code 1 where it doesn't.
import { existsSync } from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import * as Command from "effect/cli/Command";
import type * as Testing from "../adapters/testing/index.ts";
import { InputError } from "../core/errors.ts";
import { argument, doing, flag, json } from "./options.ts";
import { print, printJson, styled } from "./output.ts";

export const conform = Command.make(
  "conform",
  {
    module: argument("MODULE", "The file whose `subject` (or default export) opens the store"),
    part: flag("part", "PART", "Only the rules about this, such as claims. Default: all"),
    json,
  },
  doing(async (options) => {
    const subject = await subjectOf(options.module);
    const { conformance, storeRules } = await suite();
    const all = storeRules(subject);
    const parts = [...new Set(all.map(({ part }) => part))];
    if (options.part !== undefined && !parts.includes(options.part))
      throw new InputError(
        `--part: there is no part ${options.part}; there are ${parts.join(", ")}`,
      );
    const rules = all.filter(({ part }) => part === (options.part ?? part));
    const verdicts = await conformance(rules, (verdict) => {
      if (!options.json) print(lineOf(verdict));
    });
    const broken = verdicts.filter(({ fault }) => fault !== null);
    if (broken.length > 0) process.exitCode = 1;
    const counts = { rules: verdicts.length, kept: verdicts.length - broken.length };
    if (options.json) {
      const told = broken.map(({ rule: { part, name }, fault }) => ({ part, rule: name, fault }));
      return printJson({ module: options.module, ...counts, broken: told });
    }
    print(`${counts.kept} of ${counts.rules} rules are kept`);
  }),
).pipe(
  Command.withDescription("Check a store of your own against the rules that every store must keep"),
  Command.withExamples([{ command: "detent conform ./my-store.ts" }]),
);

/** As published, and not bundled: the rules and the store must share one copy of Effect. */
const suite = (): Promise<typeof Testing> => {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return import(new URL(`../adapters/testing/index.${extension}`, import.meta.url).href);
};

const subjectOf = async (file: string): Promise<Testing.Subject> => {
  const full = path.resolve(file);
  if (!existsSync(full)) throw new InputError(`there is no file ${file}`);
  const { importModule } = await import("../runtime/executor/registry.ts");
  const { href } = pathToFileURL(full);
  let exported: { readonly subject?: unknown; readonly default?: unknown };
  try {
    exported = (await importModule(href)) as typeof exported;
  } catch (error) {
    const { importFault } = await import("../runtime/import-fault.ts");
    throw await importFault({ name: file, module: href }, error);
  }
  const subject = exported.subject ?? exported.default;
  if (typeof subject !== "object" || subject === null || !("open" in subject))
    throw new InputError(
      `${file} exports no subject; write \`export const subject: Subject = { open: … }\` with the type from "detent/testing"`,
    );
  return subject as Testing.Subject;
};

const lineOf = ({ rule: { part, name }, fault }: Testing.Verdict): string =>
  fault === null
    ? `${styled("green", "✓")} ${part}: ${name}`
    : `${styled("red", "✗")} ${part}: ${name}\n    ${fault}`;

// The configuration file: what a person who works in one place need not say with each command. `detent.config.ts` exports it by default.
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { DefinitionError, InputError } from "../core/errors.ts";
import { noOption, shown } from "../core/reading.ts";
import { redactPathFault } from "../core/redact.ts";
import { withoutSecrets } from "../core/store-url.ts";
import { importModule } from "./executor/registry.ts";
import { importFault } from "./import-fault.ts";

/** What `detent.config.ts` may say. A flag of a command goes before the environment (`DETENT_STORE`, …), the environment before the file. */
export interface Config {
  /** Where state is kept: `sqlite:FILE` or `postgres://…`. */
  readonly store?: string;
  /** The app: its file, or the name it has in the store. */
  readonly app?: string;
  /** How many runs at a time. */
  readonly slots?: number;
  /** What a commit survives: loss of power, or the end of the process. */
  readonly durability?: "power" | "process";
  /** An OTLP collector, such as `http://127.0.0.1:4318`, to which `detent start` sends traces and metrics. */
  readonly otlp?: string;
  /** The Redis server by which `detent start` hands runs to `detent worker`: `redis://USER:PASSWORD@HOST:PORT`. Left out: it runs them itself. */
  readonly redis?: string;
  /** How `detent start` logs: JSON lines, or lines for people. Left out: it shows what runs. */
  readonly log?: "json" | "pretty";
  /** Values that people are not shown, by their paths: `payload.card`, `**.password`. What is stored stays whole. */
  readonly redact?: readonly string[];
}

/** Reads a configuration file. Rejects with an InputError if it can't be imported, with a DefinitionError that has all its faults. */
export const loadConfig = async (file: string): Promise<Config> => {
  const name = path.basename(file);
  const { href } = pathToFileURL(file);
  let exported: { readonly default?: unknown };
  try {
    exported = (await importModule(href)) as typeof exported;
  } catch (error) {
    throw await importFault({ name, module: href }, error);
  }
  const config = exported.default;
  if (typeof config !== "object" || config === null)
    throw new InputError(
      `${name} does not export a configuration by default; write \`export default { store: "sqlite:detent.db" }\``,
    );
  const faults = configFaults(config);
  if (faults.length > 0) throw new DefinitionError(faults.map((fault) => `${name}: ${fault}`));
  return config;
};

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";

/** Per option, what is wrong with a value of it. */
const options: { readonly [Name in keyof Config]-?: (value: unknown) => string | undefined } = {
  store: (value) => (isText(value) ? undefined : "give a URL such as sqlite:detent.db"),
  app: (value) => (isText(value) ? undefined : "give the app's file or its name"),
  slots: (value) =>
    Number.isInteger(value) && (value as number) >= 1
      ? undefined
      : "give a whole number of at least 1",
  durability: (value) =>
    value === "power" || value === "process" ? undefined : 'give "power" or "process"',
  otlp: (value) =>
    typeof value === "string" && URL.canParse(value) && /^https?:/.test(value)
      ? undefined
      : "give the URL of a collector such as http://127.0.0.1:4318",
  redis: (value) =>
    typeof value === "string" && URL.canParse(value) && /^rediss?:\/\//.test(value)
      ? undefined
      : "give the URL of a server such as redis://127.0.0.1:6379",
  log: (value) => (value === "json" || value === "pretty" ? undefined : 'give "json" or "pretty"'),
  redact: (value) =>
    Array.isArray(value)
      ? value.map(redactPathFault).find((fault) => fault !== undefined)
      : "give a list of paths such as payload.card or **.password",
};

/** What is wrong with a value of an option, or undefined; also where the environment gives it. */
export const optionFault = (name: keyof Config, value: unknown): string | undefined =>
  options[name](value);

const configFaults = (config: object): readonly string[] =>
  Object.entries(config).flatMap(([name, value]: [string, unknown]) => {
    if (value === undefined) return [];
    if (!Object.hasOwn(options, name)) {
      return [`${shown(name)} ${noOption(name, Object.keys(options))}`];
    }
    const fault = optionFault(name as keyof Config, value);
    return fault === undefined
      ? []
      : [
          `${name} is ${shown(typeof value === "string" ? withoutSecrets(value) : value)}; ${fault}`,
        ];
  });

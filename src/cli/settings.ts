// What a command is to use where several may say so: a flag, then the environment, then the configuration file, then the default.
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import * as path from "node:path";
import { InputError } from "../core/errors.ts";
import { withoutSecrets } from "../core/store-url.ts";
import type { Config } from "../runtime/config.ts";

/** A value, and who has said it. */
export interface Setting<Value = unknown> {
  readonly value: Value;
  /** `--store`, `DETENT_STORE`, the name of the file, or `default`. */
  readonly source: string;
}

type Values = { readonly [Name in keyof Config]-?: NonNullable<Config[Name]> };

/** What has no default is null. */
type Defaults = {
  readonly [Name in keyof Values]:
    | Values[Name]
    | (Name extends "log" | "otlp" | "redis" ? null : never);
};

export const settingNames: readonly (keyof Config)[] = [
  "store",
  "app",
  "slots",
  "durability",
  "log",
  "otlp",
  "redis",
  "redact",
];

const defaults: Defaults = {
  store: "sqlite:detent.db",
  app: "main",
  get slots() {
    return availableParallelism();
  },
  durability: "power",
  log: null,
  otlp: null,
  redis: null,
  redact: [],
};

interface Told {
  readonly source: string;
  readonly value: unknown;
}

let file: { readonly name: string; readonly config: Config } | undefined;
let environment: { readonly [Name in keyof Config]?: Told } = {};

/** Reads the environment and the configuration file of the working directory; done before a command works. Rejects with what is wrong with either. */
export const readSettings = async (): Promise<void> => {
  const found = configPath();
  const isEmpty = settingNames.every((name) => (process.env[variableOf(name)] ?? "") === "");
  if (found === undefined && isEmpty) return;
  const { loadConfig, optionFault } = await import("../runtime/config.ts");
  if (found !== undefined) file = { name: path.basename(found), config: await loadConfig(found) };
  environment = Object.fromEntries(
    settingNames.flatMap((name) => {
      const source = variableOf(name);
      const text = process.env[source] ?? "";
      if (text === "") return [];
      const value = valueOf(name, text);
      const fault = optionFault(name, value);
      if (fault !== undefined)
        throw new InputError(`${source} is ${JSON.stringify(withoutSecrets(text))}; ${fault}`);
      return [[name, { source, value }]];
    }),
  );
};

/** The first configuration file of the working directory. */
const configPath = (): string | undefined =>
  ["ts", "mts", "js", "mjs"]
    .map((end) => path.resolve(`detent.config.${end}`))
    .find((each) => existsSync(each));

const variableOf = (name: string): string => `DETENT_${name.toUpperCase()}`;

const valueOf = (name: keyof Config, text: string): unknown => {
  if (name === "slots") return Number(text);
  return name === "redact" ? text.split(",").map((it) => it.trim()) : text;
};

/** The setting, with what its flag says if it was given. */
export const setting = <Name extends keyof Config>(
  name: Name,
  flag?: Values[Name],
): Setting<Defaults[Name]> => {
  if (flag !== undefined) return { value: flag, source: `--${name}` };
  const told = environment[name];
  if (told !== undefined) return told as Setting<Defaults[Name]>;
  const configured = file?.config[name];
  if (file !== undefined && configured !== undefined)
    return { value: configured as Defaults[Name], source: file.name };
  return { value: defaults[name], source: "default" };
};

/** The app's file: the argument, or what is configured. */
export const appFile = (argument: string | undefined): string => {
  const { value, source } = setting("app", argument);
  if (source !== "default") return value;
  throw new InputError(
    "give APP, the app's file, or name it in DETENT_APP or as app in detent.config.ts",
  );
};

// Flags and arguments that several commands share, and how a command's work is done.
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import * as Argument from "effect/cli/Argument";
import * as Flag from "effect/cli/Flag";
import * as Param from "effect/cli/Param";
import * as Primitive from "effect/cli/Primitive";
import { durationFault, durationMillis } from "../core/duration.ts";
import { InputError } from "../core/errors.ts";
import { readInstant } from "../core/instant.ts";
import type { Json } from "../core/json.ts";
import { readSettings } from "./settings.ts";

/** What is called so is a path, which shells complete. */
const pathTypes: { readonly [metavar: string]: Primitive.PathType } = {
  APP: "file",
  FILE: "file",
  JOURNAL: "file",
  MODULE: "file",
  FOLDER: "directory",
};

/** Effect's own type of a path looks at the file system while it reads the arguments; here the command does. */
const textOf = (metavar: string): Primitive.Primitive<string> => {
  const pathType = pathTypes[metavar];
  const { parse } = Primitive.String;
  return pathType === undefined
    ? Primitive.String
    : Object.assign(Primitive.Path(pathType), { parse });
};

export const flag = (
  name: string,
  metavar: string,
  description: string,
): Flag.Flag<string | undefined> =>
  Param.makeSingle({ kind: Param.flagKind, name, primitiveType: textOf(metavar) }).pipe(
    Flag.withMetavar(metavar),
    Flag.withDescription(description),
    Flag.optional,
    Flag.map(Option.getOrUndefined),
  );

export const count = (
  name: string,
  metavar: string,
  description: string,
): Flag.Flag<number | undefined> =>
  Flag.Int(name).pipe(
    Flag.withMetavar(metavar),
    Flag.withDescription(description),
    Flag.optional,
    Flag.map(Option.getOrUndefined),
  );

export const toggle = (name: string, description: string): Flag.Flag<boolean> =>
  Flag.Boolean(name).pipe(
    Flag.withDescription(description),
    Flag.withoutNegation,
    Flag.withDefault(false),
  );

export const argument = (name: string, description: string): Argument.Argument<string> =>
  Param.makeSingle({ kind: Param.argumentKind, name, primitiveType: textOf(name) }).pipe(
    Argument.withMetavar(" "),
    Argument.withDescription(description),
  );

export const optionalArgument = (
  name: string,
  description: string,
): Argument.Argument<string | undefined> =>
  argument(name, description).pipe(Argument.optional, Argument.map(Option.getOrUndefined));

export const json = toggle("json", "Print JSON, for scripts");

export const id = flag(
  "id",
  "ID",
  "The same id again is a duplicate and changes nothing. Default: a new one",
);

export const store = flag(
  "store",
  "URL",
  "Where state is kept: sqlite:FILE or postgres://…. Default: DETENT_STORE, detent.config.ts, or sqlite:detent.db",
);

export const tasks = flag(
  "tasks",
  "FILE",
  "What detent build has made of the app's task modules. Default: the modules themselves",
);

export const grace = flag(
  "grace",
  "DURATION",
  "How long what runs may go on after the first signal. Default: 30 s",
);

export const redis = flag(
  "redis",
  "URL",
  "The Redis server by which engines hand runs to workers: redis://HOST:PORT. Default: DETENT_REDIS or detent.config.ts; without one, detent start runs them itself",
);

export const app = flag(
  "app",
  "APP",
  "The app in the store: its name, or its file, which is then checked against. Default: DETENT_APP, detent.config.ts, or main",
);

/** The handler of a command: what the work throws becomes the command's failure. */
export const doing =
  <Options>(work: (options: Options) => Promise<void>) =>
  (options: Options): Effect.Effect<void, unknown> =>
    Effect.tryPromise({
      try: async () => {
        await readSettings();
        return work(options);
      },
      catch: (error) => error,
    });

/** A JSON value from an argument; null when it was left out. */
export const jsonOf = (text: string | undefined, noun: string): Json => {
  if (text === undefined) return null;
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new InputError(
      `the ${noun} ${JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)} is not JSON (${(error as Error).message}); write objects as '{"key":1}' and text as '"text"'`,
    );
  }
};

/** Milliseconds, or text with a unit, as the core reads durations. */
export const durationOf = (text: string): number | string =>
  /^\d+$/.test(text) ? Number(text) : text;
/** Milliseconds since the epoch, or text, as the core reads instants. */
const instantOf = (text: string): number | string =>
  /^-?\d{5,}$/.test(text) ? Number(text) : text;

/** The instant that a flag names. */
export const demandInstant = (name: string, text: string): number => {
  const reading = readInstant(instantOf(text));
  if (reading.ok) return reading.value;
  throw new InputError(`--${name}: ${reading.message}`);
};

/** The milliseconds of the duration that a flag gives. */
export const demandDuration = (name: string, text: string): number => {
  const duration = durationOf(text);
  const fault = durationFault(duration);
  if (fault !== undefined) throw new InputError(`--${name}: ${fault}`);
  return durationMillis(duration);
};

export const demandCount = (name: string, value: number, most: number): number => {
  if (value >= 1 && value <= most) return value;
  throw new InputError(`--${name} is ${value}; give a whole number from 1 to ${most}`);
};

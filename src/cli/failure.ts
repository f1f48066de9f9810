// How a failure is told. Whoever must act decides: the user's mistakes are one line and exit code 2, an outside failure is one line and 1, and a bug shows its stack.
import { printJson, wantsJson } from "./output.ts";
import { meantOr } from "../core/nearest.ts";

/** What was asked can't be done as things stand, and the user did nothing wrong: one line and exit code 1. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code: 0 | 1 | 2;
  /** Nobody expected it: show where it came from. */
  readonly stack?: string | undefined;
}

/** Tells a failure, as JSON on stdout if the arguments ask for JSON, and returns the exit code. */
export const reportFailure = (thrown: unknown, args: readonly string[]): number => {
  const { name, message, code, stack } = failureOf(thrown);
  if (code === 0) return code;
  if (wantsJson(args)) printJson({ error: { name, message } });
  else process.stderr.write(`${stack ?? `detent: ${message}`}\n`);
  return code;
};

const failureOf = (thrown: unknown): Failure => {
  if (typeof thrown !== "object" || thrown === null)
    return { name: "Error", message: String(thrown), code: 1 };
  // By name, not by class: an app file brings its own copy of detent's errors.
  const { name, message, stack } = thrown as Error;
  if ((thrown as { readonly _tag?: unknown })._tag === "ShowHelp")
    return wrongUse(thrown as HelpShown);
  switch (name) {
    case "InputError":
    case "DefinitionError":
      return { name, message, code: 2 };
    case "StoreError":
    case "ExecutorError":
    case "RefusedError":
      return { name, message, code: 1 };
    default:
      return { name, message, code: 1, stack };
  }
};

/** What the parser says of arguments that it can't take; `errors` is empty where help was all that was asked for. */
interface HelpShown {
  readonly commandPath: readonly string[];
  readonly errors: readonly {
    readonly _tag: string;
    readonly message: string;
    readonly suggestions?: readonly string[];
    /** Of a value that is none: what it was given for, and what it should be. */
    readonly kind?: "flag" | "argument";
    readonly option?: string;
    readonly value?: string;
    readonly expected?: string;
  }[];
}

const wrongUse = ({ commandPath, errors }: HelpShown): Failure => {
  // A wrong command makes its flags wrong as well; that it is wrong says it all.
  const unknown = errors.filter(({ _tag }) => _tag === "UnknownSubcommand");
  const told = (unknown.length > 0 ? unknown : errors).map((error) => {
    if (error._tag === "InvalidValue") return valueFault(error);
    const { message, suggestions = [] } = error;
    const line = message.split("\n", 1)[0] ?? message;
    const fault = line.charAt(0).toLowerCase() + line.slice(1).replace("subcommand", "command");
    return suggestions.length === 0 ? fault : `${fault}; did you mean ${suggestions.join(" or ")}?`;
  });
  return {
    name: "InputError",
    message: `${told.join("; ")} (see ${commandPath.join(" ")} --help)`,
    code: errors.length === 0 ? 0 : 2,
  };
};

/** The parser tells what its types are called; people are told what to write. */
const valueFault = ({
  kind,
  option = "",
  value = "",
  expected = "",
}: HelpShown["errors"][number]): string => {
  const place = kind === "flag" ? `--${option}` : option;
  const words = [...expected.matchAll(/"([^"]*)"/g)].map(([, word = ""]) => word);
  const wanted = /number|integer/.test(expected)
    ? "; give a whole number"
    : words.length > 0
      ? `; give ${words.map((word) => JSON.stringify(word)).join(" or ")}`
      : "";
  if (value === "")
    return `${place} needs a value: ${place} ${words.length > 0 ? words.join("|") : expected.replace(/^Expected:? /, "")}`;
  return `${place} is ${JSON.stringify(value)}${meantOr(value, words, wanted)}`;
};

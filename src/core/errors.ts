// Errors are named for who must act. A DefinitionError is the programmer's, now; a StoreError the operator's, or a retry's. What a caller branches on
// (duplicate, conflict, taken) is never an error but a value; how a task ended is data, an outcome.

/** Everything that is wrong with a set of definitions, all at once; each line says what, where and how to mend it. */
export class DefinitionError extends Error {
  override readonly name = "DefinitionError";
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(
      faults.length === 1
        ? faults[0]
        : [`${faults.length} faults:`, ...faults.map((fault) => `  - ${fault}`)].join("\n"),
    );
    this.faults = faults;
  }
}

/** A value that came from outside (payload, input, argument, configuration) and can't be taken; the message says what, where and how to mend it. */
export class InputError extends Error {
  override readonly name = "InputError";
}

/** The store could not do its work: disk full, file locked or damaged, connection lost. `operation` is the port's operation that failed. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly _tag = "StoreError";
  readonly operation: string;
  /** Whether the writes may nevertheless have been made (the reply was lost): re-read before doing it again. */
  readonly unknown: boolean;
  constructor(fields: {
    readonly operation: string;
    readonly message: string;
    readonly cause?: unknown;
    readonly unknown?: boolean;
  }) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.operation = fields.operation;
    this.unknown = fields.unknown ?? false;
  }
}

/** What an executor needs can't be used: the Redis server of `detent/bullmq` can't be reached, or refuses. */
export class ExecutorError extends Error {
  override readonly name = "ExecutorError";
  readonly _tag = "ExecutorError";
}

/** An error as data: what crosses threads and is stored. `data` holds the error's own further properties, as far as they are JSON. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: ErrorData;
  readonly errors?: readonly ErrorData[];
  readonly data?: { readonly [key: string]: unknown };
}

const causesMax = 3;

/** The error and what caused it, and so on; at most four. */
export const withCauses = (error: ErrorData): readonly ErrorData[] => {
  const errors = [error];
  for (let { cause } = error; cause !== undefined && errors.length <= causesMax; { cause } = cause)
    errors.push(cause);
  return errors;
};

/** The `name` and `message` of anything that can be thrown. */
export const errorDataOf = (thrown: unknown): ErrorData => {
  if (typeof thrown !== "object" || thrown === null)
    return { name: "Error", message: `threw ${describe(thrown)}` };
  try {
    const { name, message } = thrown as { name?: unknown; message?: unknown };
    return {
      name: typeof name === "string" && name !== "" ? name : "Error",
      message: typeof message === "string" ? message : `threw ${describe(thrown)}`,
    };
  } catch {
    return { name: "Error", message: "threw something that can't be read" };
  }
};

const describe = (value: unknown): string => {
  try {
    return typeof value === "object" && value !== null
      ? (JSON.stringify(value) ?? "an object")
      : String(value);
  } catch {
    return "an object that can't be shown";
  }
};

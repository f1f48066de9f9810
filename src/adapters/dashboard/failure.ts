// What can go wrong while an answer is made, and the line and status that a client gets for it.
import * as Effect from "effect/Effect";
import { InputError, type StoreError } from "../../core/errors.ts";
import type { Failed } from "./api.ts";

export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
}

/** It can't be done as things stand. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

export type Failure = InputError | NotFoundError | RefusedError | StoreError;

/** Told by name, not by class: an app brings its own copy of detent's errors. */
const isFailure = (thrown: unknown): thrown is Failure =>
  thrown instanceof Error &&
  ["InputError", "NotFoundError", "RefusedError", "StoreError"].includes(thrown.name);

/** What a promise rejects with that a client can be told of; the rest is a bug. */
export const attempted = <Value>(act: () => Promise<Value>): Effect.Effect<Value, Failure> =>
  Effect.catchDefect(Effect.promise(act), (thrown): Effect.Effect<never, Failure> =>
    isFailure(thrown) ? Effect.fail(thrown) : Effect.die(thrown),
  );

/** An answer whose failures are those of the API. */
export const answered = <Value>(
  answer: Effect.Effect<Value, Failure>,
): Effect.Effect<Value, Failed> =>
  Effect.mapError(
    answer,
    ({ name, message }) => ({ error: { name, message: message.replaceAll("\n", " ") } }) as Failed,
  );

export const refuse = (line: string): Effect.Effect<never, InputError> =>
  Effect.fail(new InputError(line));

/** A whole number from a query. */
export const demandCount = (
  name: string,
  text: string | undefined,
  bounds: { readonly least: number; readonly most: number; readonly otherwise: number },
): Effect.Effect<number, InputError> => {
  if (text === undefined || text === "") return Effect.succeed(bounds.otherwise);
  const value = Number(text);
  return Number.isInteger(value) && value >= bounds.least && value <= bounds.most
    ? Effect.succeed(value)
    : refuse(
        `${name} is ${JSON.stringify(text)}; give a whole number from ${bounds.least} to ${bounds.most}`,
      );
};

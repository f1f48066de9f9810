// Names that people give and that nobody knows: what is said of them. Where nothing can be known, because no engine has been there and no app's file was given, nothing is.
import * as Effect from "effect/Effect";
import type { Subject } from "../core/command.ts";
import type { Definitions } from "../core/definitions.ts";
import { InputError, type StoreError } from "../core/errors.ts";
import { meantOr } from "../core/nearest.ts";
import type { StorePort } from "../core/store.ts";
import { eventNamesOf } from "../core/why-not.ts";
import { noRun } from "./run-view.ts";
import { unknownIn } from "../runtime/control.ts";

type Told = Effect.Effect<string | undefined, StoreError>;

/** Of filters by which a list has no rows: the first whose name neither the list nor the definitions know. */
export const unknownFilter = (
  port: StorePort,
  table: "run" | "skip",
  filters: { readonly task?: string | undefined; readonly trigger?: string | undefined },
  definitions: Definitions | undefined,
): Told =>
  Effect.gen(function* () {
    for (const [kind, name] of Object.entries(filters)) {
      if (name === undefined) continue;
      const { rows } = yield* port.list(table, { where: { [kind]: name }, limit: 1 });
      if (rows.length > 0) continue;
      const subject = { [kind]: name } as unknown as Subject;
      const told = yield* unknownIn(port, subject, definitions);
      if (told !== undefined) return told;
    }
    return undefined;
  });

/** How many of the log's newest signals are asked for a name that is near. */
const newestMax = 1_000;

/** Of filters by which there are no events. */
export const unknownEvents = (
  port: StorePort,
  { name, run }: { readonly name?: string | undefined; readonly run?: string | undefined },
  definitions: Definitions | undefined,
): Told =>
  Effect.gen(function* () {
    if (run !== undefined) {
      const { rows } = yield* port.list("run", { where: { ids: [run] }, limit: 1 });
      if (rows.length === 0) return noRun(run, port).message;
    }
    if (name === undefined) return undefined;
    const { rows } = yield* port.list("signal", { where: { name }, limit: 1 });
    if (rows.length > 0) return undefined;
    const { rows: newest } = yield* port.list("signal", { limit: newestMax });
    const names = newest.flatMap(({ signal }) => (signal._tag === "Event" ? [signal.name] : []));
    const known = [...names, ...(definitions === undefined ? [] : eventNamesOf(definitions))];
    return `none is called ${JSON.stringify(name)} in ${port.url}${meantOr(name, known, "")}`;
  });

/** Fails for a schedule that nobody has made; a command that was given before is a duplicate, whatever has become of its schedule. */
export const demandMade = (
  port: StorePort,
  name: string,
  id: string | undefined,
): Effect.Effect<void, StoreError | InputError> =>
  Effect.gen(function* () {
    if (id !== undefined) {
      const { rows } = yield* port.list("signal", { where: { ids: [id] }, limit: 1 });
      if (rows.length > 0) return;
    }
    const { rows: cursors } = yield* port.list("cursor", { limit: 10_000 });
    const made = cursors.flatMap((cursor) => (cursor.made === undefined ? [] : [cursor.trigger]));
    // What no engine has come to yet.
    const { rows: asked } = yield* port.list("signal", {
      where: { name: "@:schedule" },
      limit: 10_000,
    });
    const names = asked.flatMap(({ signal }) => {
      const payload = signal._tag === "Event" ? signal.payload : null;
      const of = (payload as { readonly id?: unknown } | null)?.id;
      return typeof of === "string" ? [of] : [];
    });
    if (made.includes(name) || names.includes(name)) return;
    const { generation } = yield* port.read({ revision: null, limit: 0 });
    const isDefined = generation !== null && Object.hasOwn(generation.triggers, name);
    return yield* Effect.fail(
      new InputError(
        isDefined
          ? `the trigger ${JSON.stringify(name)} is defined by the app, and unschedule is for schedules made at run time; "detent pause" holds it`
          : `no schedule ${JSON.stringify(name)} was made at run time in ${port.url}${meantOr(name, made, madeText(made))}`,
      ),
    );
  });

const madeText = (made: readonly string[]): string =>
  made.length === 0
    ? "; none was"
    : `; there are ${[...new Set(made)].map((it) => JSON.stringify(it)).join(", ")}`;

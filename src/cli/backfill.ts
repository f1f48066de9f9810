// `detent backfill`: owes the runs of a schedule's past, whether or not an engine runs.
import * as Command from "effect/cli/Command";
import { InputError } from "../core/errors.ts";
import { formatInstant } from "../core/instant.ts";
import { print, printJson } from "./output.ts";
import { app, argument, demandInstant, doing, flag, id, json, store } from "./options.ts";
import { appNamed, withStore } from "./reach.ts";
import { counted } from "../core/counted.ts";

export const backfill = Command.make(
  "backfill",
  {
    trigger: argument("TRIGGER", "The id of a trigger of one schedule"),
    from: flag("from", "INSTANT", "The first occurrence may lie here"),
    to: flag("to", "INSTANT", "The last occurrence may lie here; not in the future"),
    id,
    app,
    store,
    json,
  },
  doing(async (options) => {
    const from = given("from", options.from);
    const to = given("to", options.to);
    const { name, definitions } = await appNamed(options.app);
    const { backfillIn } = await import("../runtime/control.ts");
    const reply = await withStore({ store: options.store, app: name, absent: "create" }, (port) =>
      backfillIn(
        port,
        options.trigger,
        { from, to, ...(options.id !== undefined && { id: options.id }) },
        definitions,
      ),
    );
    const range = { from: formatInstant(from), to: formatInstant(to) };
    if (options.json) return printJson({ ...reply, trigger: options.trigger, ...range });
    print(
      reply.status === "accepted"
        ? `${counted(reply.count, "occurrence")} of ${options.trigger} from ${range.from} to ${range.to}: those that have no run yet get one`
        : `${reply.command} is a duplicate; nothing changed`,
    );
  }),
).pipe(
  Command.withDescription("Run a schedule's past occurrences that have not run"),
  Command.withExamples([
    { command: "detent backfill nightly --from 2026-11-01T00:00Z --to 2026-11-08T00:00Z" },
  ]),
);

const given = (name: string, text: string | undefined): number => {
  if (text === undefined) throw new InputError(`give --from and --to; --${name} is missing`);
  return demandInstant(name, text);
};

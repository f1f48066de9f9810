// `detent emit`: stores an event, whether or not an engine runs.
import * as Command from "effect/cli/Command";
import type { Definitions } from "../core/definitions.ts";
import { decodedPayload } from "../core/event.ts";
import { meantText, nearestOf } from "../core/nearest.ts";
import { note, print, printJson } from "./output.ts";
import {
  app,
  argument,
  demandInstant,
  doing,
  durationOf,
  flag,
  id,
  json,
  jsonOf,
  optionalArgument,
  store,
} from "./options.ts";
import { appNamed, withStore } from "./reach.ts";

export const emit = Command.make(
  "emit",
  {
    name: argument("NAME", "The event's name"),
    payload: optionalArgument("PAYLOAD", "JSON; null when left out"),
    id,
    at: flag("at", "INSTANT", "When it happened, if before: the event's at. Default: now"),
    after: flag("after", "DURATION", 'Heard after this long, such as "90 s" or "2 h"'),
    app,
    store,
    json,
  },
  doing(async (options) => {
    const payload = jsonOf(options.payload, "payload");
    const { name, definitions } = await appNamed(options.app);
    const definition = definitions?.events.get(options.name);
    const value = definition === undefined ? payload : await decodedPayload(definition, payload);
    const { emitTo } = await import("../runtime/emit.ts");
    const reply = await withStore({ store: options.store, app: name, absent: "create" }, (port) =>
      emitTo(port, options.name, value, {
        ...(options.id !== undefined && { id: options.id }),
        ...(options.at !== undefined && { at: demandInstant("at", options.at) }),
        ...(options.after !== undefined && { after: durationOf(options.after) }),
      }),
    );
    if (options.json) return printJson(reply);
    print(
      reply.status === "accepted"
        ? `${options.name} accepted as ${reply.event}`
        : `${reply.event} is a duplicate; nothing changed${reply.differs ? ", although this event differs from the stored one" : ""}`,
    );
    if (definitions !== undefined) await noteUnheard(options.name, definitions);
  }),
).pipe(
  Command.withDescription("Store an event; the running engine, or else the next one, routes it"),
  Command.withExamples([
    { command: `detent emit file.arrived '{"path":"a.png"}' --id a.png` },
    { command: `detent emit report.wanted --after "10 min"` },
  ]),
);

/** An event that no trigger waits for is stored all the same; only one that was misspelt is worth a word. */
const noteUnheard = async (name: string, definitions: Definitions): Promise<void> => {
  const { eventNamesOf } = await import("../core/why-not.ts");
  const names = eventNamesOf(definitions).filter((it) => !it.startsWith("@"));
  if (names.includes(name)) return;
  const near = meantText(nearestOf(name, names));
  if (near !== "") note(`no trigger of the app waits for ${JSON.stringify(name)}${near}`);
};

// `detent rewind`: after the clock was set back, lets schedules start from now instead of waiting for it to catch up.
import * as Command from "effect/cli/Command";
import { formatInstant } from "../core/instant.ts";
import { print, printJson } from "./output.ts";
import { app, doing, id, json, store } from "./options.ts";
import { appNamed, withStore } from "./reach.ts";

export const rewind = Command.make(
  "rewind",
  { id, app, store, json },
  doing(async (options) => {
    const { name } = await appNamed(options.app);
    const { rewindIn } = await import("../runtime/control.ts");
    const { to, ...reply } = await withStore(
      { store: options.store, app: name, absent: "refuse" },
      (port) => rewindIn(port, options.id === undefined ? {} : { id: options.id }),
    );
    if (options.json) return printJson({ ...reply, to: formatInstant(to) });
    print(
      reply.status === "accepted"
        ? `schedules that lie ahead of ${formatInstant(to)} start from there; what ran before does not run again`
        : `${reply.command} is a duplicate; nothing changed`,
    );
  }),
).pipe(
  Command.withDescription("Start schedules from now after the machine's clock was set back"),
  Command.withExamples([{ command: "detent rewind" }]),
);

// `detent doctor`: what is wrong with a store, and what an app would find in it. Changes nothing. Exit code 1 where there is a fault.
import * as Effect from "effect/Effect";
import * as Command from "effect/cli/Command";
import { moves } from "../core/run.ts";
import type { StoreError } from "../core/errors.ts";
import type { StorePort } from "../core/store.ts";
import { findingsOf, type Finding, type Seen } from "./diagnosis.ts";
import { doing, json, optionalArgument, store } from "./options.ts";
import { print, printJson, styled } from "./output.ts";
import { loadedApp, withStore } from "./reach.ts";

const listMax = 10_000;

export const doctor = Command.make(
  "doctor",
  {
    app: optionalArgument("APP", "The app's file, to compare with the store"),
    store,
    json,
  },
  doing(async (options) => {
    const loaded = options.app === undefined ? undefined : await loadedApp(options.app);
    const app = loaded?.app.app ?? "main";
    const { url, seen } = await withStore({ store: options.store, app, absent: "refuse" }, see);
    const findings = findingsOf({ ...seen, definitions: loaded?.definitions });
    if (findings.some(({ level }) => level === "fault")) process.exitCode = 1;
    if (options.json) return printJson({ store: url, app, findings });
    print(`store ${url}, app ${app}`);
    for (const finding of findings) print(lineOf(finding));
  }),
).pipe(
  Command.withDescription("Say what is wrong with a store, and what an app would change in it"),
  Command.withExamples([{ command: "detent doctor app.ts" }]),
);

const see = (
  port: StorePort,
): Effect.Effect<{ readonly url: string; readonly seen: Omit<Seen, "definitions"> }, StoreError> =>
  Effect.gen(function* () {
    const { generation, state, now } = yield* port.read({ revision: null, limit: 1 });
    const { rows: owners } = yield* port.list("owner", { limit: listMax, order: "newest" });
    const dead = yield* port.dead;
    const states = [...new Set([...moves.cancel.from, ...moves.reclaim.from])];
    const { rows: runs } = yield* port.list("run", {
      where: { states },
      limit: listMax,
      order: "oldest",
    });
    const zones = process.versions.tz ?? null;
    const cursors = state?.cursors ?? [];
    return { url: port.url, seen: { generation, cursors, owners, dead, runs, now, zones } };
  });

const lineOf = ({ level, message }: Finding): string => {
  const styles = { ok: "green", note: "yellow", fault: "red" } as const;
  return `${styled(styles[level], level.padEnd(5))}  ${message}`;
};

// `detent purge`: forgets what is old now, as engines do from time to time.
import * as Effect from "effect/Effect";
import * as Command from "effect/cli/Command";
import type { App } from "../core/app.ts";
import { InputError, type StoreError } from "../core/errors.ts";
import { formatInstant } from "../core/instant.ts";
import { retentionMillisDefault, type PurgeRequest } from "../core/purge.ts";
import type { StorePort } from "../core/store.ts";
import { print, printJson } from "./output.ts";
import { app, demandInstant, doing, flag, json, store } from "./options.ts";
import { loadedApp, withStore } from "./reach.ts";
import { counted } from "../core/counted.ts";

/** Others get their turn in between. */
const rowsMax = 1_000;

export const purge = Command.make(
  "purge",
  {
    before: flag(
      "before",
      "INSTANT",
      "What was over before then goes. Default: now less the app's retention, 30 days unless --app names a file that says otherwise",
    ),
    app,
    store,
    json,
  },
  doing(async (options) => {
    const before =
      options.before === undefined ? undefined : demandInstant("before", options.before);
    const { name, retentionMillis } = await keepingOf(options.app);
    const gone = await withStore({ store: options.store, app: name, absent: "refuse" }, (port) =>
      purgeAll(port, before, retentionMillis),
    );
    if (options.json) return printJson({ ...gone, before: formatInstant(gone.before) });
    const { runs, signals, skips, tombstones } = gone;
    print(
      `forgot ${counted(runs, "run")}, ${counted(signals, "signal")}, ${counted(skips, "skip")} and ${counted(tombstones, "tombstone")} from before ${formatInstant(gone.before)}`,
    );
  }),
).pipe(
  Command.withDescription("Forget what was over long ago, as engines do by themselves"),
  Command.withExamples([
    { command: "detent purge" },
    { command: "detent purge --app app.ts --before 2026-11-01T00:00Z" },
  ]),
);

const keepingOf = async (
  text = "main",
): Promise<{ readonly name: string; readonly retentionMillis: number }> => {
  if (!/\.[cm]?[jt]sx?$/.test(text)) return { name: text, retentionMillis: retentionMillisDefault };
  const loaded: App = (await loadedApp(text)).app;
  return { name: loaded.app, retentionMillis: loaded.retentionMillis };
};

const purgeAll = (
  port: StorePort,
  given: number | undefined,
  retentionMillis: number,
): Effect.Effect<
  { readonly before: number } & Record<"runs" | "signals" | "skips" | "tombstones", number>,
  StoreError | InputError
> =>
  Effect.gen(function* () {
    const now = yield* port.now;
    const before = given ?? now - retentionMillis;
    if (before > now)
      return yield* Effect.fail(
        new InputError(`--before: ${formatInstant(before)} lies in the future`),
      );
    const request: PurgeRequest = {
      before,
      tombstonesBefore: Math.min(before, now - retentionMillis) - retentionMillis,
      limit: rowsMax,
    };
    const gone = { runs: 0, signals: 0, skips: 0, tombstones: 0 };
    for (let more = true; more;) {
      const reply = yield* port.purge(request);
      gone.runs += reply.runs;
      gone.signals += reply.signals;
      gone.skips += reply.skips;
      gone.tombstones += reply.tombstones;
      more = reply.more;
    }
    return { ...gone, before };
  });

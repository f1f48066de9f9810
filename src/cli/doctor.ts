// `detent doctor`: what is wrong with a store, what an app would find in it, what is set by whom, and what is due. Changes nothing. Exit code 1 where there is a fault.
import * as Effect from "effect/Effect";
import * as Command from "effect/cli/Command";
import { dayMillis } from "../core/civil.ts";
import { formatInstant } from "../core/instant.ts";
import { moves } from "../core/run.ts";
import { withoutSecrets } from "../core/store-url.ts";
import type { StoreError } from "../core/errors.ts";
import type { StorePort, Tables } from "../core/store.ts";
import { findingsOf, type Seen } from "./diagnosis.ts";
import { dueListOf, type Due } from "./due-list.ts";
import type { Finding } from "./finding.ts";
import { doing, json, optionalArgument, store } from "./options.ts";
import { print, printJson, styled } from "./output.ts";
import { appNamed, shownStoreUrl, storeUrl, withStore } from "./reach.ts";
import { setting, settingNames, type Setting } from "./settings.ts";
import { storeHealth } from "./store-health.ts";

const listMax = 10_000;

export const doctor = Command.make(
  "doctor",
  {
    app: optionalArgument("APP", "The app's file, to compare with the store; or its name there"),
    store,
    json,
  },
  doing(async (options) => {
    const { name, definitions } = await appNamed(options.app);
    const health = await storeHealth(storeUrl(options.store));
    const { url, seen } = await withStore(
      { store: options.store, app: name, absent: "refuse" },
      see,
    );
    const findings = [...health, ...findingsOf({ ...seen, definitions })];
    if (findings.some(({ level }) => level === "fault")) process.exitCode = 1;
    const config = settingNames.map((each) => ({ name: each, ...flagged(each, options) }));
    const due = dueListOf(seen);
    if (options.json)
      return printJson({
        store: url,
        app: name,
        findings,
        config,
        due: due.map((it) => ({ ...it, at: formatInstant(it.at) })),
      });
    print(`store ${url}, app ${name}`);
    for (const finding of findings) print(lineOf(finding));
    print(`\n${styled("bold", "due")}`);
    for (const each of due) print(dueText(each));
    if (due.length === 0) print("  nothing");
    print(`\n${styled("bold", "settings")}`);
    for (const { name: each, value, source } of config)
      print(`  ${each.padEnd(10)}  ${settingText(value)}  ${styled("dim", `(${source})`)}`);
  }),
).pipe(
  Command.withDescription(
    "Say what is wrong with a store, what an app would change in it, what is due, and who has set what",
  ),
  Command.withExamples([{ command: "detent doctor app.ts" }]),
);

const flagged = (
  name: (typeof settingNames)[number],
  { store: url, app }: { readonly store: string | undefined; readonly app: string | undefined },
): Setting => {
  if (name === "store") return { ...setting(name, url), value: shownStoreUrl(url) };
  const found = name === "app" ? setting(name, app) : setting(name);
  if (name === "redis" && typeof found.value === "string")
    return { ...found, value: withoutSecrets(found.value) };
  return found.source === "--app" ? { ...found, source: "APP" } : found;
};

type Sight = Omit<Seen, "definitions">;

const see = (
  port: StorePort,
): Effect.Effect<{ readonly url: string; readonly seen: Sight }, StoreError> =>
  Effect.gen(function* () {
    const { generation, state, signals, now } = yield* port.read({ revision: null, limit: 1 });
    const { rows: owners } = yield* port.list("owner", { limit: listMax, order: "newest" });
    const dead = yield* port.dead;
    const states = [...new Set([...moves.cancel.from, ...moves.reclaim.from])];
    const { rows: runs } = yield* port.list("run", {
      where: { states },
      limit: listMax,
      order: "oldest",
    });
    const { rows: ended } = yield* port.list("run", {
      where: { states: ["failed", "lost", "expired"] },
      limit: 1_000,
      order: "newest",
    });
    const { rows: skips } = yield* port.list("skip", { limit: listMax, order: "newest" });
    const { unrouted } = yield* port.summary;
    const isRecent = (at: number | null): boolean => at !== null && at > now - dayMillis;
    const seen: Sight = {
      generation,
      cursors: state?.cursors ?? [],
      deadlines: state?.deadlines ?? [],
      owners,
      dead,
      runs,
      failed: ended.filter(({ settledAt }) => isRecent(settledAt)),
      skips: skips.filter(({ at }: Tables["skip"]) => isRecent(at)),
      unrouted: { count: unrouted, since: signals[0]?.at ?? null },
      now,
      here: Date.now(),
      zones: process.versions.tz ?? null,
    };
    return { url: port.url, seen };
  });

const lineOf = ({ level, message }: Finding): string => {
  const styles = { ok: "green", note: "yellow", fault: "red" } as const;
  return `${styled(styles[level], level.padEnd(5))}  ${message}`;
};

const dueText = ({ at, id, what }: Due): string =>
  `  ${formatInstant(at)}  ${id}  ${styled("dim", what)}`;

const settingText = (value: unknown): string =>
  value === null ? "not set" : typeof value === "string" ? value : JSON.stringify(value);

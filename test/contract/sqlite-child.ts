// Another process that uses a store: what it does is its first argument, and each line that it writes says how far it is. Also how a test starts one and waits for its words.
import { spawn } from "node:child_process";
import { writeSync } from "node:fs";
import { hostname } from "node:os";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import { holdAsChild } from "../../src/adapters/sqlite/hold.ts";
import { openSqliteStore } from "../../src/adapters/sqlite/index.ts";
import type { StoreError } from "../../src/core/errors.ts";
import type { StorePort } from "../../src/core/store.ts";
import { aRun, aSkip, anEvent, claimAs, writes } from "../../src/adapters/testing/subject.ts";

export interface Child {
  readonly pid: number;
  /** Completes when it has written a line that begins so. */
  readonly said: (begin: string) => Effect.Effect<void>;
  /** What it has written so far. */
  readonly lines: () => readonly string[];
  /** Kills it with SIGKILL; completes when it is gone. */
  readonly kill: Effect.Effect<void>;
  readonly ended: Effect.Effect<void>;
}

type Deed = "enter" | "hold" | "part" | "dead" | "write" | "race";

/** Killed with the scope. */
export const child = (
  file: string,
  deed: Deed,
  ...more: readonly string[]
): Effect.Effect<Child, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => started(file, deed, more)),
    ({ kill }) => kill,
  );

const started = (file: string, deed: Deed, more: readonly string[]): Child => {
  const spawned = spawn(process.execPath, [import.meta.filename, deed, file, ...more], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const written: string[] = [];
  const waiting = new Set<() => void>();
  let rest = "";
  spawned.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    written.push(...lines);
    for (const look of waiting) look();
  });
  const ended = new Promise<void>((resolve) => spawned.once("close", () => resolve()));
  const said = (begin: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!written.some((line) => line.startsWith(begin))) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
      void ended.then(() =>
        reject(new Error(`the child ended before it said "${begin}": ${written.join(" | ")}`)),
      );
    });
  return {
    pid: spawned.pid ?? 0,
    said: (begin) => Effect.promise(() => said(begin)),
    lines: () => written,
    kill: Effect.promise(() => {
      spawned.kill("SIGKILL");
      return ended;
    }),
    ended: Effect.promise(() => ended),
  };
};

// In the child

const say = (line: string): void => void writeSync(1, `${line}\n`);

const deeds: Readonly<
  Record<Deed, (store: StorePort, more: readonly string[]) => Effect.Effect<void, StoreError>>
> = {
  /** Enters, claims a run and stays. */
  enter: (store) =>
    Effect.gen(function* () {
      yield* store.enter({ id: "child", host: hostname(), process: process.pid });
      yield* store.commit(writes({ runs: [aRun("claimed")] }));
      yield* claimAs(store, { owner: "child" });
      say("entered");
      yield* Effect.sleep("1 hour");
    }),

  /** Executes for an engine, as far as anybody can tell. */
  hold: (_, [lock = ""]) =>
    Effect.gen(function* () {
      holdAsChild(lock);
      say("held");
      yield* Effect.sleep("1 hour");
    }),

  /** As hold, and ends by itself. */
  part: (_, [lock = ""]) =>
    Effect.sync(() => {
      holdAsChild(lock);
      process.exit();
    }),

  dead: (store) =>
    Effect.gen(function* () {
      const owners = yield* store.dead;
      say(`dead: ${owners.map(({ id }) => id).join(", ")}`);
    }),

  /** Writes batches of three rows and more, several in flight, and says which are acknowledged. */
  write: (store) =>
    Effect.gen(function* () {
      yield* store.enter({ id: "child", host: hostname(), process: process.pid });
      for (let round = 0; ; round++) {
        const ids = Array.from(
          { length: 1 + (round % 7) },
          (_, index) => `${process.pid}-${round}-${index}`,
        );
        const commits = ids.map((id) =>
          Effect.map(
            store.commit(
              writes({
                signals: [anEvent(id)],
                runs: [aRun(id)],
                skips: [aSkip(id)],
                watermark: { seq: 0, at: 0 },
              }),
            ),
            () => say(`wrote ${id}`),
          ),
        );
        yield* Effect.all(commits, { concurrency: "unbounded" });
        const { runs } = yield* claimAs(store, { owner: "child", limit: 3 });
        for (const run of runs) say(`claimed ${run.id}`);
      }
    }),

  /** Stores the same signals as others do at the same time, and says which it was the first to store. */
  race: (store, [count = "0"]) =>
    Effect.gen(function* () {
      for (let index = 0; index < Number(count); index += 5) {
        const ids = Array.from({ length: 5 }, (_, each) => `s${index + each}`);
        const reply = yield* store.commit(writes({ signals: ids.map((id) => anEvent(id)) }));
        if (reply._tag === "Committed")
          reply.signals.forEach(
            (answer, each) => answer === "accepted" && say(`first ${ids[each]}`),
          );
      }
      say("over");
    }),
};

if (process.argv[1] === import.meta.filename) {
  const [, , deed, file = "", ...more] = process.argv;
  const program = Effect.flatMap(openSqliteStore({ file, durability: "process" }), (store) =>
    deeds[deed as Deed](store, more),
  );
  await Effect.runPromise(Effect.scoped(program));
}

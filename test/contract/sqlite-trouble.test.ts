/**
 * Goal: a disk that is full, a file that can't be written and one that is damaged are told in one line that says how to mend it; nothing that was acknowledged is lost, and the
 * store goes on when the trouble is over.
 * Method: a small file system in memory, filled up and made read-only for real, where this user may mount one; pages of a file overwritten.
 */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";
import { expect, test } from "vitest";
import { openSqliteStore } from "../../src/adapters/sqlite/index.ts";
import { aRun, anEvent, noon, writes } from "../../src/adapters/testing/subject.ts";
import type { StoreError } from "../../src/core/errors.ts";
import { dump } from "../../src/core/store-dump.ts";
import { folder } from "./sqlite-place.ts";

const run = <A>(test: Effect.Effect<A, StoreError, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(test));

const mount = (...args: readonly string[]): void =>
  void execFileSync("mount", args, { stdio: "pipe" });

/** A file system of two megabytes; undefined where this user may not mount one. */
const smallDisk: Effect.Effect<string | undefined, never, Scope.Scope> = Effect.gen(function* () {
  const path = join(yield* folder, "disk");
  mkdirSync(path);
  return yield* Effect.acquireRelease(
    Effect.sync(() => {
      try {
        mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", path);
        return path;
      } catch {
        console.log("skipped: this user can't mount a file system to fill up");
        return undefined;
      }
    }),
    (mounted) =>
      Effect.sync(() => {
        if (mounted !== undefined) execFileSync("umount", ["-l", path], { stdio: "pipe" });
      }),
  );
});

/** What an operation fails with, in one line, without the path that only this run knows. */
const faultOf = <A>(path: string, effect: Effect.Effect<A, StoreError, Scope.Scope>) =>
  Effect.map(Effect.orDie(Effect.flip(Effect.scoped(effect))), ({ message }) => {
    expect(message).not.toContain("\n");
    return message.replaceAll(path, "");
  });

const large = "x".repeat(100_000);

test("a full disk is said, what was acknowledged stays, and the store goes on when there is room", () =>
  run(
    Effect.gen(function* () {
      const disk = yield* smallDisk;
      if (disk === undefined) return;
      const file = join(disk, "x.db");
      const ballast = join(disk, "ballast");
      const store = yield* openSqliteStore({ file, durability: "process" });
      const event = (n: number) =>
        store.commit(
          writes({ signals: [anEvent(`e${n}`, { payload: large })], runs: [aRun(`r${n}`)] }),
        );
      yield* event(0);
      writeFileSync(ballast, large.repeat(10));
      const acknowledged = ["e0"];
      let fault = "";
      for (let n = 1; fault === ""; n++) {
        const reply = yield* Effect.match(event(n), {
          onFailure: ({ message }) => message,
          onSuccess: () => undefined,
        });
        if (reply === undefined) acknowledged.push(`e${n}`);
        else fault = reply.replaceAll(disk, "");
      }
      expect(fault).toBe(
        "store /x.db: the disk is full; make room, nothing that was acknowledged is lost",
      );
      const { signals, runs } = yield* dump(store);
      expect([signals.map(({ id }) => id), runs.length]).toEqual([
        acknowledged,
        acknowledged.length,
      ]);
      rmSync(ballast);
      yield* event(1_000);
      expect((yield* dump(store)).signals.at(-1)?.id).toBe("e1000");
    }),
  ));

test("a file that can't be written is said when it is opened, and is as it was for who can", () =>
  run(
    Effect.gen(function* () {
      const disk = yield* smallDisk;
      if (disk === undefined) return;
      const file = join(disk, "x.db");
      yield* Effect.scoped(
        Effect.flatMap(openSqliteStore({ file, durability: "process" }), (store) =>
          store.commit(writes({ signals: [anEvent("e")] })),
        ),
      );
      // The same files, seen through a mount that lets nobody write.
      const view = join(yield* folder, "view");
      mkdirSync(view);
      mount("--bind", disk, view);
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => execFileSync("umount", ["-l", view], { stdio: "pipe" })),
      );
      mount("-o", "remount,bind,ro", view);
      const seen = openSqliteStore({ file: join(view, "x.db"), durability: "process" });
      expect(yield* faultOf(view, seen)).toMatch(
        /^store \/x\.db: it can't be (written to; let this user write to the file and to its folder|opened; its folder must be there, and this user must be able to create files in it)$/,
      );
      const store = yield* openSqliteStore({ file, durability: "process" });
      expect((yield* dump(store)).signals.map(({ id }) => id)).toEqual(["e"]);
    }),
  ));

test("a file that is damaged is said when what is damaged is asked for", () =>
  run(
    Effect.gen(function* () {
      const path = yield* folder;
      const file = join(path, "x.db");
      yield* Effect.scoped(
        Effect.flatMap(openSqliteStore({ file, durability: "process" }), (store) =>
          store.commit(
            writes({
              signals: Array.from({ length: 200 }, (_, n) =>
                anEvent(`e${n}`, { payload: large.slice(0, 2_000) }),
              ),
              watermark: { seq: 0, at: noon },
            }),
          ),
        ),
      );
      const opened = openSync(file, "r+");
      for (let at = statSync(file).size / 4_096 - 60; at < statSync(file).size / 4_096; at++)
        writeSync(opened, Buffer.alloc(4_096, 0x5a), 0, 4_096, Math.floor(at) * 4_096);
      closeSync(opened);
      const asked = Effect.flatMap(openSqliteStore({ file, durability: "process" }), dump);
      expect(yield* faultOf(path, asked)).toBe(
        "store /x.db: it is damaged; stop what uses it, keep a copy, and try `sqlite3 FILE .recover` or the newest backup",
      );
    }),
  ));

/**
 * Goal: with durability "power" nobody is told anything that a loss of power could undo, this thread never waits for the disk, and what is asked for during a flush shares the next.
 * Method: the store's flushes are held back, and end when and as the test says.
 */
import * as fs from "node:fs";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Scope from "effect/Scope";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openSqliteStore } from "../../src/adapters/sqlite/index.ts";
import { anEvent, writes } from "../../src/adapters/testing/subject.ts";
import type { StorePort } from "../../src/core/store.ts";
import { folder } from "./sqlite-place.ts";

type Done = (fault: Error | null) => void;

const disk = vi.hoisted(() => ({
  flushes: [] as ((fault: Error | null) => void)[],
  isHeld: false,
}));

vi.mock("node:fs", async (original) => {
  const real = await original<typeof fs>();
  const fdatasync = (handle: number, done: Done): void => {
    if (disk.isHeld) disk.flushes.push(done);
    else real.fdatasync(handle, done);
  };
  return { ...real, default: real, fdatasync };
});

const scopes: Scope.Closeable[] = [];
let path = "";

const opened = (
  durability: "power" | "process" = "power",
  file = join(path, "x.db"),
): Promise<StorePort> => {
  const scope = Scope.makeUnsafe();
  scopes.push(scope);
  return Effect.runPromise(Scope.provide(openSqliteStore({ file, durability }), scope));
};

beforeEach(async () => {
  const scope = Scope.makeUnsafe();
  path = await Effect.runPromise(Scope.provide(folder, scope));
  scopes.push(scope);
});

afterEach(async () => {
  disk.isHeld = false;
  for (const done of disk.flushes.splice(0)) done(null);
  for (const scope of scopes.splice(0).toReversed())
    // oxlint-disable-next-line no-await-in-loop -- the store before its folder
    await Effect.runPromise(Scope.close(scope, Exit.void));
});

/** Something asked for, and whether and how it was answered. */
const asked = <A>(effect: Effect.Effect<A, unknown>) => {
  const it = { answer: "none", over: Promise.resolve() };
  it.over = Effect.runPromise(effect).then(
    () => void (it.answer = "done"),
    (error: Error) => void (it.answer = error.message),
  );
  return it;
};
const emit = (store: StorePort, id: string) =>
  asked(store.commit(writes({ signals: [anEvent(id)] })));
/** Until all that can happen without the disk has happened. */
const turned = (): Promise<void> =>
  new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test("a commit is answered when the disk has it, and what is asked for meanwhile shares the next flush", async () => {
  const store = await opened();
  await emit(store, "first").over;
  disk.isHeld = true;
  const a = emit(store, "a");
  await turned();
  const more = [emit(store, "b"), emit(store, "c")];
  await turned();
  more.push(emit(store, "d"));
  await turned();
  expect([a.answer, ...more.map(({ answer }) => answer), disk.flushes.length]).toEqual([
    "none",
    "none",
    "none",
    "none",
    1,
  ]);
  disk.flushes.shift()?.(null);
  await a.over;
  expect([more.map(({ answer }) => answer), disk.flushes.length]).toEqual([
    ["none", "none", "none"],
    1,
  ]);
  disk.flushes.shift()?.(null);
  await Promise.all(more.map(({ over }) => over));
  expect(disk.flushes).toEqual([]);
});

test("after a loss of power all that was acknowledged is there", async () => {
  const store = await opened();
  const lost = join(path, "lost.db");
  const acknowledged: string[] = [];
  disk.isHeld = true;
  for (const id of ["a", "b", "c"]) {
    const { over } = emit(store, id);
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await turned();
    // What the disk has at least when the flush is over; what comes later may be lost.
    for (const end of ["", "-wal"]) fs.copyFileSync(join(path, `x.db${end}`), `${lost}${end}`);
    disk.flushes.shift()?.(null);
    // oxlint-disable-next-line no-await-in-loop
    await over;
    acknowledged.push(id);
  }
  emit(store, "d");
  await turned();
  const left = await opened("process", lost);
  const { rows } = await Effect.runPromise(left.list("signal", { limit: 10 }));
  expect(rows.map(({ id }) => id).toReversed()).toEqual(acknowledged);
});

test("a claim that grants nothing has nothing to flush", async () => {
  const store = await opened();
  await emit(store, "first").over;
  disk.isHeld = true;
  const request = { owner: "nobody", nonce: "n", tasks: ["t"], limit: 1, limits: {} };
  await asked(store.claim(request)).over;
  expect(disk.flushes).toEqual([]);
});

test("what others have committed is told to people when the disk has it, and to a router at once", async () => {
  const store = await opened();
  const other = await opened("process");
  await Effect.runPromise(store.summary);
  disk.isHeld = true;
  await emit(other, "a").over;
  const list = asked(store.list("signal", { limit: 10 }));
  await asked(store.read({ revision: null, limit: 10 })).over;
  await turned();
  expect([list.answer, disk.flushes.length]).toEqual(["none", 1]);
  disk.flushes.shift()?.(null);
  await list.over;
  expect(list.answer).toBe("done");
});

test("a flush that fails is an unknown outcome; the next one writes the log into the database first", async () => {
  const store = await opened();
  await emit(store, "first").over;
  disk.isHeld = true;
  const lost = Effect.runPromise(Effect.flip(store.commit(writes({ signals: [anEvent("a")] }))));
  await turned();
  disk.flushes.shift()?.(new Error("EIO: i/o error, fdatasync"));
  expect(await lost).toMatchObject({ _tag: "StoreError", operation: "commit", unknown: true });
  const size = fs.statSync(join(path, "x.db")).size;
  const next = emit(store, "b");
  await turned();
  expect(fs.statSync(join(path, "x.db")).size).toBeGreaterThan(size);
  disk.flushes.shift()?.(null);
  await next.over;
  expect(next.answer).toBe("done");
});

test("a store is closed when the disk has all of it", async () => {
  const store = await opened();
  disk.isHeld = true;
  emit(store, "a");
  const scope = scopes.pop() as Scope.Closeable;
  const closing = asked(Scope.close(scope, Exit.void));
  await turned();
  expect([closing.answer, disk.flushes.length]).toEqual(["none", 1]);
  disk.flushes.shift()?.(null);
  await closing.over;
  expect(closing.answer).toBe("done");
});

test("durability process flushes nothing", async () => {
  const store = await opened("process");
  disk.isHeld = true;
  await emit(store, "a").over;
  expect(disk.flushes).toEqual([]);
});

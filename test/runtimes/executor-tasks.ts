// Task bodies that end in every way that there is. Imported by worker threads, by child processes and by the tests themselves.
import { spawnSync } from "node:child_process";
import { pbkdf2Sync } from "node:crypto";
import { threadId } from "node:worker_threads";
import { task, type TaskContext } from "../../src/core/task.ts";

/** On which `waits-for-call` listens. */
export const callChannel = "detent-test-calls";

type Body = (input: any, context: TaskContext) => unknown;

/** Blocks the thread, as heavy computation does, but can be interrupted. */
const block = (millis: number): void =>
  void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, millis);
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve()),
  );
const never = new Promise<never>(() => {});
const reallyExit = (): never =>
  (process as unknown as { reallyExit: (code: number) => never }).reallyExit(5);

/** Resolves when a test calls the run, from whichever thread. */
const called = async (run: string): Promise<void> => {
  const calls = new BroadcastChannel(callChannel);
  await new Promise<void>((resolve) => {
    const hear = (event: Event) => {
      if ((event as MessageEvent).data === run) resolve();
    };
    calls.addEventListener("message", hear);
  });
  calls.close();
};
/** When what a body has left behind makes itself felt: when its run is called, or soon. */
const occasion = (input: unknown, run: string): Promise<void> =>
  input === "called" ? called(run) : new Promise((resolve) => setTimeout(resolve, 20));

class CodedError extends Error {
  override readonly name = "CodedError";
  readonly code = "E_CODED";
  readonly extra = { tries: 3 };
  readonly unstorable = () => {};
}
class Point {
  readonly x = 1;
}

const returns: Record<string, Body> = {
  "returns-input": (input) => input,
  "returns-undefined": () => {},
  "returns-function": () => () => {},
  "returns-symbol": () => Symbol("s"),
  "returns-bigint": () => ({ size: 1n }),
  "returns-proxy": () => new Proxy({ a: 1 }, {}),
  "returns-weak-map": () => new WeakMap(),
  "returns-promise-inside": () => ({ p: Promise.resolve(1) }),
  "returns-instance": () => new Point(),
  "returns-cycle": () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    return cycle;
  },
  "returns-throwing-getter": () => ({
    get bad(): number {
      throw new Error("not readable");
    },
  }),
  "returns-undefined-field": () => ({ a: 1, b: undefined }),
  "returns-much": () => "x".repeat(1_100_000),
};

const throws: Record<string, Body> = {
  "throws-error": () => {
    throw new CodedError("coded", {
      cause: new RangeError("the cause", { cause: "its own cause" }),
    });
  },
  "throws-type-error-subclass": () => {
    class Special extends TypeError {
      override readonly name = "Special";
    }
    throw new Special("special");
  },
  "throws-aggregate": () => {
    throw new AggregateError([new Error("one"), new RangeError("two")], "both");
  },
  "throws-system-error": async () => (await import("node:fs/promises")).readFile("/nowhere/at/all"),
  "throws-dom-exception": () => {
    throw new DOMException("not allowed", "NotAllowedError");
  },
  "throws-string": () => {
    throw "text";
  },
  "throws-null": () => {
    throw null;
  },
  "throws-undefined": () => {
    throw undefined;
  },
  "throws-object": () => {
    throw { code: 7 };
  },
  "throws-object-with-function": () => {
    throw { fn() {} };
  },
  "throws-error-with-function-cause": () => {
    throw new Error("odd cause", { cause: () => {} });
  },
  "throws-error-with-proxies": () => {
    throw Object.assign(new Error("odd properties"), {
      details: new Proxy({ a: 1 }, {}),
      fickle: new Proxy(
        {},
        {
          get: () => undefined,
          ownKeys: () => {
            throw new Error("no");
          },
        },
      ),
    });
  },
  "throws-error-with-function-property": () => {
    throw Object.assign(new Error("odd property"), { fn() {}, kept: 1 });
  },
  "throws-hostile": () => {
    throw Object.defineProperty({}, "name", {
      get() {
        throw new Error("gotcha");
      },
    });
  },
  "overflows-stack": () => {
    const deeper = (): number => deeper() + 1;
    return deeper();
  },
  "calls-abort": () => process.abort(),
  "changes-directory": () => process.chdir("/"),
};

const dies: Record<string, Body> = {
  exits: (code) => {
    process.exit(code);
  },
  "exits-after-emitting": (_, { emit }) => {
    emit("told", { before: "exit" }, { now: true });
    process.exit(7);
  },
  "exits-for-real": () => reallyExit(),
  "throws-in-timer": () => {
    setTimeout(() => {
      throw new CodedError("in a timer");
    });
    return never;
  },
  "rejects-unheard": () => {
    void Promise.reject(new CodedError("unheard"));
    return never;
  },
  "leaves-timer-that-throws": (input, { runId }) => {
    void occasion(input, runId).then(() =>
      setTimeout(() => {
        throw new Error("left behind");
      }),
    );
  },
  "leaves-rejection": (input, { runId }) => {
    void occasion(input, runId).then(() => Promise.reject(new Error("left behind")));
  },
  "leaves-loop": () => {
    const spin = () => {
      for (;;);
    };
    // From a microtask, the next tick is the first thing that happens once this body's answer has been sent.
    queueMicrotask(() => process.nextTick(spin));
  },
  "leaves-exit": (input, { runId }) => {
    void occasion(input, runId).then(() => setTimeout(() => process.exit(3)));
  },
  /** Past the trap, so that the thread dies while it has nothing to do. */
  "leaves-death": () => {
    setTimeout(reallyExit, 20);
  },
  "fills-heap-by-push": () => {
    const array: number[] = [];
    for (let i = 0; ; i++) array.push(i);
  },
  "fills-heap-by-map": () => {
    const map = new Map<number, unknown>();
    for (let i = 0; ; i++) map.set(i, { i });
  },
  "fills-heap-by-arrays": () => {
    const arrays: number[][] = [];
    for (;;) arrays.push(Array.from({ length: 10_000 }, () => 1));
  },
  "fills-buffers": () => {
    const buffers = Array.from({ length: 96 }, () => Buffer.alloc(1_048_576, 1));
    return buffers.length;
  },
};

const hangs: Record<string, Body> = {
  "never-resolves": () => never,
  "spins-bare": () => {
    for (;;);
  },
  "tells-process-and-spins": (_, { log }) => {
    log(String(process.pid));
    for (;;);
  },
  "spins-in-map": () => {
    const double = (x: number) => x * 2;
    for (;;) [1, 2, 3].map(double);
  },
  "spins-in-fill": () => {
    // oxlint-disable-next-line no-new-array -- this very expression is what can't be interrupted
    for (;;) new Array(1_000).fill(0);
  },
  "spins-in-regex": () => /^(a+)+$/.test(`${"a".repeat(40)}b`),
  "waits-in-atomics": () => block(Number.POSITIVE_INFINITY),
  "runs-program": () => spawnSync("sleep", ["1"]).status,
  /** By the time the file is there, the thread is in native code, which nothing interrupts. */
  "runs-program-that-makes": (file: string) =>
    spawnSync("sh", ["-c", ': > "$0"; exec sleep 1', file]).status,
  "hashes-natively": () => pbkdf2Sync("a", "b", 2_000_000, 64, "sha512").length,
  "hangs-in-finally": async (_, { log, signal }) => {
    try {
      await aborted(signal);
    } finally {
      log("finally");
      await never;
    }
  },
};

const heeds: Record<string, Body> = {
  "heeds-signal": async (_, { signal }) => {
    await aborted(signal);
    signal.throwIfAborted();
  },
  "heeds-signal-and-returns": async (_, { signal }) => {
    await aborted(signal);
    return "unharmed";
  },
  "heeds-signal-late": async (_, context) => {
    // Polls first, so that its signal is made only after it was asked to end.
    while (!context.cancelled) await new Promise((resolve) => setImmediate(resolve));
    context.signal.throwIfAborted();
  },
  "heeds-cancelled": (_, context) => {
    while (!context.cancelled) block(1);
    throw new Error("stopped in the middle");
  },
  "heeds-cancelled-and-returns": (_, context) => {
    while (!context.cancelled) block(1);
    return "stopped";
  },
};

const waits: Record<string, Body> = {
  "waits-for-call": async (_, { runId }) => {
    await called(runId);
    return "unharmed";
  },
  /** Longer than a process takes to end that nothing holds. */
  "waits-a-while": () => new Promise((resolve) => setTimeout(resolve, 300)),
};

const talks: Record<string, Body> = {
  "tells-context": (_, { runId, attempt, token, idempotencyKey, cancelled, signal }) => ({
    runId,
    attempt,
    token,
    idempotencyKey,
    cancelled,
    aborted: signal.aborted,
  }),
  "logs-in-loop": () => {
    for (let i = 0; i < 5; i++) {
      console.log("line %d", i);
      block(1);
    }
    console.warn("careful", { a: 1 });
    console.error("bad");
  },
  "logs-and-spins": () => {
    for (let i = 0; i < 5; i++) console.log("line %d", i);
    for (;;);
  },
  "logs-at-no-level": (_, { log }) => log("a", "notice" as never),
  "logs-too-much": (_, { log }) => {
    for (let i = 0; i < 10_000; i++) log(`line ${i}`);
    log("x".repeat(100_000));
  },
  "reports-progress": (_, { progress }) => {
    for (let i = 0; i <= 10_000; i++) progress(i / 10_000, `step ${i}`);
  },
  emits: (_, { emit }) => {
    emit("first", { n: 1 });
    emit("now", null, { now: true });
    emit("named", [1, 2], { id: "my-id" });
    emit("last");
  },
  "emits-then-throws": (_, { emit }) => {
    emit("kept-back", 1);
    emit("at-once", 2, { now: true });
    throw new Error("after emitting");
  },
  "emits-badly": (_, { emit }) => emit("bad", { when: new Date(0) } as never),
};

const warnings: unknown[] = [];
let listening = false;

const dwells: Record<string, Body> = {
  "keeps-global": () =>
    ((globalThis as { count?: number }).count =
      ((globalThis as { count?: number }).count ?? 0) + 1),
  "counts-in-shared-memory": (_, { shared }) =>
    shared["counter"] === undefined ? null : Atomics.add(new Int32Array(shared["counter"]), 0, 1),
  "keeps-environment": () => {
    const before = process.env["DETENT_TEST"] ?? null;
    process.env["DETENT_TEST"] = "kept";
    return before;
  },
  "tells-thread": () => threadId,
  /** Warnings are given later, so what it returns is how many earlier runs have caused. */
  "listens-to-signal": async (_, { signal }) => {
    if (!listening) process.on("warning", (warning) => warnings.push(warning));
    listening = true;
    signal.addEventListener("abort", () => {});
    await new Promise((resolve) => setImmediate(resolve));
    return warnings.length;
  },
  /** Tells, by memory that it shares with the test, when its answer has been given, although nobody may have read it yet. */
  "marks-its-end": (mark: Int32Array) => {
    setImmediate(() => {
      Atomics.store(mark, 0, 1);
      Atomics.notify(mark, 0);
    });
    return "done";
  },
};

export const bodies: Readonly<Record<string, Body>> = {
  ...returns,
  ...throws,
  ...dies,
  ...hangs,
  ...heeds,
  ...waits,
  ...talks,
  ...dwells,
};

/** Plays the body that its input names. */
export const act = task({
  id: "act",
  run: ({ body, input }: { readonly body: string; readonly input?: unknown }, context) => {
    const play = bodies[body];
    if (play === undefined) throw new Error(`there is no body ${body}`);
    return play(input, context);
  },
});

// Goal: a whole app, its runs, skips and waiting matches, is what a simple model says, whatever is done to it by whom and when. Method: model-based: random commands go to the
// production decisions over a memory store and to the model of test/support/reference-app.ts. Two routers read, decide and commit in any interleaving, with batches of any
// size; engines claim, succeed, fail and die.
import * as Effect from "effect/Effect";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  activation,
  advance,
  batchOf,
  definitionsOf,
  detent,
  memoryStore,
  stateOf,
  step,
  type Run,
  type State,
} from "../../src/core/index.ts";
import { moves, settled } from "../../src/core/run.ts";
import { statusIdOf } from "../../src/core/signal.ts";
import { reclaimDead } from "../../src/core/takeover.ts";
import { anEvent, writes } from "../../src/adapters/testing/subject.ts";
import { app, Model, type ModelRun } from "../support/reference-app.ts";

const definitions = definitionsOf(detent(app));
const routers = [0, 1] as const;

interface Decided {
  readonly commit: () => boolean;
  readonly revision: number;
  readonly seq: number;
  readonly until: number;
}

/** What is tested: decisions over a store. */
class Real {
  now = 0;
  readonly store = memoryStore({ now: () => this.now });
  readonly states: (State | undefined)[] = [undefined, undefined];
  readonly decided: (Decided | undefined)[] = [undefined, undefined];
  events = 0;
  owners = 0;
  owner = "";

  constructor() {
    const reading = Effect.runSync(this.store.read({ revision: null, limit: 1 }));
    Effect.runSync(this.store.commit(activation(definitions, reading)!));
    this.enter();
  }

  enter(): void {
    this.owner = `owner-${this.owners++}`;
    Effect.runSync(this.store.enter({ id: this.owner, host: "h", process: 1 }));
  }

  decide(router: number, limit: number): void {
    const known = this.states[router]?.watermark.revision ?? null;
    const reading = Effect.runSync(this.store.read({ revision: known, limit }));
    const state =
      reading.state === null
        ? this.states[router]!
        : stateOf(definitions, reading.watermark, reading.state);
    const { signals, now, more } = reading;
    const last = signals.at(-1);
    const until = more ? last!.at : Math.max(now, state.watermark.at, last?.at ?? 0);
    const decision = step(definitions, state, { signals, until, now });
    const { revision } = state.watermark;
    this.states[router] = state;
    this.decided[router] = {
      revision,
      seq: last?.seq ?? state.watermark.seq,
      until,
      commit: () => {
        const reply = Effect.runSync(this.store.commit(batchOf(decision, revision)));
        const isFirst = reply._tag === "Committed";
        this.states[router] = isFirst ? advance(state, decision) : undefined;
        return isFirst;
      },
    };
  }

  runs(): readonly Run[] {
    return Effect.runSync(this.store.list("run", { limit: 10_000, order: "oldest" })).rows;
  }
}

/** A cause as the model writes it: an occurrence by its instant. */
const causeOf = ({ cause }: Run): string =>
  cause.map((id) => (id.startsWith("{") ? id.slice(id.lastIndexOf("@")) : id)).join(",");

const compare = (model: Model, real: Real): void => {
  const fields = (run: ModelRun | (Run & { readonly cause: unknown }), cause: string) =>
    [run.trigger, run.task, cause, run.dueAt, run.state, run.attempt, run.losses, run.owner].join(
      " ",
    );
  expect(real.runs().map((run) => fields(run, causeOf(run)))).toEqual(
    model.runs.map((run) => fields(run, run.cause)),
  );
  const skips = Effect.runSync(real.store.list("skip", { limit: 10_000, order: "oldest" })).rows;
  // What comes due at one instant has an order of its own.
  expect(
    skips.map(({ trigger, signal, reason }) => `${trigger} ${signal} ${reason}`).sort(),
  ).toEqual([...model.skips].sort());
  const waiting = Effect.runSync(real.store.list("waiting", { limit: 10_000 })).rows;
  expect(waiting.map(({ heard, key }) => `${heard.id} ${key}`).sort()).toEqual(
    model.waiting.map(({ id, key }) => `${id} ${key}`).sort(),
  );
};

/** A command that is always possible. */
const command = (
  name: string,
  run: (model: Model, real: Real) => void,
): fc.Command<Model, Real> => ({
  check: () => true,
  run: (model, real) => {
    run(model, real);
    compare(model, real);
  },
  toString: () => name,
});

const emit = (name: "a" | "b", n: number) =>
  command(`emit ${name} ${n}`, (model, real) => {
    const id = `${name}${real.events++}`;
    Effect.runSync(real.store.commit(writes({ signals: [anEvent(id, { name, payload: { n } })] })));
    model.tell({ kind: name, ids: [id], n, task: "" });
  });

const pass = (millis: number) =>
  command(`pass ${millis}`, (model, real) => {
    real.now += millis;
    model.now += millis;
  });

const decide = (router: number, limit: number) =>
  command(`router ${router} reads ${limit} and decides`, (_, real) => real.decide(router, limit));

const commit = (router: number) =>
  command(`router ${router} commits`, (model, real) => {
    const decided = real.decided[router];
    if (decided === undefined) return;
    real.decided[router] = undefined;
    const isFirst = decided.revision === model.revision + 1; // the activation was the first revision
    expect(decided.commit()).toBe(isFirst);
    if (isFirst) model.route(decided.seq, decided.until);
  });

const restart = (router: number) =>
  command(`router ${router} restarts`, (_, real) => {
    real.states[router] = undefined;
    real.decided[router] = undefined;
  });

const claim = (limit: number) =>
  command(`claim ${limit}`, (model, real) => {
    const { owner } = real;
    const request = { owner, nonce: `n${real.events++}`, tasks: ["work", "next"], limit };
    const { runs } = Effect.runSync(real.store.claim(request));
    const claimed = model.claim(owner, limit);
    expect(runs.map((run) => `${run.trigger} ${causeOf(run)}`)).toEqual(
      claimed.map((run) => `${run.trigger} ${run.cause}`),
    );
  });

const isOf = (run: Run, { trigger, cause }: ModelRun): boolean =>
  run.trigger === trigger && causeOf(run) === cause;

const end = (how: "succeeded" | "failed", pick: number) =>
  command(`${how} ${pick}`, (model, real) => {
    const claimed = model.claimed();
    if (claimed.length === 0) return;
    const chosen = claimed[pick % claimed.length]!;
    const run = real.runs().find((each) => isOf(each, chosen))!;
    const error = { name: "Error", message: "" };
    const move = settled(run, {
      outcome:
        how === "succeeded" ? { _tag: "Succeeded", result: null } : { _tag: "Failed", error },
      emitted: [],
      at: real.now,
      options: definitions.tasks.get(run.task)!,
    });
    const { token } = run;
    const { from: states } = moves.settle;
    const check = { _tag: "Held", run: run.id, owner: real.owner, token, states } as const;
    const reply = Effect.runSync(
      real.store.commit({ checks: [check], signals: move.signals, patches: [move] }),
    );
    expect(reply._tag).toBe("Committed");
    model.change(chosen, { state: how, owner: null });
    const heard = `${how === "succeeded" ? "result" : "failure"}:${run.id}:${token}:${how}`;
    model.tell({ kind: how, ids: [heard, statusIdOf(run.id, token, how)], n: 0, task: run.task });
  });

/** Everything that is held is taken back by another, and comes back once; the second time it is lost. Of `next`, the default allows three times. */
const crash = command("the engine dies", (model, real) => {
  const held = real.runs().filter(({ owner }) => owner === real.owner);
  real.store.kill(real.owner);
  real.enter();
  Effect.runSync(
    reclaimDead({
      store: real.store,
      definitions,
      zones: null,
      note: () => undefined,
      owner: real.owner,
    }),
  );
  const order = new Map(real.runs().map((run, index) => [run.id, index]));
  for (const run of [...held].sort((one, other) => order.get(one.id)! - order.get(other.id)!)) {
    const chosen = model.claimed().find((each) => isOf(run, each))!;
    const losses = chosen.losses + 1;
    const isLost = losses > (run.task === "work" ? 1 : 3);
    model.change(chosen, {
      losses,
      owner: null,
      ...(isLost ? { state: "lost" } : { state: "pending", dueAt: model.now }),
    });
  }
  // In the order in which the store took them back, whichever that is.
  const { rows } = Effect.runSync(real.store.list("signal", { limit: 10_000, order: "oldest" }));
  for (const { signal, id } of rows.slice(model.log.length)) {
    if (signal._tag !== "Status") continue;
    const kind = signal.state as "lost" | "retrying";
    const ids = kind === "lost" ? [id.replace("status:", "failure:"), id] : [id];
    model.tell({ kind, ids, n: 0, task: signal.task });
  }
});

test("runs, skips and waiting matches are what a simple model says, whatever is emitted, claimed, ended, killed and restarted, and however two routers share the log", () => {
  const router = fc.constantFrom(...routers);
  const commands = fc.commands(
    [
      fc
        .tuple(fc.constantFrom("a" as const, "b" as const), fc.integer({ min: 0, max: 3 }))
        .map(([name, n]) => emit(name, n)),
      fc.constantFrom(1, 900, 7_000, 20_000).map(pass),
      fc.tuple(router, fc.constantFrom(1, 2, 1_000)).map(([one, limit]) => decide(one, limit)),
      router.map(commit),
      router.map(commit),
      router.map(restart),
      fc.integer({ min: 1, max: 3 }).map(claim),
      fc.nat(5).map((pick) => end("succeeded", pick)),
      fc.nat(5).map((pick) => end("failed", pick)),
      fc.constant(crash),
    ],
    { maxCommands: 60, size: "max" },
  );
  fc.assert(
    fc.property(commands, (made) => {
      fc.modelRun(() => ({ model: new Model(), real: new Real() }), made);
    }),
    { numRuns: 300 },
  );
});

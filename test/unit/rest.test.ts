// Goal: an engine's rest ends when its alarm rings or somebody hints, in whatever moment that comes. Method: a fiber gives way after so many effects, wherever it is; so rests are taken after
// so many effects that this is in each place of a rest once, by a clock whose sleeps are over in that moment.
import * as Clock from "effect/Clock";
import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { definitionsOf, detent, memoryStore } from "../../src/core/index.ts";
import { Incarnation } from "../../src/core/incarnation.ts";
import { rest } from "../../src/core/rest.ts";

/** Its time goes on by sleeping, and sleeping takes no time. */
const hastyClock = (sleep?: Clock.Clock["sleep"]): Clock.Clock => {
  let millis = 0;
  const sync = <A>(evaluate: () => A): Effect.Effect<A> => Effect.sync(evaluate);
  const nanos = (): bigint => BigInt(millis) * 1_000_000n;
  return {
    currentTimeMillisUnsafe: () => millis,
    currentTimeNanosUnsafe: nanos,
    monotonicTimeNanosUnsafe: nanos,
    currentTimeMillis: sync(() => millis),
    currentTimeNanos: sync(nanos),
    monotonicTimeNanos: sync(nanos),
    sleep:
      sleep ??
      ((duration) =>
        Effect.callback((resume) => {
          queueMicrotask(() => {
            millis += Duration.toMillis(duration);
            resume(Effect.void);
          });
        })),
  };
};

const incarnation = (): Incarnation =>
  new Incarnation(
    {
      definitions: definitionsOf(detent({ tasks: [], triggers: [] })),
      owner: { id: "a", host: "h", process: 1 },
    },
    memoryStore(),
    {
      capacity: Effect.succeed(1),
      start: () => Effect.void,
      cancel: () => Effect.void,
      events: () => () => undefined,
    },
  );

/** Whether what comes after so many effects is over once everything that can happen has. */
const isOver = async (
  effects: number,
  effect: Effect.Effect<void>,
  clock: Clock.Clock,
): Promise<boolean> => {
  const done = { isOver: false };
  const after = Effect.gen(function* () {
    for (let count = 0; count < effects; count++) yield* Effect.suspend(() => Effect.void);
    yield* effect;
    done.isOver = true;
  });
  Effect.runFork(Effect.provideService(after, Clock.Clock, clock));
  for (let turn = 0; turn < 50 && !done.isOver; turn++) await setImmediate();
  return done.isOver;
};

/** A fiber gives way after 2,048 effects. */
const places = Array.from({ length: 40 }, (_, index) => 2_020 + index);

test("rests end when their alarms ring, wherever the fiber gives way", async () => {
  const stuck: number[] = [];
  for (const place of places) {
    const self = incarnation();
    const twice = Effect.andThen(rest(self), rest(self));
    if (!(await isOver(place, twice, hastyClock()))) stuck.push(place);
  }
  expect(stuck).toEqual([]);
});

test("a hint ends a rest, wherever the fiber gives way", async () => {
  const stuck: number[] = [];
  // Nothing else would end it.
  const still = hastyClock(() => Effect.never);
  for (const place of places) {
    const self = incarnation();
    const hint = Effect.sync(() => queueMicrotask(() => self.wake()));
    const hinted = Effect.andThen(hint, rest(self));
    if (!(await isOver(place, hinted, still))) stuck.push(place);
  }
  expect(stuck).toEqual([]);
});

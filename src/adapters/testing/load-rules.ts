// From store to store: what is loaded is what was there, and goes on as it would have there.
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { memoryStore } from "../../core/memory-store.ts";
import { dump } from "../../core/store-dump.ts";
import { dumpTo, type LoadRequest } from "../../core/store-load.ts";
import type { StorePort } from "../../core/store.ts";
import { operation } from "./model-operations.ts";
import { perform } from "./model-rules.ts";
import { expect, test } from "./rule.ts";
import { aRun, anEvent, entered, noon, onStore, writes, type Subject } from "./subject.ts";

/** What the store has, as lines and back: a dump is text on its way. */
const partsOf = (store: StorePort) =>
  Effect.gen(function* () {
    const parts: LoadRequest[] = [];
    yield* dumpTo(store, (part) => parts.push(JSON.parse(JSON.stringify(part)) as LoadRequest));
    return parts;
  });

const loadAll = (store: StorePort, parts: readonly LoadRequest[]) =>
  Effect.forEach(parts, (part) => store.load(part), { discard: true });

export const loadRules = (subject: Subject): void => {
  test(
    "the dump of what was loaded is the dump it was loaded from, from and into the memory store; and both go on alike",
    { timeout: 120_000 },
    async () => {
      const operations = fc.array(operation, { minLength: 20, maxLength: 60 });
      await fc.assert(
        fc.asyncProperty(operations, operations, (before, after) =>
          onStore(subject, ({ store, clock }) =>
            Effect.gen(function* () {
              const source = memoryStore();
              for (const each of before) yield* perform(source, each, clock);
              const parts = yield* partsOf(source);
              const model = memoryStore();
              yield* loadAll(model, parts);
              yield* loadAll(store, parts);
              // Who was open there is proved dead here.
              const { owners, ...rest } = yield* dump(source);
              expect({ ...(yield* dump(store)) }).toEqual({ ...rest, owners });
              expect(yield* partsOf(store)).toEqual(parts);
              expect(yield* store.summary).toEqual(yield* model.summary);
              for (const each of after) {
                if (each.kind === "enter") continue;
                const expected = yield* perform(model, each, { now: 0 });
                const answer = yield* perform(store, each, clock);
                expect(answer).toEqual(expected);
              }
              expect(yield* dump(store)).toEqual(yield* dump(model));
            }),
          ),
        ),
        { numRuns: 30 },
      );
    },
  );

  test("an owner that was open where it comes from is proved dead, so that its runs can be taken back", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        const source = memoryStore();
        yield* entered(source);
        yield* loadAll(store, yield* partsOf(source));
        expect((yield* store.dead).map(({ id }) => id)).toEqual(["engine"]);
        yield* store.commit(writes({ close: { owner: "engine", at: noon } }));
        expect(yield* store.dead).toEqual([]);
      }),
    ));

  test("an app that has routed something takes no load, and stays as it is", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* store.commit(writes({ signals: [anEvent("e")], watermark: { seq: 1, at: noon } }));
        const before = yield* dump(store);
        const error = yield* Effect.orDie(
          Effect.flip(store.load({ table: "run", rows: [aRun("r")] })),
        );
        expect(error.message).toBe(
          "the app has routed something in this store already; load into a store without it",
        );
        expect(yield* dump(store)).toEqual(before);
      }),
    ));
};

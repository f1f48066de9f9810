// The reference: whatever is asked of a store, in whatever order, it answers as the memory store does and keeps what that keeps. The test goes on until each kind of operation
// and check has both succeeded and been refused.
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { memoryStore } from "../../core/memory-store.ts";
import type { OwedReply } from "../../core/purge.ts";
import { dump } from "../../core/store-dump.ts";
import type { Check, StorePort } from "../../core/store.ts";
import { listed, operation, type Operation } from "./model-operations.ts";
import { expect, test } from "./rule.ts";
import { anOwner, onStore, type Subject } from "./subject.ts";

/** Does an operation and gives its answer. Watermarks stay within the log, pages are followed to their end. */
export const perform = (store: StorePort, each: Operation, clock: { now: number }) =>
  Effect.gen(function* () {
    switch (each.kind) {
      case "commit": {
        const { signals } = yield* store.summary;
        const { watermark } = each.batch;
        return yield* store.commit(
          watermark === undefined
            ? each.batch
            : { ...each.batch, watermark: { ...watermark, seq: Math.min(watermark.seq, signals) } },
        );
      }
      case "claim":
        return yield* store.claim({ ...each, nonce: "nonce" });
      case "read": {
        const { watermark } = yield* store.read({ revision: null, limit: 0 });
        return yield* store.read({
          revision: each.behind === null ? null : watermark.revision - each.behind,
          limit: each.limit,
        });
      }
      case "list": {
        const pages: unknown[] = [];
        for (let after: string | undefined; ;) {
          const page = yield* store.list(each.table, { ...each.request, after });
          pages.push(page.rows);
          if (page.next === null) return pages;
          after = page.next;
        }
      }
      case "expiry":
        return yield* store.expiry(each);
      case "owed":
        return yield* store.owed(each);
      case "purge": {
        const { before, keep, limit } = each;
        const request = { before, tombstonesBefore: before - keep, limit };
        const gone = { signals: 0, runs: 0, skips: 0, tombstones: 0 };
        for (let more = true; more;) {
          const reply = yield* store.purge(request);
          gone.signals += reply.signals;
          gone.runs += reply.runs;
          gone.skips += reply.skips;
          gone.tombstones += reply.tombstones;
          more = reply.more;
        }
        return gone;
      }
      case "summary":
        return yield* store.summary;
      case "enter":
        return yield* store.enter(anOwner(each.owner));
      case "leave":
        return yield* store.leave(each.owner);
      case "pass":
        clock.now += each.millis;
        return undefined;
    }
  });

/** What an operation has shown: `<operation> yes` when it had an effect or a row to tell, `<operation> no` when it was refused or empty. */
const shownBy = (each: Operation, answer: unknown): readonly string[] => {
  const seen = (what: string, yes: boolean): string => `${what} ${yes ? "yes" : "no"}`;
  if (each.kind === "commit") {
    const reply = answer as { _tag: string; check?: Check };
    const failed = each.batch.checks.find(
      (one) => one === reply.check || JSON.stringify(one) === JSON.stringify(reply.check),
    );
    return [
      seen("commit", reply._tag === "Committed"),
      ...each.batch.checks.map((one) => seen(`check ${one._tag}`, one !== failed)),
    ];
  }
  if (each.kind === "claim")
    return [seen("claim", (answer as { runs: unknown[] }).runs.length > 0)];
  if (each.kind === "expiry")
    return [seen("expiry", (answer as { runs: unknown[] }).runs.length > 0)];
  if (each.kind === "owed") {
    const { runs, forgotten } = answer as OwedReply;
    return [seen("owed", runs.length > 0), seen("forgotten", Object.keys(forgotten).length > 0)];
  }
  if (each.kind === "purge")
    return Object.entries(answer as object)
      .map(([what, count]) => seen(`purge ${what}`, count > 0))
      .concat(
        seen(
          "purge",
          Object.values(answer as object).some((count) => count > 0),
        ),
      );
  if (each.kind === "list")
    return [seen(`list ${each.table}`, (answer as unknown[][])[0]!.length > 0)];
  if (each.kind === "read")
    return [
      seen("read state", (answer as { state: unknown }).state !== null),
      seen("read signals", (answer as { signals: unknown[] }).signals.length > 0),
    ];
  return [];
};

const wanted = [
  "commit",
  "expiry",
  "claim",
  "check Revision",
  "check Held",
  "check InState",
  "check OwnerOpen",
  "read state",
  "read signals",
  "owed",
  "forgotten",
  "purge",
  "purge signals",
  "purge runs",
  "purge skips",
  "purge tombstones",
  ...listed.map((table) => `list ${table}`),
].flatMap((what) => [`${what} yes`, `${what} no`]);

export const modelRules = (subject: Subject): void => {
  test(
    "any operations get the answers of the memory store and leave what it would leave",
    { timeout: 120_000 },
    async () => {
      const shown = new Set<string>();
      const law = fc.asyncProperty(
        fc.array(operation, { minLength: 10, maxLength: 60 }),
        fc.boolean(),
        (operations, hasOther) =>
          onStore(subject, ({ store, again, clock }) =>
            Effect.gen(function* () {
              const model = memoryStore();
              const modelClock = { now: clock.now };
              const other = yield* again;
              for (const [index, each] of operations.entries()) {
                // Owners enter and leave through one handle; all else comes through either, in half of the cases.
                const handle =
                  hasOther && index % 3 === 2 && each.kind !== "enter" && each.kind !== "leave"
                    ? other
                    : store;
                const expected = yield* perform(model, each, modelClock);
                clock.now = modelClock.now;
                expect(yield* perform(handle, each, { now: 0 })).toEqual(expected);
                for (const what of shownBy(each, expected)) shown.add(what);
              }
              expect(yield* dump(store)).toEqual(yield* dump(model));
              expect(yield* other.summary).toEqual(yield* model.summary);
            }),
          ),
      );
      for (let rounds = 0; wanted.some((what) => !shown.has(what)) || rounds < 2; rounds++) {
        expect(
          rounds,
          `never seen: ${wanted.filter((what) => !shown.has(what)).join(", ")}`,
        ).toBeLessThan(20);
        await fc.assert(law, { numRuns: 40 });
      }
    },
  );
};

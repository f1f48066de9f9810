// Goal: what a request to cancel a run is answered is what became of it, also when the run moves meanwhile. Method: the memory store, and a claim between look and commit.
import * as Effect from "effect/Effect";
import { expect, test } from "vitest";
import { cancelRun } from "../../src/core/cancel.ts";
import { memoryStore, type StorePort } from "../../src/core/index.ts";
import { anOwner, aRun, claimAs, writes } from "../../src/adapters/testing/subject.ts";

test("a run that is claimed between the look at it and its end is asked to end, and is not said to be cancelled", () => {
  const store = memoryStore({ now: () => 0 });
  Effect.runSync(store.commit(writes({ runs: [aRun("r", { dueAt: 0 })] })));
  Effect.runSync(store.enter(anOwner("other")));
  let isFirst = true;
  const racing: StorePort = {
    ...store,
    commit: (batch) => {
      const claim = isFirst ? claimAs(store, { owner: "other" }) : Effect.void;
      isFirst = false;
      return Effect.andThen(claim, store.commit(batch));
    },
  };
  expect(Effect.runSync(cancelRun(racing, "r"))).toBe("requested");
  expect(Effect.runSync(store.list("run", { limit: 1 })).rows).toMatchObject([
    { state: "claimed", cancelRequested: true },
  ]);
});

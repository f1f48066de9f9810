// Goal: a hint says what others may have to do because of a batch, and there is none where nobody has anything to do. Method: a table of batches as engines write them.
import { expect, test } from "vitest";
import { aRun, aStatus, anEvent, aPause, writes } from "../../src/adapters/testing/subject.ts";
import { mergedNews, newsOf } from "../../src/core/batch.ts";
import { pausedIdOf } from "../../src/core/command.ts";
import type { Batch, CommitReply, News } from "../../src/core/store.ts";

const none: News = { log: false, begun: false, pending: false, freed: false, cancels: false };
const committed = (batch: Batch): CommitReply => ({
  _tag: "Committed",
  signals: (batch.signals ?? []).map(() => "accepted"),
});
const patch = (fields: object) => writes({ patches: [{ run: "r", patch: fields }] });

test.each<[string, Batch, Partial<News>]>([
  ["an event", writes({ signals: [anEvent("e")] }), { log: true }],
  ["that a run has begun", writes({ signals: [aStatus("r", "running")] }), { begun: true }],
  [
    "that a run has begun and is over",
    writes({ signals: [aStatus("r", "running"), aStatus("r", "succeeded")] }),
    { log: true, begun: true },
  ],
  ["a run that is owed", writes({ runs: [aRun("r")] }), { pending: true }],
  ["a run that goes back", patch({ state: "pending" }), { pending: true, freed: true }],
  ["a run that is over", patch({ state: "failed" }), { freed: true }],
  ["a run that begins", patch({ state: "running" }), {}],
  ["a request to cancel", patch({ cancelRequested: true }), { cancels: true }],
  [
    "a task that is resumed",
    writes({ deadlines: { put: [], remove: [pausedIdOf({ task: "t" })] } }),
    { pending: true },
  ],
])("%s", (_, batch, news) => {
  expect(newsOf(batch, committed(batch))).toEqual({ ...none, ...news });
});

test.each<[string, Batch, CommitReply?]>([
  [
    "a signal that was there",
    writes({ signals: [anEvent("e")] }),
    { _tag: "Committed", signals: ["duplicate"] },
  ],
  [
    "what was refused",
    writes({ runs: [aRun("r")] }),
    { _tag: "Conflict", check: { _tag: "OwnerOpen", owner: "a" } },
  ],
  ["a task that is paused", writes({ deadlines: { put: [aPause({ task: "t" })], remove: [] } })],
])("%s is no news", (_, batch, reply = committed(batch)) => {
  expect(newsOf(batch, reply)).toBeUndefined();
});

test("two hints make one that says both", () => {
  expect(
    mergedNews({ ...none, log: true, freed: true }, { ...none, begun: true, freed: true }),
  ).toEqual({
    ...none,
    log: true,
    begun: true,
    freed: true,
  });
});

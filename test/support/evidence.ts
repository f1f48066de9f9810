// A memory store that is strict about what it is asked for and notes it, with rows of an engine or written by hand where there must be many.
// Fails the test in which the store was asked for what it need not have been.
import { afterEach, expect } from "vitest";
import {
  definitionsOf,
  detent,
  signalNamed,
  task,
  whyNot,
  whyNotDue,
  type Batch,
  type ListRequest,
  type Run,
  type Skip,
  type StorePort,
  type Trigger,
} from "../../src/core/index.ts";
import { aRun } from "../../src/adapters/testing/subject.ts";
import { start, World } from "./engine-world.ts";

export const work = task({ id: "work", run: (input: unknown) => input });
export const next = task({ id: "next", run: (input: unknown) => input });
export const definedBy = (...triggers: readonly Trigger[]) =>
  definitionsOf(detent({ tasks: [work, next], triggers }));
export const minute = 60_000;

/** What no store need answer. */
let faults: string[] = [];
afterEach(() => {
  expect(faults).toEqual([]);
  faults = [];
});

/** The store, and what it was asked for: by ids, or searched for. */
const strict = (store: StorePort) => {
  const asked: { readonly table: string; readonly request: ListRequest }[] = [];
  const list: StorePort["list"] = (table, request) => {
    const ids = request.where?.ids;
    if (ids?.length === 0 || ids?.some((id) => typeof id !== "string"))
      faults.push(`it was asked for ${JSON.stringify(ids)}`);
    if ((ids?.length ?? 0) > 10_000 || request.limit > 10_000) faults.push("too many");
    asked.push({ table, request });
    return store.list(table, request);
  };
  const searches = () =>
    asked.flatMap(({ table, request: { where } }) =>
      where?.ids === undefined ? [[table, where?.trigger]] : [],
    );
  /** Ids that were asked for twice. */
  const repeated = () => {
    const ids = asked.flatMap(({ table, request }) =>
      (request.where?.ids ?? []).map((id) => `${table} ${id}`),
    );
    return ids.filter((id, index) => ids.indexOf(id) !== index);
  };
  return { store: { ...store, list } satisfies StorePort, searches, repeated };
};

export const living = (...triggers: readonly Trigger[]) => {
  const world = new World();
  if (triggers.length > 0) world.engine({ tasks: [work, next], triggers }, "e");
  const noted = () => strict(world.store);
  const ask = (id: string, name?: string, definitions = definedBy(...triggers)) => {
    const { store, searches } = noted();
    const stored = world.run(signalNamed(store, id))!;
    const answer = world.run(whyNot(store, definitions, stored, name));
    const verdicts = Object.fromEntries(answer.answers.map((it) => [it.trigger, it.verdict._tag]));
    return { ...answer, verdicts, searches: searches() };
  };
  const askDue = (dueAt: number, name?: string, definitions = definedBy(...triggers)) => {
    const { store, searches } = noted();
    const answer = world.run(whyNotDue(store, definitions, dueAt, name))!;
    const verdicts = answer.answers.map((it) => [it.trigger, it.verdict._tag]);
    return { ...answer, verdicts, searches: searches() };
  };
  const write = (batch: Partial<Batch>) =>
    expect(world.run(world.store.commit({ checks: [], ...batch }))).toMatchObject({
      _tag: "Committed",
    });
  return { world, noted, ask, askDue, write };
};

export const runRow = ({ id, ...fields }: Pick<Run, "id" | "cause"> & Partial<Run>): Run =>
  aRun(id, { trigger: "t", task: "work", createdAt: start, dueAt: start, ...fields });

export const skipRow = (subject: string, fields: Partial<Skip> = {}): Skip => {
  const row = { trigger: "t", signal: subject, reason: "paused" as const, ...fields };
  return {
    id: `${row.trigger}/${subject}/${row.reason}`,
    from: null,
    to: null,
    count: 1,
    detail: null,
    at: start,
    ...row,
  };
};

export const eventRow = (id: string, origin: string | null = null) => ({
  id,
  signal: { _tag: "Event", id, name: "e", payload: null } as const,
  origin,
  dueAt: null,
});

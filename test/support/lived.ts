// A router that has lived through a log made by hand, to be asked afterwards.
import { expect } from "vitest";
import {
  definitionsOf,
  detent,
  explain,
  task,
  type AppDefinition,
  type Explanation,
  type StoredSignal,
  type Trigger,
} from "../../src/core/index.ts";
import { Log, Router } from "./deciding.ts";

export const work = task({ id: "work", run: (input: unknown) => input });
export const next = task({ id: "next", run: (input: unknown) => input });

export const lived = (...triggers: readonly Trigger[]) => {
  const app: AppDefinition = { tasks: [work, next], triggers };
  const router = new Router(app);
  const log = new Log();
  const ask = (stored: StoredSignal, name?: string): readonly Explanation[] => {
    const told = explain(definitionsOf(detent(app)), router.state, stored, router, name);
    expect(JSON.parse(JSON.stringify(told))).toStrictEqual(told);
    return told;
  };
  /** The only verdict. */
  const verdict = (stored: StoredSignal, name?: string) => {
    const told = ask(stored, name);
    expect(told).toHaveLength(1);
    return told[0]!.verdict;
  };
  const hear = (stored: StoredSignal): StoredSignal => {
    router.route({ signals: [stored] });
    return stored;
  };
  return { router, log, ask, verdict, hear };
};

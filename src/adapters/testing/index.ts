// Entry point `detent/testing`: what every store must keep, as a suite for a store of one's own. A test of an adapter is five lines:
//
//   import { describe, test } from "vitest";
//   import { storeContract } from "detent/testing";
//   import { subject } from "./my-store.ts";
//
//   storeContract("my store", subject, { describe, test });
//
// `detent conform ./my-store.ts` runs the same rules. Where stores may differ the subject says so, and where a rule is about all inputs, random operations are compared with
// the memory store.
import { batchRules } from "./batch-rules.ts";
import { claimRules } from "./claim-rules.ts";
import { concurrencyRules } from "./concurrency-rules.ts";
import { expiryRules } from "./expiry-rules.ts";
import { listRules } from "./list-rules.ts";
import { loadRules } from "./load-rules.ts";
import { logRules } from "./log-rules.ts";
import { modelRules } from "./model-rules.ts";
import { ownerRules } from "./owner-rules.ts";
import { purgeRules } from "./purge-rules.ts";
import { rulesOf, type Rule } from "./rule.ts";
import { stateRules } from "./state-rules.ts";
import type { Subject } from "./subject.ts";
import { valueRules } from "./value-rules.ts";

export type { Opened, Subject } from "./subject.ts";
export type { Rule } from "./rule.ts";

const parts: Readonly<Record<string, (subject: Subject) => void>> = {
  log: logRules,
  batches: batchRules,
  state: stateRules,
  claims: claimRules,
  concurrency: concurrencyRules,
  expiry: expiryRules,
  owners: ownerRules,
  lists: listRules,
  purge: purgeRules,
  load: loadRules,
  values: valueRules,
  model: modelRules,
};

/** The rules that a store must keep. */
export const storeRules = (subject: Subject): readonly Rule[] =>
  Object.entries(parts).flatMap(([part, write]) => rulesOf(part, () => write(subject)));

/** What vitest, node:test, Deno's and Bun's runners have in common. */
export interface Runner {
  readonly describe: (name: string, declare: () => void) => unknown;
  readonly test: (
    name: string,
    options: { readonly timeout: number },
    check: () => Promise<void>,
  ) => unknown;
}

/** Declares a test for each rule, in a group for each part of the contract. */
export const storeContract = (name: string, subject: Subject, { describe, test }: Runner): void => {
  const rules = storeRules(subject);
  for (const part of Object.keys(parts))
    describe(`${name}: ${part}`, () => {
      for (const rule of rules.filter((each) => each.part === part))
        test(rule.name, { timeout: rule.timeoutMillis }, rule.check);
    });
};

export interface Verdict {
  readonly rule: Rule;
  /** Why it is broken, in one line; null: it is kept. */
  readonly fault: string | null;
}

/** Checks one rule after the other, and tells of each. */
export const conformance = async (
  rules: readonly Rule[],
  onVerdict: (verdict: Verdict) => void = () => undefined,
): Promise<readonly Verdict[]> => {
  const verdicts: Verdict[] = [];
  for (const rule of rules) {
    // oxlint-disable-next-line no-await-in-loop
    const verdict = { rule, fault: await faultOf(rule) };
    verdicts.push(verdict);
    onVerdict(verdict);
  }
  return verdicts;
};

const faultOf = async ({ check, timeoutMillis }: Rule): Promise<string | null> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`it is not over after ${timeoutMillis} ms`), timeoutMillis);
  });
  try {
    return await Promise.race([check().then(() => null), late]);
  } catch (error) {
    return lineOf(error);
  } finally {
    clearTimeout(timer);
  }
};

const lineOf = (error: unknown): string => {
  const { message = String(error) } = (error ?? {}) as { readonly message?: string };
  // A rule about all inputs tells how it found one that breaks it; what broke is the cause.
  const { cause } = (error ?? {}) as { readonly cause?: unknown };
  if (cause instanceof Error) return `${lineOf(cause)}; ${message.split("\n", 2).join(", ")}`;
  return message.split("\n", 1)[0] ?? message;
};

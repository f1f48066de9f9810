/**
 * Goal: a store is what src/core/store.ts says it is.
 * Method: one suite that every adapter runs; an adapter's test hands over how an empty store is opened. Where stores may differ the subject says so, and where a rule is
 * about all inputs, random operations are compared with the memory store.
 */
import { describe } from "vitest";
import { batchRules } from "./batch-rules.ts";
import { claimRules } from "./claim-rules.ts";
import { concurrencyRules } from "./concurrency-rules.ts";
import { expiryRules } from "./expiry-rules.ts";
import { listRules } from "./list-rules.ts";
import { logRules } from "./log-rules.ts";
import { modelRules } from "./model-rules.ts";
import { ownerRules } from "./owner-rules.ts";
import { purgeRules } from "./purge-rules.ts";
import { stateRules } from "./state-rules.ts";
import type { Subject } from "./subject.ts";
import { valueRules } from "./value-rules.ts";

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
  values: valueRules,
  model: modelRules,
};

export const storeContract = (name: string, subject: Subject): void => {
  describe.each(Object.entries(parts))(`${name}: %s`, (_, rules) => {
    rules(subject);
  });
};

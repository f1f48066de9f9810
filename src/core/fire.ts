// From a firing to the run that it owes: input, id, and the scopes that the run belongs to.
import type { CompiledTrigger, Definitions } from "./definitions.ts";
import { settledScopeOf, type Draft } from "./draft.ts";
import { errorDataOf } from "./errors.ts";
import { hash32 } from "./hash.ts";
import { jsonFault, type Json } from "./json.ts";
import { kept } from "./kept.ts";
import { runIdOf } from "./run-id.ts";
import { firingOf, type Firing, type Match } from "./trigger.ts";

interface Fired {
  readonly definitions: Definitions;
  readonly draft: Draft;
  readonly trigger: CompiledTrigger;
  readonly at: number;
  readonly scopes: readonly string[];
}

/** Owes one run for the matches. An input that can't be made is a skip: the matches are consumed all the same, or the fault would return with each signal. */
export const fire = (fired: Fired, matches: readonly Match[]): void => {
  const { draft, trigger, at } = fired;
  // Before the user's function is called: what it does to its firing must not change which run this is.
  const cause = matches.map(({ id }) => id);
  let input: Json;
  try {
    input = inputOf(trigger, matches);
  } catch (thrown) {
    const { name, message } = errorDataOf(thrown);
    for (const signal of new Set(cause))
      draft.skip({
        trigger: trigger.id,
        signal,
        reason: "input-failed",
        detail: `${name}: ${message}`,
        at,
      });
    return;
  }
  owe(fired, cause, input);
};

const inputOf = (trigger: CompiledTrigger, matches: readonly Match[]): Json => {
  const { input } = trigger.definition;
  const firing = (): Firing =>
    firingOf(trigger.id, Object.freeze(matches.map(Object.freeze) as Match[]));
  const made: unknown = typeof input === "function" ? input(firing()) : input;
  if (made instanceof Promise) {
    made.catch(() => undefined); // its rejection is not the process's business
    throw new TypeError("input returned a promise; it is synchronous");
  }
  const fault = jsonFault(made ?? null, "input");
  if (fault !== undefined) throw new TypeError(fault);
  // A copy: the next firing may change and return the same object.
  return kept(made ?? null) as Json;
};

const owe = (
  { definitions, draft, trigger, at, scopes }: Fired,
  cause: readonly string[],
  input: Json,
): void => {
  const id = runIdOf(trigger.id, cause);
  draft.runs.push({
    id,
    trigger: trigger.id,
    task: trigger.task,
    input,
    idempotencyKey: id,
    cause: cause.length === 1 ? cause : [...new Set(cause)],
    priority: definitions.tasks.get(trigger.task)?.priority ?? 0,
    createdAt: at,
    dueAt: at + jitterMillis(trigger, id),
    state: "pending",
    token: 0,
    attempt: 0,
    losses: 0,
    crashes: 0,
    owner: null,
    nonce: null,
    startedAt: null,
    settledAt: null,
    cancelRequested: false,
    outcome: null,
  });
  for (const scope of scopes) if (draft.isOpen(scope)) draft.enter(scope, id);
  if (definitions.watched.has(trigger.task)) draft.enter(settledScopeOf(id), id);
};

/** How long a run waits after its occurrence: a share of its schedule's jitter, by a hash of its id. */
const jitterMillis = ({ leaves }: CompiledTrigger, id: string): number => {
  const jitter = leaves.length === 1 ? (leaves[0]?.schedule?.jitterMillis ?? 0) : 0;
  return jitter === 0 ? 0 : Math.floor((hash32(id) / 0x1_0000_0000) * jitter);
};

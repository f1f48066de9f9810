// From a firing to the run that it owes: input, id, and the scopes that the run belongs to.
import type { CompiledTrigger, Definitions } from "./definitions.ts";
import type { Draft } from "./draft.ts";
import { errorDataOf } from "./errors.ts";
import { hash32 } from "./hash.ts";
import { jsonFault, type Json } from "./json.ts";
import { kept } from "./kept.ts";
import { runIdOf } from "./run-id.ts";
import type { Run } from "./run.ts";
import { overlapScopeOf, settledScopeOf } from "./scope.ts";
import type { SkipReason } from "./skip-reason.ts";
import type { HeldFiring } from "./store.ts";
import type { TaskOptions } from "./task.ts";
import { firingOf, type Firing, type Match } from "./trigger.ts";

export interface Fired {
  readonly definitions: Definitions;
  readonly draft: Draft;
  readonly trigger: CompiledTrigger;
  readonly at: number;
  readonly scopes: readonly string[];
}

/** Owes one run for the matches. An input that can't be made is a skip: the matches are consumed all the same, or the fault would return with each signal. */
export const fire = (fired: Fired, matches: readonly Match[]): void => {
  const { definitions, trigger } = fired;
  // Before the user's function is called: what it does to its firing must not change which run this is.
  const cause = matches.map(({ id }) => id);
  const options = definitions.tasks.get(trigger.task);
  let input: Json;
  let concurrencyKey: string | null;
  try {
    input = inputOf(trigger, matches);
    concurrencyKey = concurrencyKeyOf(options, input);
  } catch (thrown) {
    const { name, message } = errorDataOf(thrown);
    giveUp(fired, matches, "input-failed", `${name}: ${message}`);
    return;
  }
  owe(fired, { cause, input, concurrencyKey, options });
};

interface GivingUp extends Pick<Fired, "draft" | "at"> {
  readonly trigger: Pick<CompiledTrigger, "id">;
}

/** A firing becomes no run: each of its signals is a skip. */
export const giveUp = (
  { draft, trigger, at }: GivingUp,
  matches: readonly Match[],
  reason: SkipReason,
  detail: string | null = null,
): void => {
  for (const heard of new Map(matches.map((match) => [match.id, match])).values())
    draft.skip({ trigger: trigger.id, heard, reason, detail, at });
};

/** A firing that was kept back becomes no run. */
export const giveWay = (fired: GivingUp, firing: HeldFiring, reason: SkipReason): void => {
  fired.draft.unhold(firing);
  giveUp(fired, firing.due.matches, reason);
  fired.draft.leaveScopes(firing);
};

/** Owes one run that repeats another; or says why it can't be made. */
export const repeat = (
  fired: Fired,
  made: Pick<Run, "cause" | "input" | "idempotencyKey">,
): string | undefined => {
  const options = fired.definitions.tasks.get(fired.trigger.task);
  try {
    owe(fired, { ...made, concurrencyKey: concurrencyKeyOf(options, made.input), options });
    return undefined;
  } catch (refused) {
    const { name, message } = errorDataOf(refused);
    return `${name}: ${message}`;
  }
};

const keyLengthMax = 500;

/** The key under which the run is limited; null without a limit. */
const concurrencyKeyOf = (options: TaskOptions | undefined, input: Json): string | null => {
  const concurrency = options?.concurrency ?? null;
  if (concurrency === null) return null;
  if (concurrency.keyOf === null) return "";
  const made = concurrency.keyOf(input);
  if (made instanceof Promise) made.catch(() => undefined); // its rejection is not the process's business
  if (typeof made !== "string" || made.length > keyLengthMax)
    throw new TypeError(
      `concurrency.key returned ${describe(made)}; give text of at most ${keyLengthMax} characters`,
    );
  return made;
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

const describe = (made: unknown): string => {
  if (typeof made === "string") return `${made.length} characters`;
  if (made instanceof Promise) return "a promise";
  return made === null ? "null" : typeof made;
};

interface Owed extends Pick<Run, "cause" | "input" | "concurrencyKey"> {
  readonly options: TaskOptions | undefined;
  /** Default: the run's own id. */
  readonly idempotencyKey?: string;
}

const owe = (
  { definitions, draft, trigger, at, scopes }: Fired,
  { cause, options, idempotencyKey, input, concurrencyKey }: Owed,
): void => {
  const id = runIdOf(trigger.id, cause);
  if (draft.isOwed(id)) return;
  // A clock that was set back is not waited for.
  const dueAt = Math.min(at, draft.now) + jitterMillis(trigger, id);
  const expireAfterMillis = options?.expireAfterMillis ?? null;
  draft.owe({
    id,
    trigger: trigger.id,
    task: trigger.task,
    input,
    concurrencyKey,
    idempotencyKey: idempotencyKey ?? id,
    cause: cause.length === 1 ? cause : [...new Set(cause)],
    createdAt: at,
    priority: options?.priority ?? 0,
    dueAt,
    expiresAt: expireAfterMillis === null ? null : dueAt + expireAfterMillis,
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
  // Of a schedule that was made at run time all are counted: the one that replaces it may mind them.
  if (trigger.overlaps || trigger.made !== undefined) draft.enter(overlapScopeOf(trigger.id), id);
};

/** How long a run waits after its occurrence: a share of its schedule's jitter, by a hash of its id. */
const jitterMillis = ({ leaves }: CompiledTrigger, id: string): number => {
  const jitter = leaves.length === 1 ? (leaves[0]?.schedule?.jitterMillis ?? 0) : 0;
  return jitter === 0 ? 0 : Math.floor((hash32(id) / 0x1_0000_0000) * jitter);
};

// Runs as the command line shows them: instants as ISO text in UTC, what is absent as null. Scripts rely on these shapes.
import { InputError } from "../core/errors.ts";
import { formatInstant } from "../core/instant.ts";
import type { Attempt, Outcome, Run } from "../core/run.ts";

export const instantText = (instant: number | null): string | null =>
  instant === null ? null : formatInstant(instant);

export const runView = (run: Run) => ({
  id: run.id,
  trigger: run.trigger,
  task: run.task,
  state: run.state,
  attempt: run.attempt,
  losses: run.losses,
  crashes: run.crashes,
  priority: run.priority,
  concurrencyKey: run.concurrencyKey,
  cancelRequested: run.cancelRequested,
  dueAt: instantText(run.dueAt),
  expiresAt: instantText(run.expiresAt),
  createdAt: instantText(run.createdAt),
  startedAt: instantText(run.startedAt),
  settledAt: instantText(run.settledAt),
  input: run.input,
  outcome: run.outcome,
  cause: run.cause,
});

export const attemptView = ({ attempt, token, owner, startedAt, settledAt, outcome }: Attempt) => ({
  attempt,
  token,
  owner,
  startedAt: instantText(startedAt),
  settledAt: instantText(settledAt),
  outcome: outcomeView(outcome),
});

/** How an attempt ended: `kind` is succeeded, failed, timed-out, cancelled, crashed or released. */
export const outcomeView = ({ _tag, ...rest }: Outcome) => ({
  kind: _tag.replace(/\B[A-Z]/g, (it) => `-${it}`).toLowerCase(),
  ...rest,
});

/** The answer for a run that a store does not have. */
export const noRun = (id: string, { url }: { readonly url: string }): InputError =>
  new InputError(
    `there is no run ${JSON.stringify(id)} in ${url}; "detent runs" lists them${id.startsWith("@") ? ", and one that was asked for becomes a run when an engine comes to it" : ""}`,
  );

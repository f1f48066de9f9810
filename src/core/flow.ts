// Flow control: what stands between a firing and its run. A firing comes as signals complete it; it runs at once, or is kept back until a deadline, alone or together with
// others of the same key. What is kept back is rows of the state, and all instants are those of the log, so that a restart or another router changes nothing.
//
// Invariants:
// 1. Every signal of a firing that is kept back ends as the cause of one run, or as one skip.
// 2. A gate is shut as long as its deadline is there; at the instant at which it opens it is open: at one instant gates go before what is kept back (their ids sort so), and
//    both before what comes then.
import { giveUp, giveWay, type Fired } from "./fire.ts";
import type { Definitions } from "./definitions.ts";
import type { Draft } from "./draft.ts";
import type { Flow } from "./flow-option.ts";
import { fireInTurn } from "./overlap.ts";
import { joinOf } from "./state.ts";
import type { SkipReason } from "./skip-reason.ts";
import type { HeldFiring } from "./store.ts";
import type { Match } from "./trigger.ts";

/** Whose firing it is, and where it stands among those of its key. `id` is that of the signal that completed it. */
export interface Place {
  readonly key: string;
  readonly order: number;
  readonly id: string;
}

/** Runs a firing, or keeps it back, as its trigger's flow control asks. */
export const admit = (fired: Fired, matches: readonly Match[], place: Place): void => {
  const { draft, trigger, at } = fired;
  const { flow } = trigger;
  if (flow === null) {
    fireInTurn(fired, matches);
    return;
  }
  const held = draft.heldFirings(joinOf(trigger.id, place.key));
  switch (flow._tag) {
    case "Debounce": {
      const since = held[0]?.due.since ?? at;
      const releaseAt = Math.min(at + flow.waitMillis, since + (flow.maxMillis ?? Infinity));
      replace(fired, matches, place, { held, since, releaseAt, reason: "debounced" });
      return;
    }
    case "Throttle": {
      const opensAt = draft.deadlineAt(gateIdOf(trigger.id, place.key));
      if (opensAt === undefined) pass(fired, matches, place.key, flow);
      else
        replace(fired, matches, place, {
          held,
          since: at,
          releaseAt: opensAt,
          reason: "throttled",
        });
      return;
    }
    case "Batch": {
      const since = held[0]?.due.since ?? at;
      hold(fired, matches, place, { since, releaseAt: since + flow.withinMillis });
      if (draft.heldFirings(joinOf(trigger.id, place.key)).length >= flow.size)
        letGoAll(fired, place.key, flow);
    }
  }
};

/** The deadline of a firing has come: it runs, in a batch together with the others of its key. */
export const letGo = (
  { definitions, draft }: { readonly definitions: Definitions; readonly draft: Draft },
  { id, at, due: { trigger: name, key } }: HeldFiring,
): void => {
  const trigger = definitions.triggers.get(name);
  // Activation retires what changed triggers keep back, so this is never the case; nothing may wake the router again and again if it were.
  if (trigger === undefined || trigger.flow === null) draft.removeDeadline(id);
  else letGoAll({ definitions, draft, trigger, at }, key, trigger.flow);
};

const letGoAll = (fired: Omit<Fired, "scopes">, key: string, flow: Flow): void => {
  const { draft, trigger } = fired;
  const held = [...draft.heldFirings(joinOf(trigger.id, key))];
  for (const firing of held) draft.unhold(firing);
  const scopes = [...new Set(held.flatMap(({ due }) => due.scopes))];
  pass(
    { ...fired, scopes },
    held.flatMap(({ due }) => due.matches),
    key,
    flow,
  );
  for (const firing of held) draft.leaveScopes(firing);
};

/** The firing has passed flow control. One that waited while its trigger was paused does not run: nothing is made up for. */
const pass = (fired: Fired, matches: readonly Match[], key: string, flow: Flow): void => {
  const { draft, trigger, at } = fired;
  if (draft.isTriggerPaused(trigger.id)) {
    giveUp(fired, matches, "paused");
    return;
  }
  if (flow._tag === "Throttle")
    draft.putDeadline({
      id: gateIdOf(trigger.id, key),
      at: at + flow.intervalMillis,
      due: { _tag: "Gate", trigger: trigger.id, key },
    });
  fireInTurn(fired, matches);
};

interface Held {
  readonly since: number;
  readonly releaseAt: number;
}

const hold = (
  { draft, trigger, at, scopes }: Fired,
  matches: readonly Match[],
  place: Place,
  { since, releaseAt }: Held,
): void =>
  draft.hold({
    id: `release/${trigger.id}/${place.id}`,
    at: releaseAt,
    due: {
      _tag: "Release",
      trigger: trigger.id,
      key: place.key,
      since,
      order: place.order,
      heldAt: at,
      matches,
      scopes,
    },
  });

/** Keeps the firing back in the place of those that were. */
const replace = (
  fired: Fired,
  matches: readonly Match[],
  place: Place,
  {
    held,
    reason,
    ...until
  }: Held & {
    readonly held: readonly HeldFiring[];
    readonly reason: SkipReason;
  },
): void => {
  const older = [...held];
  hold(fired, matches, place, until);
  for (const firing of older) giveWay(fired, firing, reason);
};

const gateIdOf = (trigger: string, key: string): string => `gate/${trigger}/${key}`;

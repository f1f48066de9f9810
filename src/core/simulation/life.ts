// The lives of a trigger: the stretches of the log that it was asked about. A trigger that is the same in the next generation goes on living; one that is another begins anew, and
// what the old one waited for is retired.
import type { CompiledTrigger, Definitions } from "../definitions.ts";
import type { Mirror } from "./mirror.ts";
import type { Hearing } from "./reference.ts";

/** How far the log was routed when a generation became active, and when that was. */
interface Turning {
  readonly seq: number;
  readonly at: number;
  readonly activatedAt: number;
}

export interface Life {
  /** As the definitions had it that were active. */
  readonly trigger: CompiledTrigger;
  readonly from: Turning;
  /** null: it still lives. */
  readonly end: Turning | null;
}

/** By trigger, its lives in their order. */
export const livesOf = (
  mirror: Mirror,
  editions: readonly Definitions[],
): ReadonlyMap<string, readonly Life[]> => {
  const lives = new Map<string, Life[]>();
  const alive = new Map<string, Life>();
  const end = (life: Life, turning: Turning): void => {
    const { id } = life.trigger;
    alive.delete(id);
    lives.set(id, [...(lives.get(id) ?? []), { ...life, end: turning }]);
  };
  for (const { definitions, turning } of turningsOf(mirror, editions)) {
    for (const life of alive.values())
      if (definitions.triggers.get(life.trigger.id)?.fingerprint !== life.trigger.fingerprint)
        end(life, turning);
    for (const trigger of definitions.triggers.values())
      if (!alive.has(trigger.id)) alive.set(trigger.id, { trigger, from: turning, end: null });
  }
  for (const [id, life] of alive) lives.set(id, [...(lives.get(id) ?? []), life]);
  return lives;
};

const turningsOf = (
  { turnings }: Mirror,
  editions: readonly Definitions[],
): { readonly definitions: Definitions; readonly turning: Turning }[] =>
  turnings.flatMap(({ generation: { fingerprint, activatedAt }, seq, at }) => {
    const definitions = editions.find((edition) => edition.fingerprint === fingerprint);
    return definitions === undefined ? [] : [{ definitions, turning: { seq, at, activatedAt } }];
  });

/** Whether the trigger heard it in this life. A delayed event is heard by whoever is there when its delay has passed. */
export const isOf = ({ from, end }: Life, { at, rank }: Hearing): boolean => {
  const isAfter = (turning: Turning): boolean =>
    rank[0] === 2 ? (rank[1] as number) > turning.seq : at > turning.at;
  return isAfter(from) && (end === null || !isAfter(end));
};

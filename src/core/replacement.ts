// What an engine tells when its definitions take the place of others: which triggers are no more or are others now, and whether an engine still lives that had them.
import type { Definitions } from "./definitions.ts";
import type { Generation, Owner } from "./store.ts";

interface Replaced {
  readonly retired: readonly string[];
  readonly changed: readonly string[];
}

/** The triggers of the generation before that these definitions retire or change; undefined where there are none. */
export const replacedBy = (
  { triggers }: Pick<Definitions, "triggers">,
  before: Generation | null,
): Replaced | undefined => {
  // Those by which people ask for runs of a task come and go with it, and a pending run of a task that is gone is told by itself.
  const known = Object.entries(before?.triggers ?? {}).filter(([id]) => !id.startsWith("@"));
  const retired = known.flatMap(([id]) => (triggers.has(id) ? [] : id));
  const changed = known.flatMap(([id, fingerprint]) =>
    triggers.has(id) && triggers.get(id)?.fingerprint !== fingerprint ? id : [],
  );
  return retired.length + changed.length === 0 ? undefined : { retired, changed };
};

/** `others`: the engines that live beside this one. With none of them it is what a new version does, and no warning. */
export const replacementNote = (
  { retired, changed }: Replaced,
  at: { readonly number: number; readonly url: string; readonly others: readonly Owner[] },
): { readonly _tag: "Info" | "Warning"; readonly message: string } => {
  const what = [
    ...(retired.length === 0 ? [] : [`retires ${namesOf(retired)}`]),
    ...(changed.length === 0 ? [] : [`changes ${namesOf(changed)}`]),
  ].join(" and ");
  const message = `generation ${at.number} of the definitions ${what} in ${at.url}`;
  const [first, ...more] = at.others;
  if (first === undefined) return { _tag: "Info", message };
  const whose = `engine ${first.id} (process ${first.process} on ${first.host})`;
  const those =
    more.length === 0
      ? `${whose} has not left, and routes nothing any more`
      : `${whose} and ${more.length} more have not left, and route nothing any more`;
  return {
    _tag: "Warning",
    message: `${message}, where ${those}; if this is not a new version of the same app, stop this engine, give it a store or an app's name of its own, and start the other one anew`,
  };
};

const namesMax = 3;

const namesOf = (ids: readonly string[]): string => {
  const named = ids.slice(0, namesMax).map((id) => JSON.stringify(id));
  const more = ids.length - named.length;
  const noun = ids.length === 1 ? "the trigger" : "the triggers";
  return `${noun} ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
};

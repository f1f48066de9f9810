// The tree of a run's trigger with the signals that satisfied it, leaf by leaf, by today's definitions. Conditions are asked of whole values; what is told of them is not.
import type { CompiledTrigger } from "../../core/definitions.ts";
import { firedOf, type FiredCondition } from "../../core/fired.ts";
import type { Run } from "../../core/run.ts";
import type { StoredSignal } from "../../core/signal.ts";
import { storedIdOf } from "../../core/cause.ts";
import { instantText, shortened } from "./row.ts";
import type { ConditionView } from "./view.ts";

type Signals = ReadonlyMap<string, StoredSignal>;

const textLengthMax = 200;

export const firedView = (
  trigger: CompiledTrigger,
  run: Pick<Run, "cause">,
  { whole, shown }: { readonly whole: Signals; readonly shown: Signals },
): ConditionView => viewOf(firedOf(trigger, run, whole).condition, shown, "when");

const viewOf = (condition: FiredCondition, shown: Signals, path: string): ConditionView => {
  if (condition._tag === "Leaf") {
    const { path, condition: text, signals } = condition;
    return {
      kind: "leaf",
      path,
      text,
      waiting: signals.map((id) => signalView(id, shown)),
      waitingCount: signals.length,
      parts: [],
    };
  }
  const kind = condition._tag === "All" ? "all" : "any";
  return {
    kind,
    path,
    text: kind === "all" ? "all of" : "any of",
    waiting: [],
    waitingCount: 0,
    parts: condition.parts.map((part, index) => viewOf(part, shown, `${path}.${kind}.${index}`)),
  };
};

const signalView = (id: string, shown: Signals): ConditionView["waiting"][number] => {
  const stored = shown.get(storedIdOf(id) ?? id);
  if (stored === undefined) {
    // Occurrences and absences are not in the log; what an occurrence is of stands in its leaf.
    const dueAt = id.startsWith("{") ? Number(id.slice(id.lastIndexOf("@") + 1)) : Number.NaN;
    return {
      signal: id,
      at: Number.isInteger(dueAt) ? instantText(dueAt) : "",
      key: "",
      text: Number.isInteger(dueAt) ? "occurrence" : shortened(id, textLengthMax),
      run: null,
    };
  }
  const { signal, at } = stored;
  const text =
    signal._tag === "Event"
      ? `event ${signal.name} ${JSON.stringify(signal.payload)}`
      : `${signal.task} ${signal.state}${signal.result === undefined ? "" : `: ${JSON.stringify(signal.result)}`}`;
  return {
    signal: stored.id,
    at: instantText(at),
    key: "",
    text: shortened(text, textLengthMax),
    run: signal._tag === "Event" ? null : signal.run,
  };
};

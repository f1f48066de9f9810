// Whether the leaves of an `all` can ever come together under one correlation key. A value filter fixes some fields of the signals that pass it; where `by` looks at no others, it
// gives each of them the same key, and leaves whose keys differ wait for each other for ever.
import type { LeafCondition } from "./condition.ts";
import type { CompiledTrigger, Leaf, Node } from "./definitions.ts";

/** Two parts of an `all` whose keys are never the same. */
export interface KeyConflict {
  readonly paths: readonly [string, string];
  readonly keys: readonly [string, string];
}

export const keyConflictOf = ({
  tree,
  leaves,
  definition: { by },
}: CompiledTrigger): KeyConflict | undefined => {
  if (by === undefined) return undefined;
  let conflict: KeyConflict | undefined;
  /** The keys under which the part can be satisfied, with a leaf for each; undefined: any. */
  const keysOf = (node: Node): ReadonlyMap<string, Leaf> | undefined => {
    if (node._tag === "Leaf") {
      const leaf = leaves[node.index] as Leaf;
      const key = fixedKeyOf(leaf.condition, by);
      return key === undefined ? undefined : new Map([[key, leaf]]);
    }
    const parts = node.parts.map(keysOf);
    const known = parts.filter((keys) => keys !== undefined);
    if (node._tag === "Any")
      return known.length < parts.length ? undefined : new Map(known.flatMap((keys) => [...keys]));
    return known.reduce<ReadonlyMap<string, Leaf> | undefined>((one, other) => {
      if (one === undefined) return other;
      const common = new Map([...one].filter(([key]) => other.has(key)));
      const [first] = one;
      const [second] = other;
      if (common.size === 0 && first !== undefined && second !== undefined)
        conflict ??= { paths: [first[1].path, second[1].path], keys: [first[0], second[0]] };
      return common;
    }, undefined);
  };
  keysOf(tree);
  return conflict;
};

/** The key of every signal that satisfies the leaf; undefined where that depends on more than its filter says. */
const fixedKeyOf = (
  condition: LeafCondition,
  by: (signal: never) => unknown,
): string | undefined => {
  const signal = knownSignalOf(condition);
  if (signal === undefined) return undefined;
  try {
    const key = by(knownPart(signal) as never);
    return key === undefined ? "" : typeof key === "string" ? key : undefined;
  } catch {
    return undefined; // it looked at what is not known, or it fails
  }
};

/** What a leaf's value filters say of a signal; a predicate says nothing. */
const knownSignalOf = (condition: LeafCondition): object | undefined => {
  const said = (filter: unknown): filter is object | string | number | boolean | null =>
    filter !== undefined && typeof filter !== "function";
  switch (condition._tag) {
    case "Event":
      return {
        _tag: "Event",
        name: condition.name,
        ...(said(condition.where) && { payload: condition.where }),
      };
    case "Result": {
      const { task, is, where, input } = condition;
      const result = is ?? where;
      return {
        _tag: "Result",
        task,
        ...(said(result) && { result }),
        ...(said(input) && { input }),
      };
    }
    case "Failure":
      return {
        _tag: "Failure",
        task: condition.task,
        ...(said(condition.input) && { input: condition.input }),
      };
    case "Status": {
      const { task, states, input } = condition;
      const [state, ...others] = states;
      return {
        _tag: "Status",
        task,
        ...(others.length === 0 && { state }),
        ...(said(input) && { input }),
      };
    }
    case "Settled":
      return { _tag: "Status", task: condition.task, state: "settled" };
    default:
      return undefined;
  }
};

/** Gives what is known, and throws at whatever else is asked of it. */
const knownPart = (known: unknown): unknown => {
  if (typeof known !== "object" || known === null) return known;
  const unknown = (): never => {
    throw new Error("not known");
  };
  return new Proxy(known, {
    get: (target, name) =>
      typeof name === "string" && Object.hasOwn(target, name)
        ? knownPart((target as Record<string, unknown>)[name])
        : unknown(),
    has: unknown,
    ownKeys: unknown,
  });
};

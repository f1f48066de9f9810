// Faults as data. A fault has a point, which is a logical name (`engine 1 commit 14`, `crunch~01AB… attempt 2`, `event order-7`), and what happens there. They are drawn
// by chance while a world runs, and kept; or they are a list, and then they happen where the list says, and nowhere else.
import { InputError } from "../errors.ts";
import { meantOr } from "../nearest.ts";
import { Chance } from "./chance.ts";

/** What can happen, by the name that switches it on. */
const faultKinds = {
  /** An engine's process is killed at a store call: before it, or after it was done and before the reply; or in the middle of a body. It is started again later. */
  crash: ["crash-before", "crash-after", "crash-running"],
  /** The power fails: all engines die, and what was written last may be lost as far as it was not flushed. They start again later. */
  power: ["power-loss"],
  /** A store call is done, and its reply is lost. */
  reply: ["reply-lost"],
  /** Another router seems to have been first: once, or again and again for a while. */
  conflict: ["conflict", "conflict-storm"],
  /** A store call fails and does nothing. */
  busy: ["busy"],
  /** An engine can't reach the store for a while. */
  partition: ["partition"],
  /** The store is full, or can only be read, for a while and for all engines. */
  full: ["full"],
  /** An engine is asked to stop, whatever it is doing, and started again once it has; also with the demand that what it runs ends at once. */
  stop: ["stop", "stop-hard"],
  /** An engine is asked to stop, and started with other definitions: those before and those after are in use at once. */
  deploy: ["deploy"],
  /** A store call takes its time. */
  slow: ["slow"],
  /** A write arrives at the store a second time, or only after its caller was told that it had failed. */
  late: ["request-again", "request-late"],
  /** An engine stands still while everything else goes on: a garbage collection, a SIGSTOP. */
  freeze: ["freeze"],
  /** The wall clock is set, or the machine was suspended. */
  clock: ["clock-back", "clock-forward"],
  /** The wall clock runs slow or fast from now on. */
  drift: ["clock-slow", "clock-fast"],
  /** A timer goes off before its time. */
  timer: ["timer-early"],
  /** The store's hint that there is something new doesn't arrive, comes late and behind others, or again and again. */
  hint: ["hint-lost", "hint-late", "hint-burst"],
  /** A worker dies in the middle of a body, a body hangs, a thread can't be started; a body that was told to end returns all the same. */
  worker: ["body-crash", "body-hang", "body-refused", "body-late"],
  /** The executor has told that it takes more runs, and then takes none for a while. */
  pool: ["pool-full"],
  /** A task fails. */
  task: ["body-failure"],
  /** An event is emitted again with the same id. */
  duplicate: ["duplicate"],
  /** Something that the environment does comes late, behind what it does after it. */
  reorder: ["occasion-late"],
  /** Nothing comes from the environment for a while, and then all at once. */
  burst: ["occasion-burst"],
} as const satisfies Record<string, readonly string[]>;

export type FaultKind = keyof typeof faultKinds;
export type FaultName = (typeof faultKinds)[FaultKind][number];

export interface Fault {
  readonly point: string;
  readonly what: FaultName;
  /** For how long, or by how much. */
  readonly millis: number;
}

/** How faults get into a world: none, all kinds, some kinds, or exactly these. */
export type FaultsInput = "none" | "chaos" | FaultKind | readonly FaultKind[] | readonly Fault[];

/** The closed list of kinds. */
export const faultNames = Object.keys(faultKinds) as readonly FaultKind[];

/** The kinds or the list that a caller's `faults` stands for. Throws an InputError for what is neither. */
export const readFaults = (
  input: FaultsInput,
): { readonly kinds: readonly FaultKind[]; readonly list: readonly Fault[] | null } => {
  if (input === "none") return { kinds: [], list: null };
  if (input === "chaos") return { kinds: faultNames, list: null };
  const given: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (given.length > 0 && given.every(isFault)) return { kinds: [], list: given };
  for (const name of given) {
    if (given.length > 1 && (name === "none" || name === "chaos"))
      throw new InputError(`faults: "${name}" stands alone; leave it or the others out`);
    if (!faultNames.includes(name as FaultKind))
      throw new InputError(
        `faults: ${JSON.stringify(name)} is no kind of fault${meantOr(String(name), ["none", "chaos", ...faultNames], `; give "none", "chaos" or a list of ${faultNames.join(", ")}`)}`,
      );
  }
  return { kinds: given as FaultKind[], list: null };
};

const isFault = (value: unknown): value is Fault =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Partial<Fault>).point === "string" &&
  Object.values(faultKinds).some((names) =>
    (names as readonly unknown[]).includes((value as Partial<Fault>).what),
  );

/** The bounds of `millis` for each fault that lasts. */
const lasts: { readonly [name in FaultName]?: readonly [number, number] } = {
  "crash-before": [100, 10_000],
  "crash-after": [100, 10_000],
  "crash-running": [100, 10_000],
  "power-loss": [0, 10_000],
  slow: [1, 2_000],
  "conflict-storm": [100, 5_000],
  partition: [100, 30_000],
  full: [100, 20_000],
  stop: [100, 10_000],
  "stop-hard": [100, 10_000],
  deploy: [100, 10_000],
  "request-again": [1, 20_000],
  "request-late": [1, 20_000],
  freeze: [100, 60_000],
  "clock-back": [1_000, 600_000],
  "clock-forward": [1_000, 600_000],
  "clock-slow": [1, 3_000],
  "clock-fast": [1, 3_000],
  "timer-early": [1, 5_000],
  "hint-late": [1, 10_000],
  "body-late": [1, 5_000],
  "pool-full": [1, 10],
  duplicate: [0, 60_000],
  "occasion-late": [1, 60_000],
  "occasion-burst": [1_000, 60_000],
};

/** How short a fault can be. */
export const shortestOf = (what: FaultName): number => lasts[what]?.[0] ?? 0;

/** How often a call meets a fault, in a world in which they are rare or frequent. */
const rates = [0.001, 0.004, 0.016] as const;
/** More of them would leave no time in which anything is done. */
const faultsMax = 60;

export class Faults {
  /** Those that have happened. */
  readonly happened: Fault[] = [];
  /** The same, by the other names of their points. */
  readonly byInstant: Fault[] = [];
  /** How often each kind that is switched on should have happened by its rate. */
  readonly expected = new Map<FaultKind, number>();
  readonly #chance: Chance;
  readonly #list: ReadonlyMap<string, Fault> | null;
  readonly #enabled: ReadonlySet<FaultName>;
  readonly #rate: number;
  readonly #kinds: readonly FaultKind[];
  readonly #kindsOf = new Map<readonly FaultName[], readonly FaultKind[]>();
  /** After this no fault is drawn any more: what must come about at last, comes about. */
  isOver = false;

  readonly #onPoint: ((point: string, names: readonly FaultName[]) => void) | undefined;

  /** @param onPoint is told of each point at which something may happen, and what */
  constructor(
    seed: number,
    input: FaultsInput,
    onPoint?: (point: string, names: readonly FaultName[]) => void,
  ) {
    this.#onPoint = onPoint;
    const { kinds, list } = readFaults(input);
    this.#chance = new Chance(seed);
    this.#list = list === null ? null : new Map(list.map((fault) => [fault.point, fault]));
    // One world has some kinds and another has others: together they would hide each other.
    const some = kinds.filter((kind) => kinds.length < 4 || this.#chance.unit(`has ${kind}`) < 0.6);
    this.#kinds = some;
    this.#enabled = new Set(some.flatMap((kind) => faultKinds[kind] as readonly FaultName[]));
    this.#rate = this.#chance.oneOf("rate", rates);
  }

  /** Whether `at` may ever answer: naming a point costs time. */
  get arePossible(): boolean {
    if (this.isOver) return false;
    if (this.#onPoint !== undefined) return true;
    return this.#list === null ? this.#enabled.size > 0 : this.#list.size > 0;
  }

  /** Whether one of them may ever happen here. */
  mayBe(names: readonly FaultName[]): boolean {
    if (this.#list === null) return names.some((name) => this.#enabled.has(name));
    return [...this.#list.values()].some(({ what }) => names.includes(what));
  }

  /**
   * What happens at a point, of those that can happen there; undefined: nothing. `weight`: how much likelier than at a store call. `instant`: another name of the point,
   * which stays what it is when less happens before.
   */
  at(
    point: string,
    names: readonly FaultName[],
    { weight = 1, instant }: { readonly weight?: number; readonly instant?: () => string } = {},
  ): Fault | undefined {
    if (this.isOver) return undefined;
    this.#onPoint?.(point, names);
    const fault =
      this.#list === null
        ? this.#drawn(point, names, weight)
        : (this.#list.get(point) ?? (instant && this.#list.get(instant())));
    if (fault === undefined || !names.includes(fault.what)) return undefined;
    this.happened.push(fault);
    this.byInstant.push(instant === undefined ? fault : { ...fault, point: instant() });
    return fault;
  }

  #drawn(point: string, names: readonly FaultName[], weight: number): Fault | undefined {
    if (this.happened.length >= faultsMax) return undefined;
    this.#count(names, weight);
    if (this.#chance.unit(point) >= this.#rate * weight) return undefined;
    const possible = names.filter((name) => this.#enabled.has(name));
    if (possible.length === 0) return undefined;
    const what = this.#chance.oneOf(`what ${point}`, possible);
    const bounds = lasts[what];
    const millis = bounds === undefined ? 0 : this.#chance.between(`millis ${point}`, bounds);
    return { point, what, millis };
  }

  #count(names: readonly FaultName[], weight: number): void {
    const kinds = this.#kindsOf.get(names) ?? this.#kindsAmong(names);
    for (const kind of kinds)
      this.expected.set(
        kind,
        (this.expected.get(kind) ?? 0) + (this.#rate * weight) / kinds.length,
      );
  }

  /** The kinds that are switched on and can happen where `names` can. */
  #kindsAmong(names: readonly FaultName[]): readonly FaultKind[] {
    const kinds = this.#kinds.filter((kind) =>
      (faultKinds[kind] as readonly FaultName[]).some((name) => names.includes(name)),
    );
    this.#kindsOf.set(names, kinds);
    return kinds;
  }
}

/** The kind that a fault belongs to. */
export const kindOf = ({ what }: Fault): FaultKind =>
  faultNames.find((kind) => (faultKinds[kind] as readonly FaultName[]).includes(what)) as FaultKind;

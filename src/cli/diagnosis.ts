// What `detent doctor` finds: what a store says of an app, and what an app's file says of it, compared. Plain data in, one finding a line out.
import { isActive } from "../core/activation.ts";
import type { Definitions } from "../core/definitions.ts";
import { formatInstant } from "../core/instant.ts";
import type { Run } from "../core/run.ts";
import type { Generation, Owner } from "../core/store.ts";
import { fault, note, ok, type Finding } from "./finding.ts";
import { recentFindings, type Recent } from "./diagnosis-recent.ts";
import { counted } from "../core/counted.ts";
import { durationText, shortJson } from "./output.ts";

export interface Seen extends Omit<Recent, "isAlive"> {
  readonly generation: Generation | null;
  readonly owners: readonly Owner[];
  readonly dead: readonly Owner[];
  /** The runs that are not over. */
  readonly runs: readonly Run[];
  /** The clock of the machine that asks; `now` is the store's. */
  readonly here: number;
  readonly zones: string | null;
  readonly definitions: Definitions | undefined;
}

/** A run that has been due for so long should have been claimed. */
const overdueMillis = 60_000;

export const findingsOf = (seen: Seen): readonly Finding[] => [
  ...ofGeneration(seen),
  ...ofTriggers(seen),
  ...ofTasks(seen),
  ...ofClock(seen),
  ...ofEngines(seen),
  ...ofRuns(seen),
  ...recentFindings({ ...seen, isAlive: isAlive(seen) }),
];

const ofGeneration = ({ generation, zones }: Seen): readonly Finding[] => {
  if (generation === null) return [note("no generation is active: no engine has been here yet")];
  const { number, activatedAt, zones: active } = generation;
  const findings = [
    ok(
      `generation ${number} is active since ${formatInstant(activatedAt)}, with the time zone database ${active ?? "(not told)"}`,
    ),
  ];
  if (active !== null && zones !== null && active !== zones)
    findings.push(
      note(
        `this Node has the time zone database ${zones}, the active generation ${active}: an engine started here makes a generation of its own; run the same Node everywhere`,
      ),
    );
  return findings;
};

/** What an engine with this app's definitions would change. */
const ofTriggers = ({ generation, definitions }: Seen): readonly Finding[] => {
  if (generation === null || definitions === undefined) return [];
  if (isActive(generation, definitions, null))
    return [ok("the app's triggers are the active ones")];
  const told = (verb: string, ids: readonly string[], mend: string): readonly Finding[] =>
    ids.map((id) => note(`trigger ${JSON.stringify(id)} would be ${verb} by a start: ${mend}`));
  const known = Object.keys(generation.triggers).filter((id) => !id.startsWith("@"));
  const defined = [...definitions.triggers.values()].filter(({ id }) => !id.startsWith("@"));
  return [
    ...told(
      "retired",
      known.filter((id) => !definitions.triggers.has(id)),
      "what waits for it becomes skips; keep its id to keep what waits",
    ),
    ...defined.flatMap(({ id, fingerprint, definition }) => {
      const active = generation.triggers[id];
      if (active === undefined) return told("new", [id], "its schedules begin then");
      const isKept = definition.onChange === "keep";
      return active === fingerprint
        ? []
        : told(
            "changed",
            [id],
            isKept
              ? "what waits in leaves that are still there is kept"
              : 'what waits for it becomes skips; onChange: "keep" keeps it',
          );
    }),
  ];
};

const ofTasks = ({ definitions, runs }: Seen): readonly Finding[] => {
  if (definitions === undefined) return [];
  const counts = new Map<string, number>();
  for (const { task } of runs)
    if (!definitions.tasks.has(task)) counts.set(task, (counts.get(task) ?? 0) + 1);
  return [...counts].map(([task, count]) =>
    fault(
      `${counted(count, "run")} of task ${JSON.stringify(task)}, which the app does not define: a start cancels what waits; export a task of that id`,
    ),
  );
};

const ofClock = ({ cursors, now, here }: Seen): readonly Finding[] => [
  ...ofSkew(now - here),
  ...cursors
    .filter(({ at }) => at > now)
    .map(({ trigger, leaf, at }) =>
      fault(
        `the clock was set back: the schedule ${shortJson(leaf)} of trigger ${JSON.stringify(trigger)} is decided up to ${formatInstant(at)} and waits until then; mend the clock, or "detent rewind"`,
      ),
    ),
];

/** Less is what a question and its answer take. */
const skewMillis = 2_000;

const ofSkew = (ahead: number): readonly Finding[] => {
  if (Math.abs(ahead) < skewMillis) return [];
  const text = `the store's clock is ${durationText(Math.abs(ahead))} ${ahead > 0 ? "ahead of" : "behind"} this machine's`;
  return [
    Math.abs(ahead) < overdueMillis ? note(text) : fault(`${text}: set both by a time server`),
  ];
};

const isAlive = ({ owners, dead }: Seen): boolean => {
  const isDead = new Set(dead.map(({ id }) => id));
  return owners.some(({ id, closedAt }) => closedAt === null && !isDead.has(id));
};

const ofEngines = ({ owners, dead, runs }: Seen): readonly Finding[] => {
  const isDead = new Set(dead.map(({ id }) => id));
  const open = owners.filter(({ closedAt }) => closedAt === null);
  if (open.length === 0) return [note('no engine is running; "detent start APP" starts one')];
  return open.map(({ id, host, process: pid, enteredAt }) => {
    const held = runs.filter(({ owner }) => owner === id).length;
    const who = `engine ${id} (process ${pid} on ${host}, since ${formatInstant(enteredAt)})`;
    if (!isDead.has(id)) return ok(`${who} is alive and holds ${counted(held, "run")}`);
    const text = `${who} is dead and holds ${counted(held, "run")}: the next engine takes them back; start one`;
    return held === 0 ? note(text) : fault(text);
  });
};

const ofRuns = ({ runs, now }: Seen): readonly Finding[] => {
  const overdue = runs.filter(
    ({ state, dueAt }) => state === "pending" && dueAt < now - overdueMillis,
  );
  const first = overdue.reduce<Run | undefined>(
    (oldest, run) => (oldest === undefined || run.dueAt < oldest.dueAt ? run : oldest),
    undefined,
  );
  if (first === undefined) return [ok("no run is overdue")];
  return [
    fault(
      `${counted(overdue.length, "run")} overdue, ${first.id} for ${durationText(now - first.dueAt)}: start an engine, give it more slots, or see whether the task is paused`,
    ),
  ];
};

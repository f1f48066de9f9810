// What the flags of `detent simulate` say, as the options of a simulation, and what is wrong with them.
import { existsSync } from "node:fs";
import * as path from "node:path";
import { InputError } from "../core/errors.ts";
import type { FaultsInput } from "../core/simulation/fault.ts";
import type { SimulateOptions } from "../simulation/options.ts";
import { readPlan } from "../simulation/saved.ts";
import { pastText } from "./journal-text.ts";
import { demandCount, demandInstant, durationOf } from "./options.ts";

export interface Chosen {
  readonly next: string | undefined;
  readonly fromJournal: string | undefined;
  readonly at: string | undefined;
}

/** What can be known to be wrong before plans are played for minutes. */
export const demandSound = (
  options: Chosen & { readonly html: string | undefined; readonly emitTest: string | undefined },
): void => {
  const { next, fromJournal, at, html, emitTest } = options;
  if (at !== undefined && fromJournal === undefined)
    throw new InputError(
      "--at is an instant within a journal: give --from-journal, too, or --from",
    );
  if (emitTest !== undefined && (next !== undefined || fromJournal !== undefined))
    throw new InputError(
      "--emit-test: a test has neither the journal nor the next version; leave --from-journal and --next out, or save the plan",
    );
  for (const [flag, target] of [
    ["--html", html],
    ["--emit-test", emitTest],
  ] as const)
    if (target !== undefined && !existsSync(path.dirname(target)))
      throw new InputError(
        `${flag}: ${target} can't be written: there is no folder ${path.dirname(target)}`,
      );
};

interface Settings {
  readonly seed: number | undefined;
  readonly runs: number | undefined;
  readonly from: string | undefined;
  readonly for: string | undefined;
  readonly engines: number | undefined;
  readonly fromJournal: string | undefined;
  readonly at: string | undefined;
  readonly durability: "power" | "process" | undefined;
  readonly faults: string | undefined;
  readonly strategy: string | undefined;
  readonly crashes: number | undefined;
  readonly save: string | undefined;
  readonly replay: string | undefined;
}

export const settingsOf = async (settings: Settings, file: string): Promise<SimulateOptions> => {
  const {
    fromJournal,
    at,
    seed,
    runs,
    from,
    engines,
    durability,
    faults,
    strategy,
    crashes,
    save,
    replay,
  } = settings;
  const duration = settings.for;
  const instant = at === undefined ? undefined : demandInstant("at", at);
  return {
    ...(seed !== undefined && { seed }),
    ...(runs !== undefined && { runs: demandCount("runs", runs, 100_000) }),
    ...(from !== undefined && { from: demandInstant("from", from) }),
    ...(duration !== undefined && { for: durationOf(duration) }),
    ...(engines !== undefined && { engines: demandCount("engines", engines, 100) }),
    ...(fromJournal !== undefined && {
      journal: await pastText(fromJournal, instant),
    }),
    ...(instant !== undefined && { at: instant }),
    ...(durability !== undefined && { durability }),
    ...(faults !== undefined && { faults: faultsOf(faults) }),
    ...(strategy !== undefined && {
      strategy: strategy as NonNullable<SimulateOptions["strategy"]>,
    }),
    ...(crashes !== undefined && { crashesMax: crashes }),
    ...(replay !== undefined && { plan: readPlan(replay).plan }),
    ...(replay === undefined && save !== "none" && { save: save ?? folderOf(file) }),
  };
};

const faultsOf = (text: string): FaultsInput =>
  text === "none" || text === "chaos" ? text : (text.split(",") as unknown as FaultsInput);

/** Each app has a folder of its own. */
const folderOf = (file: string): string =>
  `.detent/plans/${file.replace(/^(?:\.\/)+/, "").replace(/[^\w.-]+/g, "-")}`;

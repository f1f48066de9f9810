// The app that `detent simulate` plays: the default export of its file, with what the file exports as `simulation`; or the app that the file makes and would start.
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import type { App } from "../core/app.ts";
import { InputError } from "../core/errors.ts";
import { setTaker } from "../core/taken.ts";
import { isTask } from "../core/task.ts";
import { loadApp } from "../runtime/load-app.ts";
import { importModule } from "../runtime/executor/registry.ts";
import type { SimulateOptions } from "../simulation/options.ts";

export interface SimulatedApp {
  readonly app: App;
  /** What the file exports as `simulation`. */
  readonly settings: SimulateOptions;
  readonly isExported: boolean;
  readonly hasSettings: boolean;
  /** Tasks of modules for which fakes stand. */
  readonly faked: readonly string[];
}

/** How long the command line's fakes take. */
export const fakeTakes = ["1 ms", "1 s"] as const;

/** What the command line chooses. */
export interface Choices {
  /** Whether tasks of modules run their own functions; undefined: they are faked. */
  readonly bodies: "own" | "fake" | undefined;
  /** The file of the app's next version. */
  readonly next: string | undefined;
}

/** Rejects with an InputError or with the DefinitionError of the file's `detent()`. */
export const simulatedApp = async (
  file: string,
  { bodies, next }: Choices,
): Promise<SimulatedApp> => {
  const subject = await subjectOf(file, bodies);
  if (next === undefined) return subject;
  const { app, settings } = await subjectOf(next, bodies);
  const tasks = { ...settings.tasks, ...subject.settings.tasks };
  return { ...subject, settings: { ...subject.settings, next: app, tasks } };
};

const subjectOf = async (file: string, bodies: Choices["bodies"]): Promise<SimulatedApp> => {
  const { app, exported } = await appOf(file);
  const simulation = exported?.["simulation"];
  if (simulation !== undefined && (typeof simulation !== "object" || simulation === null))
    throw new InputError(
      `${file}: what it exports as simulation is no object; give the options of simulate, such as { always: { … } }`,
    );
  const settings = (simulation ?? {}) as SimulateOptions;
  const about = { isExported: exported !== undefined, hasSettings: simulation !== undefined };
  if (app.tasks.every(isTask)) return { app, settings, ...about, faked: [] };
  const { loadTasks } = await import("../runtime/executor/registry.ts");
  const { fake } = await import("../core/simulation/fake.ts");
  const tasks = await loadTasks(app.tasks.map((module) => new URL(module as string)));
  const faked =
    bodies === "own"
      ? []
      : tasks.map(({ id }) => id).filter((id) => settings.tasks?.[id] === undefined);
  const stands = Object.fromEntries(faked.map((id) => [id, fake({ takes: fakeTakes })]));
  return {
    app: { ...app, tasks },
    settings:
      faked.length === 0 ? settings : { ...settings, tasks: { ...stands, ...settings.tasks } },
    ...about,
    faked,
  };
};

/** What the command line says goes before what the file exports. Where it names the beginning, whatever the file says of that is gone. */
export const settingsOver = (exported: SimulateOptions, said: SimulateOptions): SimulateOptions => {
  if (said.from === undefined && said.journal === undefined) return { ...exported, ...said };
  const { from: _, journal: __, at: ___, ...others } = exported;
  return { ...others, ...said };
};

/** Whether a task's own function would have to be awaited, which is done once for each input. */
export const hasAsyncBody = ({ app, settings }: SimulatedApp): boolean =>
  app.tasks.some(
    (task) =>
      isTask(task) &&
      settings.tasks?.[task.id] === undefined &&
      task.run.constructor.name === "AsyncFunction",
  );

type Exported = { readonly [name: string]: unknown };

/** Files that start their app are imported, too, but their app does not start: the first one that would, or else the last one that was made. */
const appOf = async (
  file: string,
): Promise<{ readonly app: App; readonly exported: Exported | undefined }> => {
  const { promise: start, resolve } = Promise.withResolvers<App>();
  let made: App | undefined;
  setTaker({ made: (app) => void (made = app), started: resolve });
  try {
    const loading = loadApp(file).then(
      (app) => ({ app, isExported: true }),
      (error: unknown) => {
        if (made === undefined || !isNoApp(error)) throw error;
        return { app: made, isExported: false };
      },
    );
    const taken = start.then((app) => ({ app, isExported: false }));
    const { app, isExported } = await Promise.race([loading, taken]);
    const exported = isExported
      ? ((await importModule(pathToFileURL(path.resolve(file)).href)) as Exported)
      : undefined;
    return { app, exported };
  } finally {
    setTaker(undefined);
  }
};

const isNoApp = (error: unknown): boolean =>
  error instanceof InputError && error.message.includes("does not export an app");

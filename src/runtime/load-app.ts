// Loads what a user wrote: the app file and its task modules.
import { existsSync } from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { isApp, type App } from "../core/app.ts";
import { definitionsOf, type Definitions } from "../core/definitions.ts";
import { InputError } from "../core/errors.ts";
import { isTask, type Task } from "../core/task.ts";
import { importModule, loadTasks } from "./executor/registry.ts";
import { importFault } from "./import-fault.ts";

/** The app that a file exports by default. Rejects with an InputError, or with the DefinitionError that its `detent()` threw. */
export const loadApp = async (file: string): Promise<App> => {
  const full = path.resolve(file);
  if (!existsSync(full))
    throw new InputError(
      `there is no file ${file}; give the file whose default export is detent({ … })`,
    );
  const { href } = pathToFileURL(full);
  const exported = await imported(file, href, () => importModule(href));
  const app = (exported as { default?: unknown }).default;
  if (!isApp(app))
    throw new InputError(
      `${file} does not export an app by default; write \`export default detent({ … })\`, and set "type": "module" in package.json`,
    );
  return app;
};

/** The definitions of an app, its task modules imported. Rejects with an InputError or a DefinitionError. */
export const definitionsOfApp = async (app: App): Promise<Definitions> => {
  const modules = app.tasks.filter((entry) => typeof entry === "string");
  const tasks: Task[] = app.tasks.filter(isTask);
  for (const module of modules) {
    if (!URL.canParse(module))
      throw new InputError(
        `the task module ${JSON.stringify(module)} is no URL; write new URL("./tasks.ts", import.meta.url)`,
      );
    tasks.push(...(await imported(module, module, () => loadTasks([new URL(module)]))));
  }
  return definitionsOf(app, [...new Set(tasks)]);
};

const imported = async <A>(name: string, module: string, load: () => Promise<A>): Promise<A> => {
  try {
    return await load();
  } catch (error) {
    if ((error as { name?: unknown } | null)?.name === "DefinitionError") throw error;
    throw await importFault({ name, module }, error);
  }
};

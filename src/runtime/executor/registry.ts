// Finds tasks in the modules that a user names, in the same way on the main thread and in workers: as the runtime imports them, and through tsx for what
// Node's type stripping can't do (enums, parameter properties, decorators, `./name.js` for a file `name.ts`, a type imported without `type`).
import { isTask, type Task } from "../../core/task.ts";

/** The tasks that the modules export, each once, in the order of the modules. Rejects with the first module's error if one can't be imported. */
export const loadTasks = async (modules: readonly URL[]): Promise<Task[]> => {
  const tasks = new Set<Task>();
  // One after the other: the order in which a user's modules are evaluated does not depend on how fast each is read.
  // oxlint-disable-next-line no-await-in-loop
  for (const module of modules) for (const task of await tasksOf(module.href)) tasks.add(task);
  return [...tasks];
};

export interface Registry {
  readonly tasks: ReadonlyMap<string, Task>;
  /** What kept modules from being imported. */
  readonly faults: readonly unknown[];
}

/** As `loadTasks`, but a module that can't be imported does not keep the others' tasks from being found. Never rejects. */
export const loadRegistry = async (modules: readonly string[]): Promise<Registry> => {
  const tasks = new Map<string, Task>();
  const faults: unknown[] = [];
  for (const module of modules) {
    try {
      // oxlint-disable-next-line no-await-in-loop
      for (const task of await tasksOf(module)) if (!tasks.has(task.id)) tasks.set(task.id, task);
    } catch (fault) {
      faults.push(fault);
    }
  }
  return { tasks, faults };
};

const tasksOf = async (module: string): Promise<Task[]> => {
  const exported: unknown = await importModule(module);
  return Object.values(exported as object).filter(isTask);
};

export const importModule = async (module: string): Promise<unknown> => {
  try {
    return await import(/* @vite-ignore */ module);
  } catch (error) {
    if (!needsTsx(module, error)) throw error;
    // A namespace of its own: Node remembers that the module failed, and asking for it again by the same name would only repeat the failure.
    const { tsImport } = await import("tsx/esm/api");
    return tsImport(module, import.meta.url);
  }
};

const typeScript = /\.[cm]?tsx?$/;
/** Only TypeScript says these. */
const typeScriptCodes: ReadonlySet<unknown> = new Set([
  "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX",
  "ERR_INVALID_TYPESCRIPT_SYNTAX",
  "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING",
  "ERR_UNKNOWN_FILE_EXTENSION",
]);
/** JavaScript may say these too; then tsx would say the same. */
const maybeCodes: ReadonlySet<unknown> = new Set([
  "ERR_MODULE_NOT_FOUND",
  "MODULE_NOT_FOUND",
  "ERR_UNSUPPORTED_DIR_IMPORT",
  "ERR_INTERNAL_ASSERTION",
]);

/** Whether the module failed before any of it was evaluated, in a way in which tsx might not. */
const needsTsx = (module: string, error: unknown): boolean => {
  if ("Bun" in globalThis || "Deno" in globalThis) return false;
  if (typeof error !== "object" || error === null) return false;
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (typeScriptCodes.has(code)) return true;
  return (
    typeScript.test(new URL(module).pathname) && (name === "SyntaxError" || maybeCodes.has(code))
  );
};

// An app as a world can take it: with its tasks as values. A world stands still while it runs, so its modules are imported before.
import type { App } from "../core/app.ts";
import { InputError } from "../core/errors.ts";
import { isTask, type Task } from "../core/task.ts";

/** The app with the tasks that its modules export. Rejects with an InputError if a module can't be imported. */
export const loaded = async (app: App): Promise<App> => {
  if (app.tasks.every(isTask)) return app;
  const lists = await Promise.all(
    app.tasks.map(async (entry): Promise<readonly Task[]> => {
      if (isTask(entry)) return [entry];
      try {
        const exported = (await import(entry)) as Record<string, unknown>;
        return Object.values(exported).filter(isTask);
      } catch (error) {
        throw new InputError(`${entry} can't be imported: ${(error as Error).message}`, {
          cause: error,
        });
      }
    }),
  );
  return { ...app, tasks: [...new Set(lists.flat())] };
};

// An app whose task modules were made into one file by `detent build`.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import type { App } from "../core/app.ts";
import { InputError } from "../core/errors.ts";
import { isTask } from "../core/task.ts";

/** What a bundle exports beside the tasks: its sources, named from its own place, with the hash of each. */
export const buildMark = "detentBuild";

/** The app with `file` in the place of its task modules. Throws an InputError if its tasks are given as values. */
export const withTasks = (app: App, file: URL | string): App => {
  if (typeof file !== "string" && !(file instanceof URL))
    throw new InputError(`tasks is ${String(file)}; give the URL or path of a file`);
  if (app.tasks.some(isTask))
    throw new InputError(
      "tasks can't be given to an app whose tasks are values: they run inline, and no thread loads them",
    );
  const named = String(file);
  const href = named.startsWith("file:") ? named : pathToFileURL(path.resolve(named)).href;
  return { ...app, tasks: [href] };
};

/** The sources that have changed since the bundle was made of them; those that are not there say nothing. Of a module that is no bundle, none. */
export const staleSources = async (module: string): Promise<readonly string[]> => {
  const exported = (await import(/* @vite-ignore */ module)) as Record<string, unknown>;
  const sources = exported[buildMark];
  if (typeof sources !== "object" || sources === null) return [];
  return Object.entries(sources).flatMap(([place, hash]) => {
    try {
      const source = readFileSync(new URL(place, module));
      return createHash("sha256").update(source).digest("base64url") === hash ? [] : [place];
    } catch {
      return [];
    }
  });
};

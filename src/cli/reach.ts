// How a command reaches what lies outside of it: the app that a file exports and the store that a URL names. Both are imported only when a command needs them.
import { existsSync } from "node:fs";
import * as path from "node:path";
import * as Effect from "effect/Effect";
import type { App } from "../core/app.ts";
import type { CompiledTrigger, Definitions } from "../core/definitions.ts";
import { InputError, type StoreError } from "../core/errors.ts";
import { triggerOfRow } from "../core/made.ts";
import { meantOr } from "../core/nearest.ts";
import type { StorePort } from "../core/store.ts";
import { withoutSecrets } from "../core/store-url.ts";
import { note } from "./output.ts";
import { setting } from "./settings.ts";

/** The flag, or what is set elsewhere. */
export const storeUrl = (flag: string | undefined): string => setting("store", flag).value;

/** The same as a person may see it. */
export const shownStoreUrl = (flag: string | undefined): string => withoutSecrets(storeUrl(flag));

export interface Access {
  /** The flag `--store`. */
  readonly store: string | undefined;
  /** The name of the app; undefined: whichever, for what is done to the store as a whole. */
  readonly app: string | undefined;
  /** What becomes of a store that is not there. */
  readonly absent: "create" | "refuse";
}

/** Opens the store, uses it and closes it. */
export const withStore = async <A>(
  access: Access,
  use: (store: StorePort) => Effect.Effect<A, StoreError | InputError>,
): Promise<A> => {
  const url = storeUrl(access.store);
  if (url === "memory" || url === "memory:")
    throw new InputError(
      "the store memory: lives in one process and ends with this command; give sqlite:FILE or postgres://…",
    );
  const isNew = url.startsWith("sqlite:") && url !== "sqlite:" && !existsSync(fileOf(url));
  if (access.absent === "refuse" && isNew) demandFile(url);
  if (access.app !== undefined && !isNew && url.startsWith("sqlite:"))
    await noteApp(url, access.app);
  const { openStore } = await import("../runtime/open-store.ts");
  const { app = "main" } = access;
  const answer = await Effect.runPromise(
    Effect.scoped(Effect.flatMap(openStore(url, { app }), use)),
  );
  if (isNew) note(`there was no store ${url}, so it was made: ${fileOf(url)}`);
  return answer;
};

const noted = new Set<string>();

/** Says that a store has nothing of an app, where it has something of others. */
const noteApp = async (url: string, app: string): Promise<void> => {
  const { appsIn } = await import("./store-health.ts");
  const apps = await appsIn(fileOf(url));
  if (apps.length === 0 || apps.includes(app) || noted.has(app)) return;
  noted.add(app);
  note(
    `${url} has nothing of an app ${JSON.stringify(app)}${meantOr(app, apps, `; it has ${namesOf(apps)}`)}`,
  );
};

/** Whether there is a store to look into. */
export const isThere = (flag: string | undefined): boolean => {
  const url = storeUrl(flag);
  return !/^memory:?$/.test(url) && (!url.startsWith("sqlite:") || existsSync(fileOf(url)));
};

const fileOf = (url: string): string => path.resolve(url.slice("sqlite:".length));

const demandFile = (url: string): void => {
  const file = fileOf(url);
  if (!existsSync(file))
    throw new InputError(
      `there is no store ${url} (no file ${file}); "detent start" and "detent emit" make one, --store or DETENT_STORE name another`,
    );
};

/** The schedules that were made at run time, if there is a store that has any. */
export const madeTriggers = async (
  flag: string | undefined,
  app: string,
): Promise<readonly CompiledTrigger[]> => {
  if (!isThere(flag)) return [];
  const { rows } = await withStore({ store: flag, app, absent: "refuse" }, (port) =>
    port.list("cursor", { limit: 10_000 }),
  );
  return rows.flatMap((row) => triggerOfRow(row) ?? []);
};

/** What `--app` names. */
export interface NamedApp {
  readonly name: string;
  /** Where a file was given. */
  readonly definitions: Definitions | undefined;
}

export const appNamed = async (flag?: string): Promise<NamedApp> => {
  const text = setting("app", flag).value;
  if (!/\.[cm]?[jt]sx?$/.test(text)) return { name: text, definitions: undefined };
  const { app, definitions } = await loadedApp(text);
  return { name: app.app, definitions };
};

export const loadedApp = async (
  file: string,
): Promise<{ readonly app: App; readonly definitions: Definitions }> => {
  const { definitionsOfApp, loadApp } = await import("../runtime/load-app.ts");
  const app = await loadApp(file);
  return { app, definitions: await definitionsOfApp(app) };
};

/** `"a", "b"`: what there is, for a line that says what there isn't. */
export const namesOf = (names: Iterable<string>): string => {
  const all = [...names].map((name) => JSON.stringify(name));
  return all.length === 0 ? "none" : all.join(", ");
};

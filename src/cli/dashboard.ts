// `detent dashboard`: serves the dashboard of a store, whether or not an engine runs. `detent start --dashboard` serves it beside its engine.
import * as Effect from "effect/Effect";
import * as Command from "effect/cli/Command";
import type { App } from "../core/app.ts";
import { InputError } from "../core/errors.ts";
import type { Runtime } from "../runtime/start.ts";
import type { Dashboard, Subject } from "../adapters/dashboard/index.ts";
import { app, count, doing, flag, json, store, toggle } from "./options.ts";
import { print, printJson } from "./output.ts";
import { appNamed, withStore } from "./reach.ts";
import { setting } from "./settings.ts";

export const dashboard = Command.make(
  "dashboard",
  {
    store,
    app,
    port: count("port", "N", "Where to listen; 0: any that is free. Default: 4747"),
    host: flag(
      "host",
      "ADDRESS",
      "The address to listen on; one that others can reach needs DETENT_TOKEN. Default: 127.0.0.1",
    ),
    allowHost: flag(
      "allow-host",
      "NAME",
      "Under which name it is called beside its address, such as a proxy's; several with commas",
    ),
    readOnly: toggle("read-only", "Show, and change nothing"),
    json,
  },
  doing(async (options) => {
    const { name, definitions } = await appNamed(options.app);
    const port = options.port === undefined ? undefined : demandPort("port", options.port);
    const { operationsOf } = await import("./operations.ts");
    await withStore({ store: options.store, app: name, absent: "refuse" }, (store) =>
      Effect.tryPromise({
        try: async () => {
          const subject = {
            app: name,
            store,
            operations: operationsOf(store, definitions),
            ...(definitions !== undefined && { definitions }),
          };
          const served = await serve(subject, {
            ...(port !== undefined && { port }),
            ...(options.host !== undefined && { host: options.host }),
            allowHosts: (options.allowHost ?? "").split(",").filter((it) => it !== ""),
            readOnly: options.readOnly,
          });
          if (options.json) printJson({ url: served.url, store: store.url, app: name });
          else print(`dashboard of ${store.url} at ${served.url}; Ctrl-C ends it`);
          await asked();
          await served.close();
        },
        catch: (error) => error as InputError,
      }),
    );
  }),
).pipe(
  Command.withDescription(
    "Serve the dashboard of a store: what runs, what waits and why, in a browser. Gives conditions and tasks, too, where --app names the app's file",
  ),
  Command.withExamples([
    { command: "detent dashboard --store sqlite:detent.db --app app.ts" },
    {
      command: "DETENT_TOKEN=… detent dashboard --host 0.0.0.0 --read-only",
      description: "For others to look at",
    },
  ]),
);

interface Serving {
  readonly port?: number;
  readonly host?: string;
  readonly allowHosts?: readonly string[];
  readonly readOnly?: boolean;
  readonly hasEngine?: boolean;
}

/** Serves an app beside its engine. A runtime whose dashboard can't be served is of no use to whoever asked for it: it stops. */
export const dashboardBeside = async (
  app: App,
  runtime: Runtime,
  port: number,
): Promise<Dashboard> => {
  try {
    const { definitionsOfApp } = await import("../runtime/load-app.ts");
    const { storeOf } = await import("../runtime/start.ts");
    return await serve(
      {
        app: app.app,
        store: storeOf(runtime),
        definitions: await definitionsOfApp(app),
        operations: runtime,
      },
      { port: demandPort("dashboard", port), hasEngine: true },
    );
  } catch (error) {
    await runtime.stop();
    throw error;
  }
};

/** Serves with the token that the environment has. */
const serve = async (subject: Subject, options: Serving): Promise<Dashboard> => {
  const { serveDashboard } = await import("../adapters/dashboard/index.ts");
  const token = process.env["DETENT_TOKEN"];
  return serveDashboard(subject, {
    ...options,
    redact: setting("redact").value,
    ...(token !== undefined && token !== "" && { token }),
    onFault: (fault) =>
      process.stderr.write(
        `dashboard: ${fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)}\n`,
      ),
  });
};

const demandPort = (name: string, port: number): number => {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InputError(`--${name} is ${port}; give a port from 0 to 65535`);
};

/** Resolves when the process is asked to end. */
const asked = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.once(signal, () => resolve());
  });

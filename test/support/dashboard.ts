// A dashboard over a store in memory, and HTTP as nobody but a stranger would speak it: with any header, `Host` included.
import * as http from "node:http";
import { serveDashboard, type DashboardOptions } from "../../src/adapters/dashboard/index.ts";
import { operationsOf } from "../../src/cli/operations.ts";
import type { App } from "../../src/core/app.ts";
import type { EngineNote } from "../../src/core/engine.ts";
import { definitionsOf } from "../../src/core/definitions.ts";
import { memoryStore, type MemoryStore } from "../../src/core/memory-store.ts";
import { start, storeOf, type Runtime } from "../../src/runtime/start.ts";

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON. */
  readonly json: any;
}

interface Asking {
  readonly method?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string | Buffer;
}

export interface Served {
  readonly url: string;
  readonly ask: (path: string, asking?: Asking) => Promise<Answer>;
  readonly get: (path: string) => Promise<any>;
  readonly post: (path: string, body?: unknown) => Promise<Answer>;
  readonly hear: (note: EngineNote) => void;
  readonly close: () => Promise<void>;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });

const asker =
  (url: string) =>
  (path: string, { method = "GET", headers = {}, body }: Asking = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const request = http.request(new URL(path, url), { method, headers, agent }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        response.on("end", () => {
          const { statusCode: status = 0, headers } = response;
          const isJson = headers["content-type"]?.startsWith("application/json") === true;
          resolve({ status, headers, text, json: isJson ? JSON.parse(text) : undefined });
        });
        response.on("error", reject);
      });
      request.on("error", reject);
      request.end(body);
    });

const servedOf = (dashboard: Awaited<ReturnType<typeof serveDashboard>>): Served => {
  const ask = asker(dashboard.url);
  return {
    url: dashboard.url,
    ask,
    get: async (path) => (await ask(path)).json,
    post: (path, body = {}) =>
      ask(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    hear: dashboard.hear,
    close: dashboard.close,
  };
};

/** Over a store, with or without definitions; no engine runs. */
export const serveStore = async (
  options: DashboardOptions & { readonly app?: App; readonly store?: MemoryStore } = {},
): Promise<Served> => {
  const { app, store = memoryStore(), ...rest } = options;
  const definitions = app && definitionsOf(app);
  const dashboard = await serveDashboard(
    {
      app: "main",
      store,
      operations: operationsOf(store, definitions),
      ...(definitions && { definitions }),
    },
    { port: 0, ...rest },
  );
  return servedOf(dashboard);
};

/** Beside a runtime in memory, as `detent start --dashboard` does. */
export const serveRuntime = async (
  app: App,
  options: DashboardOptions = {},
): Promise<Served & { readonly runtime: Runtime; readonly stop: () => Promise<void> }> => {
  let served: Served | undefined;
  const runtime = await start(app, { store: "memory:", onNote: (note) => served?.hear(note) });
  const definitions = definitionsOf(app);
  const dashboard = await serveDashboard(
    { app: app.app, store: storeOf(runtime), definitions, operations: runtime },
    { port: 0, hasEngine: true, ...options },
  );
  served = servedOf(dashboard);
  const stop = async (): Promise<void> => {
    await dashboard.close();
    await runtime.stop({ graceMillis: 0 });
  };
  return { ...served, runtime, stop };
};

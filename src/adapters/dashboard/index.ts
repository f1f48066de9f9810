// Entry point `detent/dashboard`: serves the dashboard of one app in a store: pages, JSON below /api, live updates, /metrics, /healthz and /readyz. docs/security.md says
// who may reach it and what keeps others out.
import type { AddressInfo } from "node:net";
import * as Effect from "effect/Effect";
import type { EngineNote } from "../../core/engine.ts";
import { InputError } from "../../core/errors.ts";
import { isLoopback } from "./gate.ts";
import { handlerOf } from "./handlers.ts";
import { Live } from "./live.ts";
import { LoopDelay } from "./loop-delay.ts";
import { metricsText } from "./metrics.ts";
import { Notes } from "./notes.ts";
import { Pulse } from "./pulse.ts";
import { serverOf } from "./server.ts";
import { Sessions } from "./sessions.ts";
import { shownOf } from "./shown.ts";
import type { Subject } from "./subject.ts";

export type { Operations, Subject } from "./subject.ts";

export interface DashboardOptions {
  /** 0: any that is free. Default 4747. */
  readonly port?: number;
  /** The address to listen on. Default 127.0.0.1; any that others can reach needs a `token`. */
  readonly host?: string;
  /** What whoever wants to look must show, at least 16 characters. */
  readonly token?: string;
  /** Names under which it is called beside its address, such as that of a proxy. */
  readonly allowHosts?: readonly string[];
  /** Nothing can be changed. Default: what the app can do, the dashboard can. */
  readonly readOnly?: boolean;
  /** Values that people are not shown, by their paths, such as `payload.card` or `**.password`. Log lines and messages of progress are text, and shown whole. */
  readonly redact?: readonly string[];
  /** The folder in which `detent simulate` saves plans that break a law. Default ".detent/plans", below the working directory. */
  readonly plans?: string;
  /** Whether an engine of this process will tell its notes to `hear`. */
  readonly hasEngine?: boolean;
  /** Hears of a bug of the dashboard's own. Default: it is printed. */
  readonly onFault?: (fault: unknown) => void;
}

export interface Dashboard {
  /** Where it is. */
  readonly url: string;
  /** What an engine of this process tells: progress, logs and metrics come from it. */
  readonly hear: (note: EngineNote) => void;
  readonly close: () => Promise<void>;
}

export const dashboardPort = 4747;
const tokenLengthMin = 16;
const readyMillisMax = 2_000;
const delaySecondsMax = 5;

/** Serves until it is closed. Rejects with an InputError for an address that can't be listened on, or one that others reach without a token. */
export const serveDashboard = async (
  given: Subject,
  options: DashboardOptions = {},
): Promise<Dashboard> => {
  const { port = dashboardPort, host = "127.0.0.1", token, allowHosts = [], redact = [] } = options;
  demandSafe({ host, token });
  const clock = Date.now;
  const { onFault = (fault) => console.error(fault) } = options;
  const { plans = ".detent/plans" } = options;
  const isReadOnly = options.readOnly ?? false;
  const subject = shownOf(given, redact);
  const notes = new Notes();
  if (options.hasEngine === true) notes.attend();
  const pulse = new Pulse(subject.store);
  const live = new Live({ subject, notes, pulse, isReadOnly }, { clock, onFault });
  const delay = new LoopDelay(clock);
  const api = handlerOf({ subject, notes, live, plans, onFault });
  const metrics = Effect.suspend(() =>
    metricsText({
      subject,
      notes,
      loopDelaySeconds: delay.seconds(clock()),
      watchers: live.size,
    }),
  );
  let bound = port;
  const server = serverOf({
    policy: { isLoopback: isLoopback(host), hosts: allowHosts, isReadOnly },
    sessions: new Sessions(token, { port: () => bound, clock }),
    clock,
    handle: api.handle,
    onFault,
    texts: {
      "/healthz": async () => ({ status: 200, text: "ok\n" }),
      "/readyz": () => readiness(subject, delay.seconds(clock())),
      "/metrics": () =>
        Effect.runPromise(
          Effect.match(metrics, {
            onSuccess: (text) => ({ status: 200, text }),
            onFailure: ({ message }) => ({ status: 503, text: `# ${oneLine(message)}\n` }),
          }),
        ),
    },
  });
  const close = async (): Promise<void> => {
    live.close();
    delay.close();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
    await api.dispose();
  };
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", (fault) => reject(listenFault(fault, { host, port })));
      server.listen(port, host, resolve);
    });
  } catch (fault) {
    live.close();
    delay.close();
    await api.dispose();
    throw fault;
  }
  bound = (server.address() as AddressInfo).port;
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${name}:${bound}/`,
    hear: (note) => notes.hear(note, clock()),
    close,
  };
};

const demandSafe = ({
  host,
  token,
}: {
  readonly host: string;
  readonly token: string | undefined;
}): void => {
  if (token !== undefined && token.length < tokenLengthMin)
    throw new InputError(
      `the token (DETENT_TOKEN) has ${token.length} characters; give at least ${tokenLengthMin}, such as "openssl rand -hex 16" prints`,
    );
  if (token === undefined && !isLoopback(host))
    throw new InputError(
      `others can reach ${host}: set DETENT_TOKEN to a secret of at least ${tokenLengthMin} characters, or listen on 127.0.0.1`,
    );
};

const listenFault = (
  fault: NodeJS.ErrnoException,
  { host, port }: { readonly host: string; readonly port: number },
): Error => {
  switch (fault.code) {
    case "EADDRINUSE":
      return new InputError(`port ${port} of ${host} is taken; give another, or 0 for any`);
    case "EACCES":
      return new InputError(`port ${port} may not be listened on; give one above 1023`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new InputError(`${host} is no address of this machine; 127.0.0.1 and 0.0.0.0 are`);
    default:
      return fault;
  }
};

/** Ready: the store answers in time, and the event loop has not stood still of late. */
const readiness = async (
  { store }: Subject,
  delaySeconds: number,
): Promise<{ readonly status: number; readonly text: string }> => {
  if (delaySeconds > delaySecondsMax)
    return {
      status: 503,
      text: `the event loop stood still for ${delaySeconds.toFixed(1)} s within the last ten; something blocks the main thread\n`,
    };
  const asked = store.summary.pipe(
    Effect.timeoutOption(readyMillisMax),
    Effect.match({
      onSuccess: (summary) =>
        summary._tag === "Some"
          ? { status: 200, text: "ready\n" }
          : { status: 503, text: `the store has not answered within ${readyMillisMax} ms\n` },
      onFailure: ({ message }) => ({
        status: 503,
        text: `the store is away: ${oneLine(message)}\n`,
      }),
    }),
  );
  return Effect.runPromise(asked);
};

const oneLine = (text: string): string => text.replaceAll("\n", " ");

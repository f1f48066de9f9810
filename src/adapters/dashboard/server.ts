// The server: HTTP of Node around the gate, the API and the pages. Each request passes the limits and the gate before anything is read of it, and each answer carries the
// headers that keep a browser from doing more than it must.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { assetsOf } from "./assets.ts";
import { refusalOf, type Head, type Policy, type Refused } from "./gate.ts";
import { Rate } from "./rate.ts";
import type { Sessions } from "./sessions.ts";

/** A payload may have a million characters. */
const bodyBytesMax = 4 * 1_048_576;
const liveMax = 64;
const connectionsMax = 512;

const headers: { readonly [name: string]: string } = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

export interface Serving {
  readonly policy: Omit<Policy, "isKnown">;
  readonly sessions: Sessions;
  readonly clock: () => number;
  /** Answers what is below /api, and /openapi.json. */
  readonly handle: (request: Request) => Promise<Response>;
  /** Texts by path: health, readiness and metrics. */
  readonly texts: {
    readonly [path: string]: () => Promise<{ readonly status: number; readonly text: string }>;
  };
  readonly onFault: (fault: unknown) => void;
}

export const serverOf = (serving: Serving): Server => {
  const server = new Serve(serving);
  const http = createServer(
    { headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 10_000 },
    (request, response) => void server.answer(request, response),
  );
  http.maxConnections = connectionsMax;
  return http;
};

class Serve {
  readonly #serving: Serving;
  readonly #assets = assetsOf();
  readonly #requests = new Rate({ perSecond: 500, burst: 2_000 });
  /** Wrong tokens: ten, then one every ten seconds. */
  readonly #guesses = new Rate({ perSecond: 0.1, burst: 10 });
  #live = 0;

  constructor(serving: Serving) {
    this.#serving = serving;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.setHeader("cache-control", "no-store");
    try {
      await this.#answer(request, response);
    } catch (fault) {
      this.#serving.onFault(fault);
      if (response.headersSent) response.destroy();
      else
        refuse(response, {
          status: 500,
          name: "Error",
          message: "the dashboard failed to answer; its log says why",
        });
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { policy, sessions, clock, texts } = this.#serving;
    const address = request.socket.remoteAddress ?? "";
    const target = targetOf(request.url ?? "/");
    if (target === undefined)
      return refuse(response, { status: 400, name: "InputError", message: "the address is none" });
    const head = headOf(request, target.pathname);
    if (!this.#requests.take(address, clock())) return tooMany(response, 1, "requests");
    const isGuess = sessions.isNeeded && request.headers.authorization !== undefined;
    if (isGuess && !this.#guesses.has(address, clock()))
      return tooMany(response, 10, "wrong tokens");
    const isKnown = sessions.isKnown(request.headers as Parameters<Sessions["isKnown"]>[0]);
    if (isGuess && !isKnown) this.#guesses.take(address, clock());
    const refusal = refusalOf(head, { ...policy, isKnown: () => isKnown });
    if (refusal !== undefined) return refuse(response, refusal);
    const text = texts[head.path];
    if (text !== undefined) {
      const told = await text();
      return send(response, told.status, "text/plain; version=0.0.4; charset=utf-8", told.text);
    }
    if (head.path === "/api/session") return this.#session(request, response, isKnown);
    if (head.path.startsWith("/api/") || head.path === "/openapi.json")
      return this.#api(request, response, target);
    return this.#page(head, response);
  }

  /** Tells whether a token is asked for and whether it has been shown; takes one; forgets it. */
  async #session(
    request: IncomingMessage,
    response: ServerResponse,
    isKnown: boolean,
  ): Promise<void> {
    const { sessions, clock, policy } = this.#serving;
    const address = request.socket.remoteAddress ?? "";
    if (request.method === "DELETE") {
      response.setHeader("set-cookie", sessions.close(request.headers.cookie));
      return sendJson(response, 200, { isNeeded: sessions.isNeeded, isKnown: !sessions.isNeeded });
    }
    if (request.method !== "POST")
      return sendJson(response, 200, {
        isNeeded: sessions.isNeeded,
        isKnown,
        isReadOnly: policy.isReadOnly,
      });
    if (!this.#guesses.has(address, clock())) return tooMany(response, 10, "wrong tokens");
    const body = await bodyOf(request);
    const token = body === undefined ? undefined : tokenIn(body);
    if (token === undefined || !sessions.isToken(token)) {
      this.#guesses.take(address, clock());
      return refuse(response, {
        status: 401,
        name: "UnauthorizedError",
        message: 'this is not the token; post {"token":"…"} with the value of DETENT_TOKEN',
      });
    }
    const isSecure = request.headers.origin?.startsWith("https:") === true;
    response.setHeader("set-cookie", sessions.open({ isSecure }));
    return sendJson(response, 200, { isNeeded: true, isKnown: true });
  }

  async #api(request: IncomingMessage, response: ServerResponse, target: URL): Promise<void> {
    if (target.pathname !== "/api/live") return this.#handled(request, response, target);
    if (this.#live >= liveMax)
      return refuse(response, {
        status: 503,
        name: "RefusedError",
        message: `${liveMax} connections for live updates are open, which are the most; close some`,
      });
    // Before anything is waited for, or those that come at once would all be let in.
    this.#live += 1;
    try {
      await this.#handled(request, response, target);
    } finally {
      this.#live -= 1;
    }
  }

  async #handled(request: IncomingMessage, response: ServerResponse, target: URL): Promise<void> {
    const body = await bodyOf(request);
    if (body === undefined)
      return refuse(response, {
        status: 413,
        name: "InputError",
        message: `the body has more than ${bodyBytesMax} bytes; store large data elsewhere and send its name`,
      });
    const method = request.method === "HEAD" ? "GET" : (request.method ?? "GET");
    const reply = await this.#serving.handle(
      new Request(target, {
        method,
        headers: { "content-type": request.headers["content-type"] ?? "" },
        ...(method === "POST" && { body }),
      }),
    );
    await this.#pass(reply, request, response);
  }

  async #pass(reply: Response, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const type = reply.headers.get("content-type");
    if (type === null && reply.status >= 400)
      return refuse(response, {
        status: reply.status,
        name: reply.status === 404 ? "NotFoundError" : "Error",
        message:
          reply.status === 404
            ? `there is no ${request.method} ${(request.url ?? "").split("?", 1)[0]}; /openapi.json lists what there is`
            : "the dashboard failed to answer; its log says why",
      });
    response.writeHead(reply.status, type === null ? {} : { "content-type": type });
    if (reply.body === null || request.method === "HEAD") {
      await reply.body?.cancel();
      response.end();
      return;
    }
    await copied(reply.body, response);
  }

  #page({ path, method }: Head, response: ServerResponse): void {
    const asset = this.#assets.get(path);
    if (asset === undefined)
      return refuse(response, {
        status: 404,
        name: "NotFoundError",
        message: this.#assets.has("/")
          ? `there is no page ${path}`
          : 'the pages are not built; "npm run build" builds them',
      });
    if (asset.isLasting) response.setHeader("cache-control", "public, max-age=31536000, immutable");
    send(response, 200, asset.type, method === "HEAD" ? "" : asset.body);
  }
}

/** Sends a stream as it comes, no faster than it is taken; what nobody takes any more is cancelled. */
const copied = async (
  body: ReadableStream<Uint8Array>,
  response: ServerResponse,
): Promise<void> => {
  const reader = body.getReader();
  const gone = new Promise<undefined>((resolve) =>
    response.once("close", () => resolve(undefined)),
  );
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop
    const piece = await Promise.race([reader.read(), gone]);
    if (piece === undefined) return reader.cancel();
    if (piece.done) break;
    if (!response.write(piece.value))
      // oxlint-disable-next-line no-await-in-loop
      await Promise.race([new Promise((resolve) => response.once("drain", resolve)), gone]);
  }
  response.end();
};

const headOf = ({ headers, method = "GET" }: IncomingMessage, path: string): Head => ({
  method,
  path,
  host: headers.host,
  origin: headers.origin,
  site: headers["sec-fetch-site"],
  mode: headers["sec-fetch-mode"],
  contentType: headers["content-type"],
});

const targetOf = (url: string): URL | undefined =>
  url.startsWith("/") && URL.canParse(url, "http://detent")
    ? new URL(url, "http://detent")
    : undefined;

/** The body; undefined if it is too long. What is too long is not read to its end. */
const bodyOf = async (request: IncomingMessage): Promise<Buffer<ArrayBuffer> | undefined> => {
  if (Number(request.headers["content-length"] ?? 0) > bodyBytesMax) return undefined;
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > bodyBytesMax) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
};

const tokenIn = (body: Buffer): string | undefined => {
  try {
    const { token } = JSON.parse(body.toString("utf8")) as { readonly token?: unknown };
    return typeof token === "string" ? token : undefined;
  } catch {
    return undefined;
  }
};

const tooMany = (response: ServerResponse, seconds: number, what: string): void => {
  response.setHeader("retry-after", String(seconds));
  refuse(response, {
    status: 429,
    name: "RefusedError",
    message: `too many ${what}; try again in ${seconds} s`,
  });
};

const refuse = (response: ServerResponse, { status, name, message }: Refused): void => {
  // What was not read of the request is not waited for.
  if (status >= 400) response.setHeader("connection", "close");
  sendJson(response, status, { error: { name, message } });
};

const sendJson = (response: ServerResponse, status: number, value: unknown): void =>
  send(response, status, "application/json", JSON.stringify(value));

const send = (
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
): void => {
  response.writeHead(status, { "content-type": type });
  response.end(body);
};

// The gate: which requests are let in. Pure; each rule keeps out one thing that docs/security.md names.
import { isIP } from "node:net";

/** What a request says before its body. */
export interface Head {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site` and `Sec-Fetch-Mode`, which browsers tell of themselves. */
  readonly site: string | undefined;
  readonly mode: string | undefined;
  readonly contentType: string | undefined;
}

export interface Policy {
  /** Whether only this machine can reach the address that is listened on. */
  readonly isLoopback: boolean;
  /** Names under which it may be called beside its address. */
  readonly hosts: readonly string[];
  readonly isReadOnly: boolean;
  /** Whether the request may see anything; always, where no token is set. */
  readonly isKnown: (head: Head) => boolean;
}

export interface Refused {
  readonly status: number;
  readonly name: string;
  readonly message: string;
}

const methods: readonly string[] = ["GET", "HEAD", "POST", "DELETE"];

/** Shows nothing of the store: health, the pages without their data, and signing in. */
const isOpen = (path: string): boolean =>
  ["/healthz", "/readyz", "/api/session"].includes(path) || !isApi(path);

/** What shows or changes something of the store. */
const isApi = (path: string): boolean =>
  path.startsWith("/api/") || path === "/metrics" || path === "/openapi.json";

/** Why a request is not let in, or undefined. */
export const refusalOf = (head: Head, policy: Policy): Refused | undefined => {
  const { method, path, host, origin, site } = head;
  const name = hostNameOf(host);
  if (name === undefined || !isOwn(name, policy))
    return refused(
      421,
      "ForbiddenError",
      `the request is for the host ${JSON.stringify(host ?? "")}, which is not this dashboard's; call it by its address, or name the host with --allow-host`,
    );
  if (!methods.includes(method))
    return refused(405, "InputError", `${method} is not used here; GET and POST are`);
  const isReading = method === "GET" || method === "HEAD";
  if (origin !== undefined && !isOrigin(origin, host ?? ""))
    return refused(
      403,
      "ForbiddenError",
      `the request comes from a page of ${JSON.stringify(origin)}; only the dashboard's own pages may ask`,
    );
  const isVisit = isReading && head.mode === "navigate";
  if (site !== undefined && site !== "same-origin" && site !== "none" && !isVisit)
    return refused(
      403,
      "ForbiddenError",
      "the request comes from a page of another site; only the dashboard's own pages may ask",
    );
  if (method === "POST" && !isJson(head.contentType))
    return refused(
      415,
      "InputError",
      `the content type is ${JSON.stringify(head.contentType ?? "")}; send JSON as application/json`,
    );
  if (!isOpen(path) && !policy.isKnown(head))
    return refused(
      401,
      "UnauthorizedError",
      "the dashboard asks for its token (DETENT_TOKEN); sign in, or send it as Authorization: Bearer",
    );
  if (!isReading && path !== "/api/session" && policy.isReadOnly)
    return refused(
      403,
      "ForbiddenError",
      "the dashboard is read-only; start it without --read-only to act",
    );
  return undefined;
};

const refused = (status: number, name: string, message: string): Refused => ({
  status,
  name,
  message,
});

const isJson = (contentType: string | undefined): boolean =>
  contentType?.split(";", 1)[0]?.trim().toLowerCase() === "application/json";

/** The name or address in a Host header, without its port; undefined if there is none or it can't be read. */
const hostNameOf = (host: string | undefined): string | undefined => {
  const match = /^(?<name>\[[0-9a-f:.]+\]|[^:[\]/@\s]+)(?::\d{1,5})?$/i.exec(host ?? "");
  return match?.groups?.["name"]?.toLowerCase();
};

const loopbackNames: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** A page of another site can make a name of its own point here (DNS rebinding), but not an address, nor `localhost`. */
const isOwn = (name: string, { isLoopback, hosts }: Policy): boolean =>
  loopbackNames.includes(name) ||
  hosts.some((host) => host.toLowerCase() === name) ||
  (!isLoopback && isIP(name.replace(/^\[|\]$/g, "")) !== 0);

/** A page of the dashboard itself, perhaps behind a proxy that speaks TLS. */
const isOrigin = (origin: string, host: string): boolean =>
  [`http://${host}`, `https://${host}`].some((own) => own.toLowerCase() === origin.toLowerCase());

/** Whether nobody beyond this machine reaches an address. */
export const isLoopback = (address: string): boolean =>
  address === "localhost" || address === "::1" || /^127(?:\.\d{1,3}){3}$/.test(address);

// What the server's and the driver's failures mean: whether the connection is gone, whether the same may succeed if it is done again, and to an operator, in one line,
// what is the matter and how to mend it.
import type { SqlError } from "effect/sql/SqlError";
import { StoreError } from "../../core/errors.ts";

export interface Fault {
  /** https://www.postgresql.org/docs/current/errcodes-appendix.html; undefined: it doesn't come from the server. */
  readonly code: string | undefined;
  readonly message: string;
  /** The connection can't be used any more. */
  readonly isLost: boolean;
  readonly cause: unknown;
}

/** The server is going down, coming up, or has ended the session by itself. */
const endings = new Set(["57P01", "57P02", "57P03", "57P05", "25P03", "25P04"]);

export const faultOf = ({ reason }: SqlError): Fault => {
  const cause = reason.cause as { readonly code?: unknown; readonly message?: unknown } | undefined;
  const code =
    typeof cause?.code === "string" && /^[0-9A-Z]{5}$/.test(cause.code) ? cause.code : undefined;
  return {
    code,
    message: typeof cause?.message === "string" ? cause.message : (reason.message ?? reason._tag),
    isLost:
      (reason._tag === "ConnectionError" && (code === undefined || code.startsWith("08"))) ||
      (code !== undefined && endings.has(code)),
    cause,
  };
};

/** What the driver can't do whatever the server does; it comes without a code. */
const unable: readonly (readonly [message: RegExp, reason: string])[] = [
  [
    /^No username configured/,
    "the URL names no user; give postgres://USER:PASSWORD@HOST:PORT/DATABASE",
  ],
  [
    /requested password authentication/,
    "the server asks for a password, and the URL has none; give postgres://USER:PASSWORD@HOST:PORT/DATABASE",
  ],
  [/does not support TLS/, "the server does not speak TLS; leave sslmode out of the URL"],
  [
    /exceeds maxMessageSize/,
    "what answers there does not speak as PostgreSQL does; look at host and port in the URL",
  ],
];

const unableTo = ({ code, message }: Fault): string | undefined =>
  code === undefined ? unable.find(([pattern]) => pattern.test(message))?.[1] : undefined;

/** What waits for a server that restarts, or for a connection that others give back. */
export const canConnectLater = (fault: Fault): boolean =>
  (fault.isLost && unableTo(fault) === undefined) || fault.code === "53300";

const again = new Set([
  "40001",
  "40P01",
  // Its tables were changed while statements were prepared.
  "0A000",
  "26000",
]);

/** Whether a transaction that was not committed because of it may be done again. */
export const canTryAgain = ({ code, isLost }: Fault): boolean =>
  isLost || (code !== undefined && again.has(code));

/** Whether the fault lies in what was to be written, so that others in the same transaction may succeed without it. */
export const isOfOne = ({ code, isLost }: Fault): boolean =>
  !isLost && (code === undefined || /^(22|23|54)/.test(code));

/** What is the matter; and, after the semicolon, what the operator can do. By code, or the class that it begins with. */
const reasons: Readonly<Record<string, string>> = {
  "3D000": "there is no such database; make it with createdb, or give another one in the URL",
  "42501":
    "this user may not do that; let it create the schema detent, or make that for it (CREATE SCHEMA detent AUTHORIZATION …)",
  "53100": "the server's disk is full; make room, nothing that was acknowledged is lost",
  "53200": "the server is out of memory; look into its log",
  "53300": "the server has no connection free; raise max_connections, or run fewer engines",
  "25006": "the server only reads, as a replica does; give the URL of the primary",
  "57014":
    "the server gave up a statement that took longer than 30 s; look for who holds locks in pg_stat_activity",
  "22021":
    "text with the character U+0000 can't be stored in PostgreSQL; leave it out of names and ids",
  "54000": "an id, name or key is longer than PostgreSQL can index (2,700 bytes); make it shorter",
  "42P01": "its tables are gone; open it again",
  "3F000": "its schema detent is gone; open it again",
};

const reasonOf = (fault: Fault): string => {
  const { code, message, isLost } = fault;
  const unfit = unableTo(fault);
  if (unfit !== undefined) return unfit;
  if (isLost) {
    const look = /ENOTFOUND|EAI_AGAIN/.test(message)
      ? "look at the host in the URL"
      : "look whether it runs, and at host and port in the URL";
    return `the server can't be reached (${message}); ${look}`;
  }
  if (code === undefined) return message;
  if (code.startsWith("28"))
    return `the server does not let this user in (${message}); look at the user, the password and pg_hba.conf`;
  const known = reasons[code] ?? reasons[code.slice(0, 2)];
  return known ?? `${message} (PostgreSQL ${code})`;
};

/** The error of a port's operation. `unknown`: the commit's reply was lost for good, so that the writes may have been made. */
export const storeErrorOf = (fields: {
  readonly operation: string;
  readonly url: string;
  readonly fault: Fault;
  readonly unknown?: boolean;
}): StoreError => {
  const { operation, url, fault, unknown = false } = fields;
  const { cause } = fault;
  return new StoreError({ operation, message: messageOf(url, reasonOf(fault)), cause, unknown });
};

export const messageOf = (url: string, reason: string): string => `store ${url}: ${reason}`;

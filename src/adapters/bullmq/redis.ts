// Connections to the Redis server: made from what a user gives, and made anew, later and later, whenever they are lost. What is sent while there is none waits for the next one.
import { Redis, type RedisOptions } from "ioredis";
import { ExecutorError, InputError } from "../../core/errors.ts";
import { placeOf, type RedisConnection } from "./connection.ts";

const retryMillisMax = 2_000;

/** A connection that is not made yet. */
export const clientOf = (connection: RedisConnection): Redis => {
  const own: RedisOptions = {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(retryMillisMax, 25 * 2 ** times),
    connectionName: "detent",
  };
  const client =
    typeof connection === "string"
      ? new Redis(connection, own)
      : new Redis({ ...connection, ...own });
  // Whoever uses it hears of it by what becomes of the commands, and by `watchClient`.
  client.on("error", () => undefined);
  return client;
};

/** A server that has not answered for this long is not there, although nobody has closed the connection. */
const silenceMillis = 15_000;

/** Makes the first connection. Rejects with an ExecutorError when it can't be made, or nothing is answered for that long; then it is not tried again. */
export const connect = async (
  client: Redis,
  connection: RedisConnection,
  millis = silenceMillis,
): Promise<void> => {
  let fault: unknown;
  const note = (error: unknown) => (fault ??= error);
  const silence = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => silence.reject(new Error(`it has not answered for ${millis / 1_000} s`)),
    millis,
  );
  client.on("error", note);
  try {
    await Promise.race([client.connect().then(() => client.ping()), silence.promise]);
  } catch (error) {
    client.disconnect();
    throw unusable(
      connection,
      fault ?? error,
      "start redis-server there, or give the right connection",
    );
  } finally {
    clearTimeout(timer);
    client.off("error", note);
  }
};

/** That the server can't be used, and why; without secrets, however it is shown. */
export const unusable = (
  connection: RedisConnection,
  fault: unknown,
  mend?: string,
): ExecutorError => {
  const cause = plainOf(fault);
  return new ExecutorError(
    `Redis at ${placeOf(connection)} can't be used: ${cause.message}${mend === undefined ? "" : `; ${mend}`}`,
    { cause },
  );
};

/** The errors of ioredis carry the command that failed: AUTH, with the password. Redis itself repeats the arguments of a command that it does not know. */
const plainOf = (fault: unknown): Error => {
  const { name, message, code } = Object(fault) as { [field: string]: unknown };
  const hasText = typeof message === "string" && message !== "";
  const text = hasText ? message : String(code ?? fault);
  const plain = new Error(text.replace(/,? with args beginning with:.*$/s, ""));
  if (typeof name === "string") plain.name = name;
  return typeof code === "string" ? Object.assign(plain, { code }) : plain;
};

const lossCodes: ReadonlySet<unknown> = new Set(
  "ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT ENOTFOUND EAI_AGAIN EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN".split(
    " ",
  ),
);

/** Whether an error says only that there is no connection. */
export const isLoss = (error: Error & { readonly code?: unknown }): boolean =>
  lossCodes.has(error.code) || /connection is closed/i.test(error.message);

/** Tells when the connection is lost, and when there is one again. */
export const watchClient = (
  client: Redis,
  tell: { readonly lost: () => void; readonly back: () => void },
): void => {
  let isThere = client.status === "ready";
  client.on("close", () => {
    if (isThere) tell.lost();
    isThere = false;
  });
  client.on("ready", () => {
    if (!isThere) tell.back();
    isThere = true;
  });
};

/** Gives up the connection, for a new one, if what was sent by it is not answered; then it is sent anew. */
export const answered = async <Reply>(
  client: Redis,
  reply: Promise<Reply>,
  millis = silenceMillis,
): Promise<Reply> => {
  const timer = setInterval(() => {
    if (client.status === "ready") client.disconnect(true);
  }, millis);
  try {
    return await reply;
  } finally {
    clearInterval(timer);
  }
};

/** One or more commands in one round trip; rejects with the first that failed. */
export const pipelined = async (
  client: Redis,
  commands: readonly (readonly [name: string, ...parameters: (string | number)[]])[],
): Promise<readonly unknown[]> => {
  if (commands.length === 0) return [];
  const sent = client.pipeline(commands.map((command) => [...command])).exec();
  const replies = await answered(client, sent);
  if (replies === null) throw new InputError("the pipeline was given up");
  return replies.map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
};

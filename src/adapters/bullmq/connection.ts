// What a user gives to say where the Redis server is.
import type { RedisOptions } from "ioredis";
import { shown } from "../../core/reading.ts";
import { withoutSecrets } from "../../core/store-url.ts";

/** `redis://USER:PASSWORD@HOST:PORT/DATABASE` (`rediss://` with TLS), or the options of ioredis. */
export type RedisConnection = string | RedisOptions;

/** Why it is none, or undefined. */
export const connectionFault = (connection: unknown): string | undefined => {
  if (typeof connection === "string")
    return /^rediss?:\/\//.test(connection) && URL.canParse(connection)
      ? undefined
      : `connection is ${JSON.stringify(withoutSecrets(connection))}; give redis://USER:PASSWORD@HOST:PORT, with %xx for what a URL may not hold`;
  if (typeof connection !== "object" || connection === null)
    return `connection is ${shown(connection)}; give redis://HOST:PORT or the options of ioredis`;
  return "keyPrefix" in connection
    ? "connection has a keyPrefix, which BullMQ can't have; give prefix beside connection"
    : undefined;
};

/** Where it leads, without secrets. */
export const placeOf = (connection: RedisConnection): string => {
  if (typeof connection === "string") return withoutSecrets(connection);
  const { path, host = "127.0.0.1", port = 6379 } = connection;
  return path ?? `redis://${host}:${port}`;
};

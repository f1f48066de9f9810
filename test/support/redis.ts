// A Redis server of our own; test/support/service.ts says how.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endWith, folderFor, folderWith, freePort, userOf } from "./service.ts";

const found = folderWith(["redis-server", "redis-cli"], {
  server: "Redis",
  packageName: "redis-server",
});

/** Whether the suites can run. */
export const hasRedis = found !== undefined;

export interface RedisServer {
  /** With its password. */
  readonly url: string;
  readonly password: string;
  readonly port: number;
  /** A command by redis-cli; what it prints. */
  readonly cli: (...command: readonly string[]) => string;
  /** Ends the server at once, as a crash does. */
  readonly kill: () => Promise<void>;
  /** Starts it again; `empty`: what it had kept is lost. */
  readonly start: (options?: { readonly empty?: boolean }) => Promise<void>;
  /** Lets it stand still, or go on. */
  readonly signal: (signal: "SIGSTOP" | "SIGCONT") => void;
  readonly stop: () => Promise<void>;
}

const password = "s3cr3t-of-redis";

/** `fsync`: how often its log of commands reaches the disk. */
export const startRedis = async ({
  fsync = "everysec",
}: { readonly fsync?: "everysec" | "always" } = {}): Promise<RedisServer> => {
  const user = userOf("redis");
  const folder = folderFor("redis", user);
  const port = await freePort();
  const program = (name: string): string => join(found as string, name);
  let server: ChildProcess | undefined;
  const cli = (...command: readonly string[]): string =>
    execFileSync(program("redis-cli"), ["-p", String(port), "--no-auth-warning", ...command], {
      encoding: "utf8",
      env: { ...process.env, REDISCLI_AUTH: password },
      stdio: ["ignore", "pipe", "ignore"],
    }).trimEnd();
  const isUp = (): boolean => {
    try {
      return cli("PING") === "PONG";
    } catch {
      return false;
    }
  };
  const start = async ({ empty = false } = {}): Promise<void> => {
    if (empty) rmSync(join(folder, "appendonlydir"), { recursive: true, force: true });
    const settings = {
      port,
      bind: "127.0.0.1",
      dir: folder,
      save: "",
      appendonly: "yes",
      appendfsync: fsync,
      requirepass: password,
    };
    const options = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    server = spawn(program("redis-server"), options, { ...user, cwd: folder, stdio: "ignore" });
    while (!isUp()) {
      if (server.exitCode !== null) throw new Error(`redis-server ended with ${server.exitCode}`);
      // oxlint-disable-next-line no-await-in-loop -- until the server answers
      await sleep(20);
    }
  };
  await start();
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    password,
    port,
    cli,
    start,
    kill: () => endWith(server, "SIGKILL"),
    signal: (signal) => void server?.kill(signal),
    stop: async () => {
      await endWith(server, "SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

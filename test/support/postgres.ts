// A PostgreSQL server of our own; test/support/service.ts says how.
import {
  execFileSync,
  spawn,
  type ChildProcess,
  type ExecFileSyncOptions,
} from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endWith, folderFor, folderWith, freePort, give, userOf } from "./service.ts";

const debian = "/usr/lib/postgresql";
const versions = existsSync(debian)
  ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a))
  : [];
const found = folderWith(["initdb", "postgres", "psql"], {
  server: "PostgreSQL",
  packageName: "postgresql",
  more: versions.map((version) => join(debian, version, "bin")),
});

/** Whether the suites can run. */
export const hasPostgres = found !== undefined;

export interface Server {
  /** Of the database `detent`, as its owner, password and all. */
  readonly url: string;
  readonly password: string;
  /** SQL by psql, as the owner; what it prints. */
  readonly psql: (sql: string, database?: string) => string;
  /** Ends the server at once, as a crash does: the postmaster and all that it has started. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const password = "s3cr3t/of:detent";

/** `fsync`: whether commits reach the disk; a server that only its own tests kill can do without. `trust`: connects faster, for it asks for no password. */
export const startServer = async ({ fsync = false, trust = false } = {}): Promise<Server> => {
  const user = userOf("postgres");
  const folder = folderFor("postgres", user);
  const program = (name: string): string => join(found as string, name);
  const data = join(folder, "data");
  const secret = join(folder, "password");
  writeFileSync(secret, password);
  give(secret, user);
  const options: ExecFileSyncOptions = {
    ...user,
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  };
  execFileSync(
    program("initdb"),
    [
      "-D",
      data,
      "-U",
      "owner",
      "-A",
      trust ? "trust" : "scram-sha-256",
      `--pwfile=${secret}`,
      "-E",
      "UTF8",
      "--locale=C",
      "--no-sync",
    ],
    options,
  );
  const port = await freePort();
  let server: ChildProcess | undefined;
  const psql = (sql: string, database = "detent"): string =>
    execFileSync(
      program("psql"),
      [
        "-h",
        "127.0.0.1",
        "-p",
        String(port),
        "-U",
        "owner",
        "-d",
        database,
        "-XAtq",
        "-v",
        "ON_ERROR_STOP=1",
        "-c",
        sql,
      ],
      {
        encoding: "utf8",
        env: { ...process.env, PGPASSWORD: password },
        stdio: ["ignore", "pipe", "pipe"],
      },
    ).trimEnd();
  const isUp = (): boolean => {
    try {
      psql("SELECT 1", "postgres");
      return true;
    } catch {
      return false;
    }
  };
  const start = async (): Promise<void> => {
    const settings = {
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      fsync: fsync ? "on" : "off",
      max_connections: "100",
      shared_buffers: "64MB",
      max_wal_size: "1GB",
    };
    server = spawn(
      program("postgres"),
      [
        "-D",
        data,
        "-p",
        String(port),
        ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ],
      { ...user, cwd: folder, stdio: "ignore" },
    );
    while (!isUp()) {
      if (server.exitCode !== null) throw new Error(`postgres ended with ${server.exitCode}`);
      // oxlint-disable-next-line no-await-in-loop -- until the server answers
      await sleep(20);
    }
  };
  /** All that the postmaster has started: without it they would go on for a while, and keep the next one from starting. */
  const children = (): readonly number[] => {
    const file = `/proc/${server?.pid}/task/${server?.pid}/children`;
    return existsSync(file)
      ? readFileSync(file, "utf8").trim().split(" ").filter(Boolean).map(Number)
      : [];
  };
  const kill = async (): Promise<void> => {
    const started = children();
    await endWith(server, "SIGKILL");
    for (const pid of started)
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
  };
  await start();
  psql("CREATE DATABASE detent", "postgres");
  return {
    url: `postgres://owner:${encodeURIComponent(password)}@127.0.0.1:${port}/detent`,
    password,
    psql,
    kill,
    start,
    stop: async () => {
      await endWith(server, "SIGINT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

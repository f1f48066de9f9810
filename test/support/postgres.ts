// A PostgreSQL server of our own: Debian's, in a temporary folder, on loopback and a free port, as a user who is not root; ended with its scope. Where there is none, the
// suites that need it are skipped, and one line says so; DETENT_REQUIRE_SERVICES=1 makes that a failure.
import {
  execFileSync,
  spawn,
  type ChildProcess,
  type ExecFileSyncOptions,
} from "node:child_process";
import { once } from "node:events";
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The folder with the server's programs; undefined: there is none on this machine. */
const programs = (): string | undefined => {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian)
    ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a))
    : [];
  return [
    ...(process.env["PATH"] ?? "").split(delimiter),
    ...versions.map((version) => join(debian, version, "bin")),
  ].find((folder) =>
    ["initdb", "postgres", "psql"].every((name) => existsSync(join(folder, name))),
  );
};

const found = programs();

/** Whether the suites can run. */
export const hasPostgres = found !== undefined;

if (!hasPostgres) {
  if (process.env["DETENT_REQUIRE_SERVICES"] === "1")
    throw new Error("there is no PostgreSQL server here (apt-get install postgresql)");
  console.log("skipped: no PostgreSQL server here (apt-get install postgresql)");
}

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

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};

/** Root may not run the server: then it is Debian's own user, or nobody. */
const userOf = (): { readonly uid?: number; readonly gid?: number } => {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((entry) => entry.split(":"));
  const [, , uid, gid] =
    line.find(([name]) => name === "postgres") ?? line.find(([name]) => name === "nobody") ?? [];
  return { uid: Number(uid), gid: Number(gid) };
};

/** `fsync`: whether commits reach the disk; a server that only its own tests kill can do without. `trust`: connects faster, for it asks for no password. */
export const startServer = async ({ fsync = false, trust = false } = {}): Promise<Server> => {
  const folder = mkdtempSync(join(tmpdir(), "detent-postgres-"));
  const user = userOf();
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const program = (name: string): string => join(found as string, name);
  const data = join(folder, "data");
  const secret = join(folder, "password");
  writeFileSync(secret, password);
  if (user.uid !== undefined && user.gid !== undefined) chownSync(secret, user.uid, user.gid);
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
    await end("SIGKILL");
    for (const pid of started)
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
  };
  const end = async (signal: "SIGKILL" | "SIGINT"): Promise<void> => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "exit");
    server.kill(signal);
    await ended;
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
      await end("SIGINT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

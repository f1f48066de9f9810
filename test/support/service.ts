// What suites share that start a server of the system's for themselves: in a temporary folder, on loopback and a free port, as a user who is not root. Where there is none they
// are skipped, and one line says so; DETENT_REQUIRE_SERVICES=1 makes that a failure.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** The folder, on the PATH or one of `more`, that has all of these programs; undefined, and told: there is none on this machine. */
export const folderWith = (
  programs: readonly string[],
  { server, packageName, more = [] }: Service,
): string | undefined => {
  const found = [...(process.env["PATH"] ?? "").split(delimiter), ...more].find((folder) =>
    programs.every((name) => existsSync(join(folder, name))),
  );
  if (found !== undefined) return found;
  const lack = `no ${server} server here (apt-get install ${packageName})`;
  if (process.env["DETENT_REQUIRE_SERVICES"] === "1") throw new Error(`there is ${lack}`);
  console.log(`skipped: ${lack}`);
  return undefined;
};

interface Service {
  readonly server: string;
  readonly packageName: string;
  /** Folders that systems keep off the PATH. */
  readonly more?: readonly string[];
}

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};

export interface User {
  readonly uid?: number;
  readonly gid?: number;
}

/** Root had better not run the server: then it is the one that its package has made, or nobody. */
export const userOf = (own: string): User => {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((entry) => entry.split(":"));
  const [, , uid, gid] =
    line.find(([name]) => name === own) ?? line.find(([name]) => name === "nobody") ?? [];
  return { uid: Number(uid), gid: Number(gid) };
};

/** Lets the server's user have what was made for it. */
export const give = (path: string, { uid, gid }: User): void => {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
};

/** A temporary folder of the server's own. */
export const folderFor = (name: string, user: User): string => {
  const folder = mkdtempSync(join(tmpdir(), `detent-${name}-`));
  give(folder, user);
  return folder;
};

/** Sends the signal, if it still runs, and waits until it has exited. */
export const endWith = async (
  server: ChildProcess | undefined,
  signal: NodeJS.Signals,
): Promise<void> => {
  if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, "exit");
  server.kill(signal);
  await ended;
};

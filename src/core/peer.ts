// Packages that a person installs only for what they use. Whoever asks for such a part without its package is told in one line what to do.
import { InputError } from "./errors.ts";

interface Peer {
  readonly peer: string;
  /** The version to install. Default: the newest. */
  readonly range?: string;
  /** Who needs it. */
  readonly part: string;
}

/** What `load` imports. Rejects with an InputError that names the package when it is not installed; any other fault of loading stays as it is. */
export const withPeer = async <Module>(
  { peer, range, part }: Peer,
  load: () => Promise<Module>,
): Promise<Module> => {
  try {
    return await load();
  } catch (fault) {
    if (!isMissing(fault, peer)) throw fault;
    const wanted = range === undefined ? peer : `${peer}@${range}`;
    throw new InputError(
      `${part} needs the package ${peer}, which is not installed${seekerOf(fault)}: npm install ${wanted}`,
      { cause: fault },
    );
  }
};

/** From where it was looked for: of several installations of detent only one may see it. */
const seekerOf = (fault: unknown): string => {
  const [, told] = (fault as Error).message.split(" from ");
  const seeker = told?.replaceAll(/^['"]?(?:file:\/\/)?|(?:\/dist\/.*)?['"]?$/g, "");
  return seeker === undefined ? "" : ` where ${seeker} finds it`;
};

/** Runtimes quote the package in words of their own; a module that the package itself misses is another fault. */
const isMissing = (fault: unknown, peer: string): boolean =>
  fault instanceof Error &&
  (fault as { code?: unknown }).code === "ERR_MODULE_NOT_FOUND" &&
  [`'${peer}'`, `"${peer}"`].some((name) => fault.message.includes(name));

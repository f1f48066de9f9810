// Who asks for a package that npm does not bring along. Every optional package of package.json has a row here; package.test.ts says so.

interface Peer {
  readonly peer: string;
  /** Who needs it, in the words of the message. */
  readonly part: string;
  /** The entry point that can't even be imported without it, if there is one. */
  readonly asked?: string;
  /** What must be told of it. */
  readonly program: string;
}

export const peers: readonly Peer[] = [
  {
    peer: "vitest",
    part: "detent/vitest",
    asked: "detent/vitest",
    program: `await import("detent/vitest")`,
  },
];

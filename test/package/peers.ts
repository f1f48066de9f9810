// Who asks for a package that npm does not bring along. Every optional package of package.json has a row here; package.test.ts says so.

interface Peer {
  readonly peer: string;
  /** Who needs it, in the words of the message. */
  readonly part: string;
  /** The entry point that can't even be imported without it, if there is one. */
  readonly asked?: string;
  /** What npm is to install; default: the package. */
  readonly install?: string;
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
  {
    peer: "@effect/sql-pg",
    part: "detent/postgres",
    asked: "detent/postgres",
    install: "@effect/sql-pg@4",
    program: `
      const { detent, start } = await import("detent");
      await start(detent({ tasks: [], triggers: [] }), { store: "postgres://localhost/none" })`,
  },
  {
    peer: "bullmq",
    part: "detent/bullmq",
    asked: "detent/bullmq",
    install: "bullmq@6",
    program: `await import("detent/bullmq")`,
  },
  {
    // BullMQ does not bring it along: as if it were there alone.
    peer: "ioredis",
    part: "detent/bullmq",
    install: "ioredis@5",
    program: `
      const { mkdirSync, writeFileSync } = await import("node:fs");
      mkdirSync("node_modules/bullmq", { recursive: true });
      writeFileSync("node_modules/bullmq/package.json", '{ "type": "module", "exports": "./index.js" }');
      writeFileSync("node_modules/bullmq/index.js", "export class Queue {} export class Worker {}");
      await import("detent/bullmq")`,
  },
];

/** What is told when it is missing, by detent as it is installed in `folder`. */
export const lineOf = ({ part, peer, install = peer }: Peer, folder: string): string =>
  `${part} needs the package ${peer}, which is not installed where ${folder}/node_modules/detent finds it: npm install ${install}`;

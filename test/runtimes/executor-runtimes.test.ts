/**
 * Goal: a body that ends in some way has the same outcome on every runtime that detent supports, and not only on the one that runs these tests.
 * Method: each other runtime, from its npm package, plays the table of cases and the scenes in a process of its own and says how each went; what a runtime can't
 * play is skipped, with what the runtime lacks, and so is a runtime that can't be had on this machine.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { leftOutOn, playsOn, type RuntimeName, type Verdict } from "./executor-plays.ts";

const runtimes: readonly {
  readonly title: string;
  readonly runtime: RuntimeName;
  /** In node_modules. */
  readonly binary: string;
  readonly args: readonly string[];
}[] = [
  { title: "Node 22", runtime: "node", binary: "node22/bin/node", args: [] },
  { title: "Node 26", runtime: "node", binary: "node26/bin/node", args: [] },
  { title: "Bun", runtime: "bun", binary: "bun/bin/bun.exe", args: [] },
  { title: "Deno", runtime: "deno", binary: "deno/deno", args: ["run", "-A"] },
];

const placeOf = (binary: string): string =>
  fileURLToPath(new URL(`../../node_modules/${binary}`, import.meta.url));

/** Why a runtime can't be had, or undefined if it can. */
const absence = (title: string, binary: string): string | undefined => {
  const file = placeOf(binary);
  if (!existsSync(file)) return `${title} is not installed: there is no node_modules/${binary}`;
  const { status, error, stdout } = spawnSync(file, ["--version"], { encoding: "utf8" });
  if (error !== undefined || status !== 0)
    return `${title} does not run here: ${error?.message ?? `it ends with ${String(status)}`}`;
  const [, wanted] = title.split(" ");
  return wanted === undefined || stdout.startsWith(`v${wanted}.`)
    ? undefined
    : `node_modules/${binary} is ${stdout.trim()}, not ${title}`;
};

/** A runtime at play. Whoever asks for a verdict that it died without gets its last words. */
class Playing {
  readonly #child;
  readonly #verdicts = new Map<string, PromiseWithResolvers<Verdict>>();
  #words = "";
  #over: Error | null = null;

  constructor(binary: string, args: readonly string[]) {
    const file = fileURLToPath(new URL("./run-executor-cases.ts", import.meta.url));
    this.#child = spawn(placeOf(binary), [...args, file, "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stderr.on("data", (data: Buffer) => {
      this.#words = (this.#words + data.toString()).slice(-4_096);
    });
    createInterface(this.#child.stdout).on("line", (line) => this.#hear(line));
    this.#child.on("close", (code, signal) => this.#end(String(signal ?? code)));
  }

  verdict(title: string): Promise<Verdict> {
    return this.#of(title).promise;
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }

  #hear(line: string): void {
    if (!line.startsWith("{")) return;
    const verdict = JSON.parse(line) as Verdict;
    this.#of(verdict.title).resolve(verdict);
  }

  #of(title: string): PromiseWithResolvers<Verdict> {
    const known = this.#verdicts.get(title);
    if (known !== undefined) return known;
    const made = Promise.withResolvers<Verdict>();
    made.promise.catch(() => {}); // told to whoever asks
    if (this.#over !== null) made.reject(this.#over);
    this.#verdicts.set(title, made);
    return made;
  }

  #end(how: string): void {
    this.#over = new Error(`the runtime ended (${how}) before it came to this; ${this.#words}`);
    for (const waiting of this.#verdicts.values()) waiting.reject(this.#over);
  }
}

describe.each(runtimes)("on $title", ({ title, runtime, binary, args }) => {
  const absent = absence(title, binary);
  let playing: Playing | undefined;
  beforeAll(() => {
    if (absent === undefined) playing = new Playing(binary, args);
  });
  afterAll(() => playing?.end());

  for (const play of playsOn(runtime))
    test.for(play.parts)(`${play.title}, $title`, async (part, { skip }) => {
      skip(absent !== undefined, absent);
      expect((await playing?.verdict(`${play.title}, ${part.title}`))?.fault).toBeNull();
    });

  test.for(leftOutOn(runtime))("$name", ({ lacking }, { skip }) => {
    expect(lacking).not.toHaveLength(0);
    skip(`${title} has no ${lacking.join(", no ")}`);
  });
});

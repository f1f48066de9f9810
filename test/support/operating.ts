// Follows docs/operating.md to the letter. The document has an app; a night in which things go wrong is lived with it, at the instants below, by a clock that is shifted; then each
// command of the document is run as it stands there. What it prints must have the lines that the document shows, in their order; "…" stands for anything.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { delimiter, join } from "node:path";

interface Block {
  readonly info: string;
  readonly text: string;
  readonly line: number;
}

interface Fault {
  readonly line: number;
  readonly command: string;
  readonly fault: string;
}

/** Who does what, when. */
const night: readonly (readonly [at: string, command: string])[] = [
  [
    "2026-11-23T14:00:00Z",
    `detent emit file.arrived '{"kind":"png","path":"a.png"}' --id upload-6`,
  ],
  ["2026-11-23T15:00:00Z", "detent start app.ts --until-idle"],
  ["2026-11-23T16:00:00Z", "detent pause digest --app app.ts"],
  ["2026-11-23T16:10:00Z", "detent start app.ts --until-idle"],
  [
    "2026-11-23T22:00:00Z",
    `detent emit file.arrived '{"kind":"jpg","path":"b.jpg"}' --id upload-7`,
  ],
  ["2026-11-23T22:01:00Z", `detent emit file.arived '{"kind":"png","path":"c.png"}' --id upload-8`],
  ["2026-11-23T22:02:00Z", `detent emit file.arrived '{"kind":"png","path":""}' --id upload-9`],
  ["2026-11-24T06:30:00Z", "detent start app.ts --until-idle"],
];
const morning = "2026-11-24T07:00:00Z";

interface Followed {
  readonly commands: number;
  readonly faults: readonly Fault[];
}

/** Lives the night in a folder in which `import "detent"` works, and follows the document. `detent` is the command line that runs it. */
export const follow = (
  document: string,
  {
    folder,
    detent,
    lived = night,
  }: {
    readonly folder: string;
    readonly detent: readonly string[];
    readonly lived?: typeof night;
  },
): Followed => {
  const blocks = blocksOf(document);
  const app = blocks.find(({ info }) => info === "ts app.ts");
  if (app === undefined) throw new Error("the document has no app.ts");
  fs.writeFileSync(join(folder, "app.ts"), app.text);
  fs.writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
  fs.mkdirSync(join(folder, "bin"), { recursive: true });
  const words = detent.map((word) => `'${word}'`).join(" ");
  fs.writeFileSync(join(folder, "bin/detent"), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  for (const [at, command] of lived) {
    const { status, output } = run(folder, command, at);
    if (status !== 0)
      throw new Error(`${command} at ${at} exits with ${String(status)}:\n${output}`);
  }
  return followed(folder, blocks);
};

const followed = (folder: string, blocks: readonly Block[]): Followed => {
  const faults: Fault[] = [];
  let commands = 0;
  blocks.forEach(({ info, text, line }, index) => {
    const expected = /^sh(?: exit=(\d))?$/.exec(info);
    if (expected === null) return;
    let output = "";
    for (const command of text.trimEnd().split("\n")) {
      const ran = run(folder, command, morning);
      commands++;
      output += ran.output;
      if (ran.status !== Number(expected[1] ?? 0))
        faults.push({ line, command, fault: `exits with ${String(ran.status)}:\n${ran.output}` });
    }
    const shown = blocks[index + 1];
    const missing = shown?.info === "text" ? missingLine(shown.text, output) : undefined;
    if (shown !== undefined && missing !== undefined)
      faults.push({ line: shown.line, command: text, fault: `prints no ${missing}\n${output}` });
  });
  return { commands, faults };
};

/** The first line that is shown and not printed behind those before it. */
const missingLine = (shown: string, printed: string): string | undefined => {
  const lines = printed.split("\n");
  let from = 0;
  for (const line of shown.split("\n").filter((it) => it.trim() !== "")) {
    const words = line
      .trim()
      .split("…")
      .map((it) => it.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const pattern = new RegExp(`^\\s*${words.join(".*")}\\s*$`);
    const found = lines.findIndex((other, at) => at >= from && pattern.test(other));
    if (found === -1) return JSON.stringify(line);
    from = found + 1;
  }
  return undefined;
};

/** `at`: what the clock shows when the command begins. */
const run = (
  folder: string,
  command: string,
  at: string,
): { readonly status: number | null; readonly output: string } => {
  const clock = new URL("../../tools/operating/clock.mjs", import.meta.url).href;
  const { status, stdout, stderr } = spawnSync("sh", ["-c", command], {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
    env: {
      PATH: [join(folder, "bin"), process.env["PATH"]].join(delimiter),
      HOME: folder,
      TZ: "UTC",
      NODE_OPTIONS: `--import=${clock}`,
      DETENT_CLOCK_SHIFT: String(Date.parse(at) - Date.now()),
    },
  });
  return { status, output: stdout + stderr };
};

/** The fenced blocks of a document, in their order. */
const blocksOf = (document: string): readonly Block[] =>
  [...document.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(
    ({ index, 1: info = "", 2: text = "" }) => ({
      info,
      text,
      line: document.slice(0, index).split("\n").length,
    }),
  );

// How long a worker thread takes from being spawned to being ready: an empty one, detent's without any task, and detent's with a registry of forty modules in TypeScript, as they
// are and as `detent build` makes them one file. Of the package as it is published, so `npm run build` comes first. All in the same rounds; ratios of medians. Alone:
// `node bench/startup.ts`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { buildTasks } from "../src/cli/bundle.ts";
import { Thread } from "../src/runtime/executor/thread.ts";
import { median, rounded, tableOf, type Row } from "./row.ts";

const dist = new URL("../dist/", import.meta.url);
const moduleCount = 40;
const rounds = 15;

export const benchStartup = async (): Promise<Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), "detent-bench-"));
  try {
    const { modules, bundle } = await registryIn(folder);
    const contenders = {
      empty: () => emptyMillis(join(folder, "empty.mjs")),
      none: () => threadMillis([]),
      bundle: () => threadMillis([bundle]),
      sources: () => threadMillis(modules),
    };
    const millis = Object.fromEntries(
      Object.keys(contenders).map((name) => [name, [] as number[]]),
    );
    for (let round = -2; round < rounds; round++)
      for (const [name, measure] of Object.entries(contenders)) {
        // oxlint-disable-next-line no-await-in-loop -- one at a time, or they would disturb each other
        const taken = await measure();
        if (round >= 0) millis[name]?.push(taken);
      }
    const of = (name: keyof typeof contenders): number => median(millis[name] ?? []);
    const told = (name: keyof typeof contenders): string =>
      `${rounded(of(name))} ms (${(of(name) / of("empty")).toFixed(2)}x)`;
    return [
      {
        what: `a worker thread's start, ${moduleCount} modules made one file by \`detent build\``,
        detent: told("bundle"),
        peers: {
          "an empty thread": `${rounded(of("empty"))} ms`,
          "detent's without tasks": told("none"),
          "with the modules as they are": told("sources"),
        },
        note: "target ≤ 2x an empty thread",
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const registryIn = async (folder: string): Promise<{ modules: string[]; bundle: string }> => {
  const index = JSON.stringify(new URL("index.js", dist).href);
  mkdirSync(join(folder, "tasks"));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return pathToFileURL(join(folder, name)).href;
  };
  write("package.json", `{ "type": "module" }`);
  write(
    "empty.mjs",
    `import { parentPort } from "node:worker_threads"; parentPort.postMessage(1);`,
  );
  const modules = Array.from({ length: moduleCount }, (_, number) =>
    write(
      `tasks/t${number}.ts`,
      `import { task } from ${index};
       interface Input { readonly n: number }
       export const t${number} = task({ id: "t${number}", run: ({ n }: Input) => n + ${number} });`,
    ),
  );
  write(
    "app.ts",
    `import { detent } from ${index}; export default detent({ tasks: ${JSON.stringify(modules)} });`,
  );
  const out = join(folder, "tasks.mjs");
  await buildTasks(join(folder, "app.ts"), { out, external: [] });
  return { modules, bundle: pathToFileURL(out).href };
};

const emptyMillis = (file: string): Promise<number> =>
  new Promise((resolve) => {
    const from = performance.now();
    const worker = new Worker(pathToFileURL(file));
    let millis = 0;
    worker.on("message", () => {
      millis = performance.now() - from;
      void worker.terminate();
    });
    worker.on("exit", () => resolve(millis));
  });

const threadMillis = (modules: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const from = performance.now();
    let millis = 0;
    const thread = new Thread(
      {
        entry: new URL("runtime/executor/worker-entry.js", dist),
        modules,
        shared: {},
        atomics: "disabled",
      },
      (event) => {
        if (event._tag === "Gone") resolve(millis);
        if (event._tag !== "Ready") return;
        millis = performance.now() - from;
        if (event.faults.length > 0) reject(new Error(event.faults[0]?.message));
        thread.end();
      },
    );
  });

if (import.meta.main) console.log(tableOf(await benchStartup()));

// The bodies of the demo's tasks. Worker threads import this file by itself; none of it knows of triggers, stores or other tasks.
import * as path from "node:path";
import { task } from "detent";
import { clustersOf } from "./clusters.ts";
import { contentOf, filesBelow, type FileFound } from "./files.ts";
import { recorded, recordFile, records } from "./records.ts";
import { summaryText } from "./summary.ts";
import { longestLineOf, packedSizeOf, signatureOf, tokensOf } from "./text.ts";

/** What is known of a file. */
export interface Analysis extends FileFound {
  readonly folder: string;
  /** In lower case. */
  readonly name: string;
  readonly bytes: number;
  /** Bytes after zlib at level 9. */
  readonly packed: number;
  readonly tokens: number;
}

const lineMax = 100_000;

export const scan = task({
  id: "scan",
  run: recorded("scan", ({ filesMax }: { filesMax: number }, ctx) => {
    const files = filesBelow(filesMax);
    for (const [index, file] of files.entries()) {
      const { hash } = contentOf(file);
      ctx.emit("file.found", { path: file, hash }, { id: `${file}@${hash}` });
      ctx.progress((index + 1) / files.length);
    }
    return { result: { files: files.length } };
  }),
});

export const analyse = task({
  id: "analyse",
  run: recorded("analyse", ({ path: file }: FileFound) => {
    // The file may have changed since it was found; what is told is what was read.
    const { text, bytes, hash } = contentOf(file);
    const longest = longestLineOf(text);
    if (longest > lineMax) throw new RangeError(`it has a line of ${longest} characters`);
    const tokens = tokensOf(text);
    const result: Analysis = {
      path: file,
      hash,
      folder: path.posix.dirname(file),
      name: path.posix.basename(file).toLowerCase(),
      bytes,
      packed: packedSizeOf(text),
      tokens: tokens.length,
    };
    // The signature stays out of the store: only the summary needs it.
    return { result, recorded: { ...result, signature: signatureOf(tokens) } };
  }),
});

export const heartbeat = task({
  id: "heartbeat",
  priority: 10,
  run: recorded("heartbeat", (_: unknown, ctx) => {
    const counts = new Map<string, number>();
    for (const { task } of records())
      if (task !== "heartbeat") counts.set(task, (counts.get(task) ?? 0) + 1);
    const text = [...counts].map(([task, count]) => `${count} ${task}`).join(", ");
    ctx.log(`so far: ${text === "" ? "nothing" : text}`);
    return { result: Object.fromEntries(counts) };
  }),
});

export const report = task({
  id: "report",
  priority: 5,
  run: recorded("report", ({ path: file, bytes, packed }: Analysis, ctx) => {
    ctx.log(`${file} says little: ${bytes} bytes fit into ${packed}`);
    return { result: { path: file, share: packed / bytes } };
  }),
});

export const quarantine = task({
  id: "quarantine",
  priority: 5,
  run: recorded("quarantine", (input: { path: string; reason: string }, ctx) => {
    ctx.log(`${input.path}: ${input.reason}`);
    return { result: input };
  }),
});

export const compare = task({
  id: "compare",
  priority: 5,
  run: recorded(
    "compare",
    ({ readme, changelog }: { readme: Analysis; changelog: Analysis }, ctx) => {
      const times = changelog.tokens / Math.max(1, readme.tokens);
      ctx.log(`${readme.folder}: the changelog is ${times.toFixed(1)} times as long as the README`);
      return { result: { folder: readme.folder, times } };
    },
  ),
});

export const summary = task({
  id: "summary",
  run: recorded("summary", ({ scan }: { scan: string }, ctx) => {
    const all = records();
    const clusters = clustersOf(
      all.filter((it) => it.task === "analyse" && it.ended === "returned"),
    );
    ctx.log(summaryText(all, { scan, clusters, recordFile: recordFile() }));
    return { result: { clusters: clusters.length } };
  }),
});

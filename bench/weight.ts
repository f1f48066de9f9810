// What the core weighs in a bundle, minified and compressed. Alone: `node bench/weight.ts`.
import { webBundleOf } from "../test/support/web-bundle.ts";
import { tableOf, type Row } from "./row.ts";

const kilobytes = async (text: string, external: readonly RegExp[] = []): Promise<string> =>
  `${((await webBundleOf({ text }, { external })).gzipBytes / 1_024).toFixed(0)} KB`;

const whole = `export * from "detent/core"`;
const decisions = `export { definitionsOf, detent, step, stateOf, advance, batchOf, runIdOf } from "detent/core"`;
const cron = [/^cron-parser$/];

export const benchWeight = async (): Promise<Row[]> => [
  {
    what: "`detent/core`, bundled, minified, gzip",
    detent: await kilobytes(whole),
    peers: {
      "cron-parser in it": await kilobytes(`export { CronExpressionParser } from "cron-parser"`),
    },
    note: "target ≤ 75 KB; docs/decisions/0021 says why not",
  },
  {
    what: "the decisions alone, without cron",
    detent: await kilobytes(decisions, cron),
    peers: { "the whole without cron": await kilobytes(whole, cron) },
    note: "target ≤ 45 KB",
  },
];

if (import.meta.main) console.log(tableOf(await benchWeight()));

// How long the command line takes from being started to its end, beside a Node that does nothing, in the same rounds. Of the package as it is built. Alone: `node bench/launch.ts`.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median, rounded, tableOf, type Row } from "./row.ts";

const bin = fileURLToPath(new URL("../bin/detent.js", import.meta.url));
const rounds = 15;
const contenders = {
  "detent --help": [bin, "--help"],
  "detent next": [bin, "next", "0 2 * * *", "--tz", "Europe/Madrid"],
  "node -e 0": ["-e", "0"],
};
type Name = keyof typeof contenders;

export const benchLaunch = (): Row[] => {
  const names = Object.keys(contenders) as Name[];
  const millis = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = -2; round < rounds; round++)
    for (const name of names) {
      const from = performance.now();
      const { status } = spawnSync(process.execPath, contenders[name], { stdio: "ignore" });
      if (status !== 0) throw new Error(`${name} ended with ${status}`);
      if (round >= 0) millis.get(name)?.push(performance.now() - from);
    }
  const of = (name: Name): readonly number[] => millis.get(name) ?? [];
  const bare = of("node -e 0");
  return names
    .filter((name) => name !== "node -e 0")
    .map((name) => ({
      what: `\`${name}\``,
      detent: `${rounded(median(of(name)))} ms, ${median(of(name).map((it, round) => it / (bare[round] ?? Number.NaN))).toFixed(2)}x`,
      peers: { "`node -e 0`": `${rounded(median(bare))} ms` },
      note: "target ≤ 4x",
    }));
};

if (import.meta.main) console.log(tableOf(benchLaunch()));

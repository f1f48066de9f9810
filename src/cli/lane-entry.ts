// One lane of `detent simulate`: imports the app, and plays the plans whose numbers it is told, one after the other.
import { parentPort, workerData } from "node:worker_threads";
import { scout } from "../simulation/simulate.ts";
import type { LaneAnswer, LaneSetup } from "./lanes.ts";
import { settingsOver, simulatedApp } from "./simulated-app.ts";

const { file, settings, ...choices } = workerData as LaneSetup;

const open = async (): Promise<Awaited<ReturnType<typeof scout>>> => {
  const subject = await simulatedApp(file, choices);
  return scout(subject.app, settingsOver(subject.settings, settings));
};

const opened = open();
let last: Promise<unknown> = opened;
// Whoever asked plays it, too, and sees why.
const unplayed = (index: number): LaneAnswer => ({ index, digest: null });

parentPort?.on("message", (index: number) => {
  last = last
    .then(() => opened)
    .then((play): LaneAnswer => ({ index, digest: play(index) ?? null }))
    .catch(() => unplayed(index))
    .then((answer) => parentPort?.postMessage(answer));
});

// One engine of several on one file: says that it has begun, tells its warnings, and stays until it is told to stop.
import { writeSync } from "node:fs";
import { detent, start } from "../../src/index.ts";

const say = (line: string): void => void writeSync(1, `${line}\n`);
const [, , store = "memory:"] = process.argv;
const app = detent({ tasks: [new URL("./engines-tasks.ts", import.meta.url)], triggers: [] });
const runtime = await start(app, {
  store,
  durability: "process",
  slots: 2,
  onNote: (note) => {
    if (note._tag === "Warning") say(`warning: ${note.message}`);
  },
});
process.once("SIGTERM", () => void runtime.stop().then(() => process.exit(0)));
say("ready");

// `detent build`: makes one file of an app's task modules and all that they import, so that a worker thread starts fast. Writes it only when a thread has loaded it.
import * as Command from "effect/cli/Command";
import { argument, doing, flag, json } from "./options.ts";
import { print, printJson } from "./output.ts";
import { counted } from "../core/counted.ts";

export const build = Command.make(
  "build",
  {
    app: argument("APP", "The file whose default export is detent({ … })"),
    out: flag("out", "FILE", "The file to write, .mjs or .js. Default: APP.tasks.mjs beside APP"),
    external: flag(
      "external",
      "NAMES",
      "Packages to leave outside, such as sharp,pg. Those with native parts are left outside anyway",
    ),
    json,
  },
  doing(async ({ app, out, external, json }) => {
    const { buildTasks, defaultOut } = await import("./bundle.ts");
    const built = await buildTasks(app, {
      out: out ?? defaultOut(app),
      external: external === undefined ? [] : external.split(","),
    });
    if (json) {
      printJson(built);
      return;
    }
    for (const warning of built.warnings) process.stderr.write(`detent: warning: ${warning}\n`);
    const { length } = built.tasks;
    print(
      `${built.out}: ${counted(length, "task")}, ${Math.ceil(built.bytes / 1_024).toLocaleString("en")} KiB`,
    );
    print(`start it with: detent start ${app} --tasks ${built.out}`);
  }),
).pipe(
  Command.withDescription(
    "Bundle an app's tasks into one file, which worker threads load faster than their sources",
  ),
  Command.withExamples([
    { command: "detent build app.ts" },
    {
      command: "detent build app.ts --out dist/tasks.mjs --json",
      description: "Then: detent start app.ts --tasks dist/tasks.mjs",
    },
  ]),
);

/**
 * Goal: what people tell an engine from the command line is done, whether or not one runs: signals, pauses, cancels.
 * Method: the bundle of the sources, run as a process in folders of their own. Long waits are for lines of output, never for time.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleCli, ended, lineWith, newPlace, type Place } from "../support/cli.ts";

const places: Place[] = [];
const place = (): Place => {
  const made = newPlace();
  places.push(made);
  return made;
};
beforeAll(bundleCli, 60_000);
afterAll(() => places.forEach((it) => it.remove()));

const slow = `
import { detent, task } from "detent";
export const nap = task({ id: "nap", run: (input: { millis: number }, ctx) => {
  ctx.log("asleep");
  const until = Date.now() + input.millis;
  while (Date.now() < until) ctx.progress(0.5);
} });`;

test.concurrent("SIGTERM waits for what runs, and exits 0", async () => {
  const here = place();
  here.write("tasks.ts", slow);
  here.write(
    "app.ts",
    `import { detent } from "detent";
     export default detent({ tasks: [new URL("./tasks.ts", import.meta.url)] });`,
  );
  await here.detent(["run", "nap", '{"millis":700}', "--app", "app.ts"]);
  const child = here.start(["start", "app.ts"]);
  const end = ended(child);
  await lineWith(child, "asleep");
  child.kill("SIGTERM");
  const { code, stdout } = await end;
  expect(code).toBe(0);
  expect(stdout).toMatch(/SIGTERM: waiting[\s\S]*succeeded {2}nap/);
});

test.concurrent("a second signal ends it at once, and exits 1", async () => {
  const here = place();
  here.write("tasks.ts", slow);
  here.write(
    "app.ts",
    `import { detent } from "detent";
     export default detent({ tasks: [new URL("./tasks.ts", import.meta.url)] });`,
  );
  await here.detent(["run", "nap", '{"millis":20000}']);
  const child = here.start(["start", "app.ts"]);
  const end = ended(child);
  await lineWith(child, "asleep");
  child.kill("SIGINT");
  await lineWith(child, "SIGINT: waiting");
  child.kill("SIGINT");
  expect(await end).toMatchObject({ code: 1 });
  expect(existsSync(join(here.folder, "detent.db"))).toBe(true);
});

test.concurrent("pause, resume, backfill and rewind are stored whether or not an engine runs; triggers shows what is paused", async () => {
  const here = place();
  here.write(
    "app.ts",
    `import { cron, detent, event, task, trigger } from "detent";
     const log = task({ id: "log", run: (input: unknown, ctx) => ctx.log(String(input)) });
     export default detent({ tasks: [log], triggers: [
       trigger("y", { when: cron("0 0 1 1 *"), run: log, input: "y" }),
       trigger("a", { when: event("e"), run: log, input: "a" }),
       trigger("b", { when: event("e"), run: log, input: "b" }) ] });`,
  );
  const told = async (args: readonly string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await here.detent([...args, "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  };
  const pause = ["pause", "a", "--until", "2100-01-01T00:00Z", "--id", "p", "--app", "app.ts"];
  const command = { command: "p", trigger: "a", until: "2100-01-01T00:00:00.000Z" };
  expect(await told(pause)).toEqual({ ...command, status: "accepted" });
  expect(await told(pause)).toEqual({ ...command, status: "duplicate" });
  await told(["emit", "e"]);
  expect(await told(["start", "app.ts", "--until-idle"])).toMatchObject({
    store: { runs: { succeeded: 1 }, skips: 1 },
  });
  expect(await told(["triggers", "app.ts"])).toMatchObject({
    triggers: [
      { id: "y", paused: null },
      { id: "a", paused: { until: "2100-01-01T00:00:00.000Z" } },
      { id: "b", paused: null },
    ],
  });
  expect(await here.detent(["pause", "c"])).toMatchObject({
    code: 2,
    stderr: `detent: there is no trigger "c" among the active definitions in sqlite:${here.folder}/detent.db; there are "y", "a", "b"\n`,
  });
  const range = { from: "2019-01-01T00:00:00.000Z", to: "2021-01-01T00:00:00.000Z" };
  expect(await told(["backfill", "y", "--from", range.from, "--to", range.to])).toMatchObject({
    status: "accepted",
    trigger: "y",
    count: 3,
    ...range,
  });
  const make = ["schedule", "m", "--task", "log", "--cron", "0 0 1 1 *", "--tz", "Asia/Tokyo"];
  expect(await told(make)).toMatchObject({ status: "accepted", trigger: "m", task: "log" });
  expect(await told(["rewind"])).toMatchObject({ status: "accepted", to: expect.any(String) });
  expect(await told(["resume", "a"])).toMatchObject({ status: "accepted", trigger: "a" });
  expect(await told(["start", "app.ts", "--until-idle"])).toMatchObject({
    store: { runs: { succeeded: 4 } },
  });
  expect(await told(["triggers", "app.ts"])).toMatchObject({
    triggers: [
      ...["y", "a", "b"].map((id) => ({ id, made: false, paused: null })),
      { id: "m", task: "log", made: true, when: 'cron("0 0 1 1 *", Asia/Tokyo)' },
    ],
  });
  const asked = ["next", "m", "--app", "app.ts", "--from", "2030-01-01T00:00Z", "--count", "1"];
  expect(await told(asked)).toMatchObject({ occurrences: ["2030-12-31T15:00:00.000Z"] });
  expect(await told(["unschedule", "m"])).toMatchObject({ status: "accepted", trigger: "m" });
});

test.concurrent("cancel ends a run that waits, retry runs it again; what is over, not over or not there is told", async () => {
  const here = place();
  here.write(
    "app.ts",
    `import { detent, task } from "detent";
     const log = task({ id: "log", run: (input: unknown, ctx) => ctx.idempotencyKey });
     export default detent({ tasks: [log] });`,
  );
  const told = async (args: readonly string[]): Promise<any> => {
    const { code, stdout, stderr } = await here.detent([...args, "--json"]);
    return { code, stderr, ...JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") };
  };
  const { run } = await told(["run", "log", "7"]);
  expect(await told(["cancel", run])).toMatchObject({
    code: 2,
    error: {
      name: "InputError",
      message: `there is no run "${run}" in sqlite:${here.folder}/detent.db; "detent runs" lists them, and one that was asked for becomes a run when an engine comes to it`,
    },
  });
  await told(["pause", "--task", "log", "--app", "app.ts"]);
  const child = here.start(["start", "app.ts", "--json"]);
  const end = ended(child);
  await lineWith(child, '"note":"owed"');
  child.kill("SIGTERM");
  await end;
  expect(await told(["retry", run])).toMatchObject({ code: 1, error: { name: "RefusedError" } });
  expect(await told(["cancel", run])).toEqual({ code: 0, stderr: "", run, status: "cancelled" });
  expect(await here.detent(["cancel", run])).toMatchObject({
    code: 1,
    stderr: `detent: run ${run} is over already\n`,
  });
  const again = await told(["retry", run, "--id", "again"]);
  expect(again).toMatchObject({ code: 0, status: "accepted", of: run });
  await told(["resume", "--task", "log"]);
  await told(["start", "app.ts", "--until-idle"]);
  expect(await told(["show", again.run])).toMatchObject({
    state: "succeeded",
    input: 7,
    outcome: { result: run },
    cause: ["again"],
  });
});

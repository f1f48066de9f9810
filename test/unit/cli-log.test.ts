// Goal: what an operator may have to find again is one log record, with its level and annotations, as the settings ask; values that are hidden stay hidden. Method: an app that
// succeeds, fails, skips and logs once; the command line as a process.
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleCli, ended, lineWith, newPlace, type Place } from "../support/cli.ts";

const places: Place[] = [];
const lived = async (): Promise<Place> => {
  const place = newPlace();
  places.push(place);
  place.write(
    "app.js",
    `import { detent, event, task, trigger } from "detent";
     const good = task({ id: "good", run: (_, ctx) => { ctx.log("a word", "warn"); ctx.log("detail", "debug"); } });
     const bad = task({ id: "bad", run: () => { throw new RangeError("the pin is 1234"); } });
     const when = event("e");
     export default detent({ tasks: [good, bad], triggers: [
       trigger("g", { when, run: good }), trigger("b", { when, run: bad }),
       trigger("f", { when: event("e", () => { throw new TypeError("odd"); }), run: good }) ] });`,
  );
  await place.detent(["emit", "e", "--id", "x"]);
  return place;
};
beforeAll(bundleCli, 60_000);
afterAll(() => places.forEach((it) => it.remove()));

test.concurrent("--log json writes each record as a line of JSON; what is hidden is hidden", async () => {
  const place = await lived();
  const { code, stdout, stderr } = await place.detent(
    ["start", "app.js", "--until-idle", "--log", "json"],
    { env: { DETENT_REDACT: "error.message" } },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const records = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { message: string; level: string; annotations: object });
  const of = (message: string) => records.filter((record) => record.message === message);
  const run = { run: expect.stringMatching(/^g~/), task: "good", trigger: "g", attempt: 1 };
  expect(records[0]).toMatchObject({
    message: "engine started",
    level: "INFO",
    timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    annotations: { store: expect.stringContaining("detent.db") },
  });
  expect(of("run succeeded")).toMatchObject([
    { level: "INFO", annotations: { ...run, state: "succeeded", millis: expect.any(Number) } },
  ]);
  expect(of("run failed")).toMatchObject([
    {
      level: "ERROR",
      annotations: { task: "bad", error: { name: "RangeError", message: "[redacted]" } },
    },
  ]);
  expect(of("skipped")).toMatchObject([
    {
      level: "WARN",
      annotations: {
        trigger: "f",
        signal: "x",
        reason: "filtered-by-error",
        count: 1,
        detail: "TypeError: odd",
      },
    },
  ]);
  expect(of("a word")).toMatchObject([{ level: "WARN", annotations: run }]);
  expect(of("detail")).toEqual([]);
  expect(records.at(-1)).toMatchObject({ message: "engine stopped" });
});

test.concurrent("DETENT_LOG=pretty writes for people, without colours where there is no terminal; --json goes before it", async () => {
  const place = await lived();
  const env = { DETENT_LOG: "pretty" };
  const pretty = await place.detent(["start", "app.js", "--until-idle"], { env });
  expect(pretty.stdout).toMatch(/^\[.*\] ERROR .*: run failed\n {2}run: b~\w+\n {2}task: bad$/m);
  expect(pretty.stdout).not.toContain("\u001B[");
  const json = await place.detent(["start", "app.js", "--until-idle", "--json"], { env });
  expect(JSON.parse(json.stdout.split("\n", 1)[0]!)).toMatchObject({ note: "engine-started" });
  expect(await place.detent(["start", "app.js", "--json", "--log", "json"])).toMatchObject({
    code: 2,
    stdout: '{"error":{"name":"InputError","message":"give either --log or --json"}}\n',
  });
});

test.concurrent("who starts another app on a store is told what that retires: a warning while an engine has it", async () => {
  const place = await lived();
  place.write(
    "other.js",
    `import { detent } from "detent"; export default detent({ tasks: [], triggers: [] });`,
  );
  const first = place.start(["start", "app.js"]);
  await lineWith(first, "started");
  const told = async (app: string): Promise<readonly string[]> => {
    const { stdout } = await place.detent(["start", app, "--until-idle", "--log", "json"]);
    return stdout
      .split("\n")
      .filter((line) => line.includes("retires"))
      .map((line) => JSON.parse(line) as { readonly level: string; readonly message: string })
      .map(({ level, message }) => `${level} ${message}`);
  };
  expect(await told("other.js")).toEqual([
    expect.stringMatching(
      new RegExp(
        `^WARN generation 2 of the definitions retires the triggers "g", "b", "f" in sqlite:.*, where engine \\S+ \\(process ${first.pid} on .*\\) has not left, and routes nothing any more; if this is not`,
      ),
    ),
  ]);
  const over = ended(first);
  first.kill("SIGTERM");
  await over;
  await told("app.js");
  expect(await told("other.js")).toEqual([
    expect.stringMatching(
      /^INFO generation 4 of the definitions retires the triggers "g", "b", "f" in sqlite:\S+$/,
    ),
  ]);
});

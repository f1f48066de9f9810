// Goal: a value is taken from the flag, or else the environment, the file, the default; the doctor says from where; what is wrong with a file or a variable is told at once. Method:
// the command line as a process, in folders of its own.
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleCli, newPlace, type Place } from "../support/cli.ts";

const places: Place[] = [];
const place = (config?: string, file = "detent.config.ts"): Place => {
  const made = newPlace();
  places.push(made);
  made.write(
    "app.js",
    `import { detent, event, task, trigger } from "detent";
     const work = task({ id: "work", run: () => null });
     export default detent({ app: "named", tasks: [work], triggers: [trigger("t", { when: event("e"), run: work })] });`,
  );
  if (config !== undefined) made.write(file, config);
  return made;
};
beforeAll(bundleCli, 60_000);
afterAll(() => places.forEach((it) => it.remove()));

const settings = async (here: Place, args: readonly string[], env = {}) => {
  const { stdout } = await here.detent(["doctor", ...args, "--json"], { env });
  const { config } = JSON.parse(stdout) as {
    config: { name: string; value: unknown; source: string }[];
  };
  return Object.fromEntries(config.map(({ name, value, source }) => [name, [value, source]]));
};

test.concurrent("the flag goes before the environment, that before the file, that before the default; doctor says which", async () => {
  const here = place(
    `import type { Config } from "detent";
     export default { store: "sqlite:file.db", app: "./app.js", slots: 3, redact: ["**.pin"] } satisfies Config;`,
  );
  for (const store of ["file", "env", "flag"])
    await here.detent(["emit", "e", "--store", `sqlite:${store}.db`]);
  const env = {
    DETENT_STORE: "sqlite:env.db",
    DETENT_SLOTS: "5",
    DETENT_REDACT: "input.b, **.c",
    DETENT_REDIS: "rediss://me:secret@host:1",
  };
  const [file, environment, flag] = await Promise.all([
    settings(here, []),
    settings(here, [], env),
    settings(here, ["other", "--store", "sqlite:flag.db"], env),
  ]);
  expect(file).toEqual({
    store: ["sqlite:file.db", "detent.config.ts"],
    app: ["./app.js", "detent.config.ts"],
    slots: [3, "detent.config.ts"],
    durability: ["power", "default"],
    log: [null, "default"],
    otlp: [null, "default"],
    redis: [null, "default"],
    redact: [["**.pin"], "detent.config.ts"],
  });
  expect(environment).toMatchObject({
    store: ["sqlite:env.db", "DETENT_STORE"],
    slots: [5, "DETENT_SLOTS"],
    redact: [["input.b", "**.c"], "DETENT_REDACT"],
    redis: ["rediss://me@host:1", "DETENT_REDIS"],
  });
  expect(flag).toMatchObject({ store: ["sqlite:flag.db", "--store"], app: ["other", "APP"] });
});

test.concurrent("commands use what is set: the app's file, its store, and what is not to be shown", async () => {
  const here = place(
    `export default { store: "sqlite:set.db", app: "app.js", redact: ["payload.pin"] };`,
    "detent.config.js",
  );
  expect((await here.detent(["check"])).stdout).toBe("1 trigger, 1 task: 0 faults\n");
  await here.detent(["emit", "e", '{"pin":"secret"}', "--id", "x"]);
  expect((await here.detent(["why-not", "x"])).stdout).toContain("t  not routed yet");
  const { stdout } = await here.detent(["export"]);
  expect(stdout).toMatch(/"app":"named".*\n.*"pin":"\[redacted\]"/);
});

describe("what is wrong is told at once", () => {
  test.concurrent.each([
    [
      `export default { store: 1, slots: 0, durabilty: "power", nonsense: 1, redact: ["a..b"] };`,
      [
        "5 faults:",
        "detent.config.ts: store is 1; give a URL such as sqlite:detent.db",
        "detent.config.ts: slots is 0; give a whole number of at least 1",
        'detent.config.ts: "durabilty" is no option; did you mean "durability"?',
        'detent.config.ts: "nonsense" is no option; there are store, app, slots, durability, otlp, redis, log, redact',
        'detent.config.ts: redact is an array; "a..b" is no path;',
      ],
    ],
    [
      `export default { redact: ["card.number"] };`,
      [
        '"card.number" begins with none of payload, input, result, error; wherever that is: "**.card.number"',
      ],
    ],
    ["export const a = 1;", ["detent.config.ts does not export a configuration by default; write"]],
    ["export default {", ["detent.config.ts can't be imported: "]],
  ])("%s", async (config, lines) => {
    const { code, stderr } = await place(config).detent(["runs"]);
    expect(code).toBe(2);
    for (const line of lines) expect(stderr).toContain(line);
  });

  test.concurrent.each([
    [{ DETENT_SLOTS: "many" }, 'DETENT_SLOTS is "many"; give a whole number of at least 1'],
    [
      { DETENT_REDIS: "http://:secret@host" },
      'DETENT_REDIS is "http://host"; give the URL of a server such as redis://127.0.0.1:6379',
    ],
    [{ DETENT_DURABILITY: "disk" }, 'DETENT_DURABILITY is "disk"; give "power" or "process"'],
  ])("%j", async (env, line) => {
    const { code, stderr } = await place().detent(["runs"], { env });
    expect({ code, stderr }).toEqual({ code: 2, stderr: `detent: ${line}\n` });
  });

  test.concurrent("an app that nobody names", async () => {
    expect((await place().detent(["start"])).stderr).toBe(
      "detent: give APP, the app's file, or name it in DETENT_APP or as app in detent.config.ts\n",
    );
  });
});

test.concurrent("completions are a script that the shell reads, with the commands and their flags", async () => {
  const { stdout } = await place().detent(["--completions", "bash"]);
  execFileSync("bash", ["-n"], { input: stdout });
  for (const word of ["why-not", "replay", "--redact"]) expect(stdout).toContain(word);
});

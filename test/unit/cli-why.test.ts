// Goal: why, why-not and events answer people in words and scripts in JSON, and say in one line what they can't answer. Method: an app that lived for a moment, in a store of its
// own; the command line as a process.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleCli, newPlace } from "../support/cli.ts";

const place = newPlace();
const app = `
import { all, cron, detent, event, result, task, trigger } from "detent";
const resize = task({ id: "resize", run: (input) => ({ bytes: input.path.length }) });
const publish = task({ id: "publish", run: () => null });
const named = (payload) => payload.path.startsWith("a");
export default detent({ tasks: [resize, publish], triggers: [
  trigger("thumbnail", { when: event("file.arrived", { kind: "png" }), run: resize, input: (f) => f.event.payload }),
  trigger("named", { when: event("file.arrived", named), run: publish }),
  trigger("publish", { when: all([result(resize), event("approved")]), run: publish }),
  trigger("calm", { when: event("noise"), debounce: "1 h", run: publish }),
  trigger("yearly", { when: cron("0 0 1 1 *"), run: publish }) ] });`;

const told = async (...args: readonly string[]): Promise<any> => {
  const { code, stdout, stderr } = await place.detent([...args, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
};
const said = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await place.detent(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
};

beforeAll(async () => {
  bundleCli();
  place.write("app.js", app);
  const emit = (id: string, name: string, payload: object) =>
    place.detent(["emit", name, JSON.stringify(payload), "--id", id]);
  await emit("png", "file.arrived", { kind: "png", path: "a.png" });
  await emit("jpg", "file.arrived", { kind: "jpg", path: "b.jpg" });
  await emit("typo", "file.arived", {});
  await emit("noise", "noise", {});
  // Before an engine has been there, nobody can say that there is no such trigger.
  await place.detent(["pause", "none", "--id", "p"]);
  // A debounced firing would keep it from being idle.
  const child = place.start(["start", "app.js", "--json"]);
  const succeeded = new Promise<void>((resolve) => {
    let count = 0;
    child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      count += text.split('"note":"ended"').length - 1;
      if (count === 2) resolve();
    });
  });
  await succeeded;
  const ended = new Promise((resolve) => child.on("close", resolve));
  child.kill("SIGTERM");
  await ended;
  await emit("yes", "approved", {});
}, 60_000);
afterAll(() => place.remove());

describe("why-not", () => {
  test.concurrent("names the field that differs, with both values", async () => {
    expect(await said("why-not", "jpg", "--app", "app.js")).toContain(
      [
        "thumbnail  not satisfied",
        '  ✗ event(file.arrived, {"kind":"png"}): payload.kind is "jpg", not "png"',
        "",
        "named  not satisfied",
        '  ✗ event(file.arrived, predicate): the predicate named says no to payload, which is {"kind":"jpg","path":"b.jpg"}',
      ].join("\n"),
    );
    const { signal, routed, answers } = await told(
      "why-not",
      "jpg",
      "thumbnail",
      "--app",
      "app.js",
    );
    expect({ signal, routed }).toMatchObject({
      signal: { id: "jpg", seq: 2, kind: "event", name: "file.arrived", origin: null },
      routed: true,
    });
    expect(answers).toEqual([
      {
        trigger: "thumbnail",
        signal: "jpg",
        verdict: { kind: "unsatisfied" },
        paused: null,
        definition: "active",
        condition: {
          kind: "leaf",
          path: "when",
          condition: 'event(file.arrived, {"kind":"png"})',
          verdict: { kind: "mismatch", path: "payload.kind", expected: "png", actual: "jpg" },
          waiting: [],
          parts: [],
        },
      },
    ]);
  });

  test.concurrent("tells what waits for what, what is kept back, what is not routed, and a name that is near", async () => {
    const [run] = (await told("runs", "--trigger", "thumbnail")).runs as { id: string }[];
    const waiting = await said("why-not", `result:${run!.id}:1:succeeded`, "--app", "app.js");
    expect(waiting).toContain(
      `publish  waits for event(approved)\n  all\n    ✓ result(resize)  result:${run!.id}:1:succeeded waits\n    · event(approved)\n`,
    );
    expect((await told("why-not", "noise", "--app", "app.js")).answers[0].verdict).toEqual({
      kind: "kept-back",
      by: "debounce",
      until: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(await said("why-not", "yes", "--app", "app.js")).toContain("publish  not routed yet");
    expect(await said("why-not", "typo", "--app", "app.js")).toContain(
      'No trigger waits for this event name; did you mean "file.arrived"?',
    );
    expect((await told("why-not", "typo", "--app", "app.js")).near).toEqual(["file.arrived"]);
  });

  test.concurrent("tells what is recorded where no file says what the triggers wait for", async () => {
    expect(await told("why-not", "png", "thumbnail")).toMatchObject({
      recorded: [
        { kind: "fired", trigger: "thumbnail", run: expect.stringMatching(/^thumbnail~/) },
      ],
    });
    expect(await said("why-not", "jpg")).toContain("nothing is recorded of it");
  });

  test.concurrent("the list of triggers counts what is kept back", async () => {
    const { triggers } = await told("triggers", "app.js");
    const counts = triggers.map((row: { id: string; keptBack: number }) => [row.id, row.keptBack]);
    expect(Object.fromEntries(counts)).toMatchObject({ calm: 1, thumbnail: 0 });
    expect(await said("triggers", "app.js")).toMatch(/kept back.*\n(.*\n)*calm .* 1 /);
  });

  test.concurrent("answers for an instant", async () => {
    const at = "2100-01-01T00:00:00.000Z";
    expect(await told("why-not", at, "--app", "app.js")).toMatchObject({
      dueAt: at,
      answers: [{ trigger: "yearly", verdict: { kind: "delayed", until: at } }],
      others: [],
    });
    expect(await said("why-not", "2100-06-01T00:00Z", "yearly", "--app", "app.js")).toContain(
      `yearly  does not name this instant: before it ${at}, after it 2101-01-01T00:00:00.000Z`,
    );
  });

  test.concurrent.each([
    [["why-not", "nope", "--app", "app.js"], /there is no signal "nope" in .*, nor is that an ins/],
    [["why-not", "noise"], undefined],
    [
      ["why-not", "approved"],
      /no signal "approved"; events of that name have ids, the newest "yes/,
    ],
    [["why-not", "jpg", "thumbnial", "--app", "app.js"], /not defined.*did you mean "thumbnail"\?/],
    [["why-not", "2026-01-01T00:00Z"], /give --app FILE: which schedules name 2026-01-01T00:00:00/],
    [["why-not", "2026-01-01T00:00Z", "x", "--app", "app.js"], /the trigger "x" is not defined/],
    [["why", "nope"], /there is no run "nope" in sqlite:.*; "detent runs" lists them/],
  ])("detent %j", async (args, line) => {
    const { code, stderr } = await place.detent(args);
    expect(code).toBe(line === undefined ? 0 : 2);
    if (line !== undefined) expect(stderr).toMatch(line);
  });
});

test.concurrent("why-not knows a run when it sees one", async () => {
  const [run] = (await told("runs", "--trigger", "thumbnail")).runs as { id: string }[];
  const { code, stderr } = await place.detent(["why-not", run!.id]);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: `detent: "${run!.id}" is a run; "detent why" says what it came of, and "detent events --all --run" what it told\n`,
  });
});

test.concurrent("why tells the chain back to the event, and the condition that was satisfied", async () => {
  const [run] = (await told("runs", "--trigger", "thumbnail")).runs as { id: string }[];
  expect(await told("why", run!.id, "--app", "app.js")).toMatchObject({
    run: { id: run!.id, trigger: "thumbnail", cause: ["png"] },
    condition: { kind: "leaf", path: "when", signals: ["png"] },
    causes: [
      {
        kind: "event",
        signal: "png",
        name: "file.arrived",
        payload: { kind: "png", path: "a.png" },
        from: null,
      },
    ],
    missing: { runs: [], signals: [] },
  });
  expect((await told("why", run!.id)).condition).toBeNull();
});

test.concurrent("skips lists what was skipped, and why", async () => {
  const page = await told("skips", "--trigger", "@:pause");
  expect(page).toEqual({
    skips: [
      {
        trigger: "@:pause",
        signal: "p",
        from: null,
        to: null,
        count: 1,
        reason: "refused",
        detail: 'no trigger "none" is defined',
        at: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    ],
    next: null,
  });
  expect(await said("skips")).toMatch(
    /^at .*trigger .*reason .*\n.*@:pause +refused +1 +p +no trigger/,
  );
  expect(await said("skips", "--trigger", "thumbnail")).toBe("no skips\n");
});

describe("events", () => {
  test.concurrent("lists events, newest first, by name, and in pages that end where they say", async () => {
    const ids = async (...args: readonly string[]) => {
      const page = await told("events", ...args);
      return { ids: page.events.map(({ id }: { id: string }) => id), next: page.next };
    };
    expect(await ids("--limit", "10000")).toEqual({
      ids: ["yes", "noise", "typo", "jpg", "png"],
      next: null,
    });
    const first = await ids("--limit", "2");
    expect(first.ids).toEqual(["yes", "noise"]);
    const second = await ids("--limit", "2", "--after", first.next as string);
    expect(second.ids).toEqual(["typo", "jpg"]);
    expect(await ids("--limit", "2", "--after", second.next as string)).toEqual({
      ids: ["png"],
      next: null,
    });
    expect((await ids("--name", "file.arrived")).ids).toEqual(["jpg", "png"]);
    expect((await ids("--all")).ids.length).toBeGreaterThan(5);
    expect(await said("events", "--name", "noise")).toMatch(/seq.*at.*id.*event.*payload\n.*noise/);
  });
});

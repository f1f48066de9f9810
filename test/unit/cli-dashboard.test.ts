// Goal: `detent dashboard` and `detent start --dashboard` serve until they are told to end, and say in one line what they can't do. Method: the commands as processes.
import { type ChildProcess } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleCli, ended, lineWith, newPlace, type Place } from "../support/cli.ts";

let place: Place;
beforeAll(() => {
  bundleCli();
  place = newPlace();
  place.write("package.json", `{ "type": "module" }`);
  place.write(
    "app.ts",
    `import { detent, event, task, trigger } from "detent";
    const greet = task({ id: "greet", run: (name) => "hello " + name });
    export default detent({
      tasks: [greet],
      triggers: [trigger("greeting", { when: event("came"), run: greet, input: (f) => f.event.payload })],
    });`,
  );
});
afterAll(() => place.remove());

const urlOf = async (child: ChildProcess): Promise<string> =>
  /http:\/\/127\.0\.0\.1:\d+\//.exec(await lineWith(child, "http://"))?.[0] ?? "";

test("start --dashboard serves the app beside its engine, and both end with it", async () => {
  const child = place.start(["start", "app.ts", "--store", "sqlite:a.db", "--dashboard=0"]);
  const end = ended(child);
  const url = await urlOf(child);
  const posted = await fetch(`${url}api/events`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "came", payload: "Ada" }),
  });
  expect(await posted.json()).toMatchObject({ status: "accepted" });
  await lineSucceeded(url);
  const { triggers } = (await (await fetch(`${url}api/triggers`)).json()) as any;
  expect(triggers).toMatchObject([{ id: "greeting", when: "event(came)" }]);
  child.kill("SIGTERM");
  expect((await end).code).toBe(0);
});

const lineSucceeded = async (url: string): Promise<void> => {
  const response = await fetch(`${url}api/live`);
  let text = "";
  for await (const piece of response.body as AsyncIterable<Uint8Array>) {
    text += new TextDecoder().decode(piece);
    if (/"succeeded":1/.test(text)) return;
  }
};

test("dashboard serves a store without an engine, emits into it, and ends when it is told to", async () => {
  await place.detent(["emit", "came", '"Bo"', "--store", "sqlite:b.db"]);
  const child = place.start(["dashboard", "--store", "sqlite:b.db", "--port", "0", "--json"]);
  const end = ended(child);
  const { url, app } = JSON.parse(await lineWith(child, "url")) as { url: string; app: string };
  expect(app).toBe("main");
  const { events } = (await (await fetch(`${url}api/events`)).json()) as any;
  expect(events).toMatchObject([{ name: "came", payload: "Bo" }]);
  child.kill("SIGINT");
  expect((await end).code).toBe(0);
});

test.each([
  [["--store", "sqlite:b.db", "--port", "70000"], "--port is 70000; give a port from 0 to 65535"],
  [
    ["--store", "sqlite:b.db", "--host", "0.0.0.0"],
    "others can reach 0.0.0.0: set DETENT_TOKEN to a secret of",
  ],
  [["--store", "sqlite:none.db"], "there is no store sqlite:none.db"],
])("dashboard %j ends with 2 and one line", async (args, line) => {
  const { code, stderr } = await place.detent(["dashboard", ...args]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(line)]);
  expect(stderr.trimEnd()).not.toContain("\n");
});

test("start --dashboard on a port that is taken stops what it has started, and says so", async () => {
  const child = place.start(["dashboard", "--store", "sqlite:b.db", "--port", "0"]);
  const end = ended(child);
  const port = new URL(await urlOf(child)).port;
  const { code, stderr } = await place.detent([
    "start",
    "app.ts",
    "--store",
    "sqlite:d.db",
    `--dashboard=${port}`,
  ]);
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining(`port ${port} of 127.0.0.1 is taken; give another, or 0 for any`),
  ]);
  child.kill();
  await end;
});

/**
 * Goal: the command line works on PostgreSQL as it does on a file, tells what is in the way, and never tells the password.
 * Method: the command line as a process, on a server of its own that asks for a password.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleCli, newPlace, type Place } from "../support/cli.ts";
import { hasPostgres, startServer, type Server } from "../support/postgres.ts";

let here: Place;
let server: Server;
const seen: string[] = [];

beforeAll(async () => {
  if (!hasPostgres) return;
  bundleCli();
  here = newPlace();
  here.write(
    "app.ts",
    `import { detent, event, task, trigger } from "detent";
     const log = task({ id: "log", run: (input: unknown) => input });
     export default detent({ tasks: [log], triggers: [
       trigger("a", { when: event("e"), run: log, input: (f) => f.event!.payload }) ] });`,
  );
  server = await startServer();
}, 90_000);

afterAll(async () => {
  here?.remove();
  await server?.stop();
});

const detent = async (args: readonly string[], store = server.url) => {
  const ended = await here.detent(args, { env: { DETENT_STORE: store } });
  seen.push(ended.stdout, ended.stderr);
  return ended;
};

const told = async (...args: readonly string[]): Promise<any> => {
  const { code, stdout, stderr } = await detent([...args, "--json"]);
  expect({ code, stderr, args }).toEqual({ code: 0, stderr: "", args });
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
};

describe.skipIf(!hasPostgres)("the command line on PostgreSQL", () => {
  test(
    "events that are emitted become runs, which are listed with their outcomes",
    { timeout: 60_000 },
    async () => {
      expect(await told("emit", "e", '{"n":1}', "--id", "one")).toEqual({
        event: "one",
        status: "accepted",
      });
      expect(await told("emit", "e", '{"n":1}', "--id", "one")).toMatchObject({
        status: "duplicate",
      });
      await told("start", "app.ts", "--until-idle");
      const { runs } = await told("runs");
      expect(runs).toMatchObject([
        { trigger: "a", state: "succeeded", outcome: { result: { n: 1 } } },
      ]);
      expect((await told("doctor", "app.ts")).findings).not.toContainEqual(
        expect.objectContaining({ level: "fault" }),
      );
    },
  );

  test(
    "what is dumped goes from a file to a database and back, the same text",
    { timeout: 60_000 },
    async () => {
      for (const n of [1, 2])
        // oxlint-disable-next-line no-await-in-loop
        await here.detent([
          "emit",
          "e",
          `{"n":${n}}`,
          "--store",
          "sqlite:from.db",
          "--app",
          "moved",
        ]);
      const from = await here.detent(["dump", "--app", "moved", "--store", "sqlite:from.db"]);
      here.write("moved.jsonl", from.stdout);
      expect(await told("load", "moved.jsonl")).toMatchObject({ rows: { signal: 2 } });
      const there = await detent(["dump", "--app", "moved"]);
      expect(there.stdout).toBe(from.stdout);
      here.write("back.jsonl", there.stdout);
      expect(await here.detent(["load", "back.jsonl", "--store", "sqlite:back.db"])).toMatchObject({
        code: 0,
      });
      expect(
        (await here.detent(["dump", "--app", "moved", "--store", "sqlite:back.db"])).stdout,
      ).toBe(from.stdout);
    },
  );

  test.each<[string, (url: string) => string, RegExp]>([
    [
      "a wrong password",
      (url) => url.replace("s3cr3t", "wr0ng"),
      /does not let this user in \(password authentication failed for user "owner"\); look at the user, the password and pg_hba\.conf$/,
    ],
    [
      "no such database",
      (url) => url.replace(/detent$/, "none"),
      /there is no such database; make it with createdb, /,
    ],
    [
      "nobody there",
      (url) => url.replace(/:\d+\/detent$/, ":1/detent"),
      /the server can't be reached \(.*\); look whether it runs, and at host and port in the URL$/,
    ],
    [
      "no password",
      (url) => url.replace(/:s3cr3t.*@/, "@"),
      /the server asks for a password, and the URL has none; give postgres:\/\/USER:PASSWORD@HOST:PORT\/DATABASE$/,
    ],
    [
      "no such host",
      (url) => url.replace("127.0.0.1", "nowhere.invalid"),
      /the server can't be reached \(.* nowhere\.invalid\); look at the host in the URL$/,
    ],
    [
      "no TLS",
      (url) => `${url}?sslmode=require`,
      /the server does not speak TLS; leave sslmode out of the URL$/,
    ],
    [
      "no URL",
      () => "postgres://owner:s3cr3t/of:detent@host",
      /can't be read; give postgres:\/\/USER:PASSWORD@HOST:PORT\/DATABASE/,
    ],
  ])("what is in the way is one line: %s", { timeout: 60_000 }, async (_, urlOf, line) => {
    const { code, stderr } = await detent(["runs"], urlOf(server.url));
    expect({ code: code !== 0, lines: stderr.trimEnd().split("\n").length }).toEqual({
      code: true,
      lines: 1,
    });
    expect(stderr.trimEnd()).toMatch(line);
  });

  test("the password was told nowhere", async () => {
    await detent(["doctor", "app.ts"]);
    await detent(["doctor", "app.ts", "--json"]);
    await detent(["show", "none"]);
    await detent(["backup", "x.db"]);
    expect(seen.length).toBeGreaterThan(20);
    for (const text of seen) expect(text).not.toMatch(/s3cr3t|wr0ng/);
    expect(seen.join("")).toContain("postgres://owner@127.0.0.1");
  });
});

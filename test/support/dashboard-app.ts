// An app with an inline executor that runs in memory behind the dashboard's API; where no engine may interfere, a bare store. Whatever a test has begun ends with it.
import * as http from "node:http";
import { afterEach } from "vitest";
import type { DashboardOptions } from "../../src/adapters/dashboard/index.ts";
import { all, defineEvent, detent, event, every, result, task, trigger } from "../../src/index.ts";
import { serveRuntime, serveStore, type Served } from "./dashboard.ts";

const gate = () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
};
export let held = gate();

export const greet = task({
  id: "greet",
  run: (name: string, ctx) => {
    ctx.log(`hello ${name}`);
    return { greeted: name };
  },
});
const fail = task({
  id: "fail",
  run: () => {
    throw new RangeError("too far");
  },
});
const hold = task({
  id: "hold",
  run: async (_: unknown, ctx) => {
    ctx.progress(0.25, "a quarter");
    ctx.log("holding");
    await held.opened;
    return null;
  },
});
const typed = defineEvent<{ n: number }>("typed", {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value: unknown) =>
      typeof (value as { n?: unknown } | null)?.n === "number"
        ? { value: value as { n: number } }
        : { issues: [{ message: "n is no number", path: ["n"] }] },
  },
});

export const app = detent({
  tasks: [greet, fail, hold],
  triggers: [
    trigger("greeting", {
      when: event<{ name: string }>("came"),
      run: greet,
      input: (f) => f.event.payload.name,
    }),
    trigger("both", {
      when: all([result(greet), event("seen")]),
      by: () => "one",
      within: "1 day",
      run: hold,
      input: { fixed: true },
    }),
    trigger("yearly", {
      when: every("365 days", { anchor: "2020-01-01T00:00Z" }),
      run: fail,
      input: null,
    }),
    trigger("typing", { when: event(typed), run: greet, input: "typed" }),
  ],
});

export const closing: (() => Promise<void>)[] = [];
export const run = async (options?: DashboardOptions) => {
  const served = await serveRuntime(app, options);
  closing.push(served.stop);
  return served;
};
export const rest = async (options?: Parameters<typeof serveStore>[0]): Promise<Served> => {
  const served = await serveStore(options);
  closing.push(served.close);
  return served;
};
afterEach(async () => {
  held.open();
  held = gate();
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** The first live overview that fits. */
export const liveUntil = (url: string, fits: (overview: any) => boolean): Promise<any> =>
  new Promise((resolve, reject) => {
    const request = http.get(new URL("/api/live", url), (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        const messages = `${text}${piece}`.split("\n\n");
        text = messages.pop() ?? "";
        for (const message of messages) {
          const data = /^data: (.*)$/m.exec(message)?.[1];
          const overview = data === undefined ? undefined : JSON.parse(data);
          if (overview === undefined || !fits(overview)) continue;
          request.destroy();
          resolve(overview);
        }
      });
    });
    request.on("error", reject);
  });

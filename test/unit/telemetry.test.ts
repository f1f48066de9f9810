// Goal: what an engine does comes to a collector as one trace a run and as metrics with their units; what a task is given joins its trace; a collector that is away breaks nothing.
// Method: a collector of our own, and the runtime with tasks inline.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { detent, event, openTelemetry, result, start, task, trigger } from "../../src/index.ts";
import { runIdOf } from "../../src/core/run-id.ts";
import { spanIdOf, traceIdOf, traceparentOf } from "../../src/core/trace-context.ts";
import { bundleCli, newPlace } from "../support/cli.ts";

const bodies = new Map<string, any[]>();
const headers: unknown[] = [];
let server: Server;
let url = "";
beforeAll(async () => {
  server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (piece: string) => (text += piece));
    request.on("end", () => {
      headers.push(request.headers["x-key"]);
      const path = request.url ?? "";
      bodies.set(path, [...(bodies.get(path) ?? []), JSON.parse(text)]);
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => server.close());

const seen: string[] = [];
const first = task({
  id: "first",
  run: (_, context) => {
    seen.push(context.traceparent);
    return 1;
  },
});
const second = task({
  id: "second",
  retry: { attempts: 2, first: "1 ms" },
  run: (): null => {
    throw new RangeError("boom");
  },
});
const app = detent({
  tasks: [first, second],
  triggers: [
    trigger("t", { when: event("e"), run: first }),
    trigger("u", { when: result(first), run: second }),
    trigger("f", { when: event("e", () => "odd" as never), run: first }),
  ],
});

test("a run is one trace of its emit, the run and its attempts, linked to what led to it; metrics have their units", async () => {
  const telemetry = await openTelemetry({ url, headers: { "x-key": "k" }, serviceName: "mine" });
  const runtime = await start(app, { store: "memory:", onNote: telemetry.hear });
  await runtime.emit("e", null, { id: "x" });
  await runtime.idle();
  await runtime.stop();
  await telemetry.close();

  const t = runIdOf("t", ["x"]);
  const u = runIdOf("u", [`result:${t}:1:succeeded`]);
  const [traces] = bodies.get("/v1/traces")!;
  const [{ resource, scopeSpans }] = traces.resourceSpans;
  expect(JSON.stringify(resource)).toContain('"stringValue":"mine"');
  const spans = scopeSpans[0].spans as any[];
  const of = (run: string) =>
    spans
      .filter(({ traceId }) => traceId === traceIdOf(run))
      .map(({ name, parentSpanId = null, spanId, status, links }) => ({
        name,
        spanId,
        parentSpanId,
        code: status.code,
        links: links.length,
      }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  const [emit, run] = [spanIdOf(t, "emit"), spanIdOf(t, "run")];
  expect(of(t)).toEqual([
    { name: "attempt first", spanId: spanIdOf(t, 1), parentSpanId: run, code: 1, links: 0 },
    { name: "emit", spanId: emit, parentSpanId: null, code: 1, links: 0 },
    { name: "run first", spanId: run, parentSpanId: emit, code: 1, links: 0 },
  ]);
  const other = spanIdOf(u, "run");
  expect(of(u)).toMatchObject([
    { name: "attempt second", parentSpanId: other, code: 2 },
    { name: "attempt second", parentSpanId: other, code: 2 },
    { name: "run second", spanId: other, parentSpanId: null, code: 2, links: 1 },
  ]);
  const linked = spans.find(({ spanId }) => spanId === other);
  expect(linked.links[0]).toMatchObject({ traceId: traceIdOf(t), spanId: run });
  expect(linked.status.message).toBe("RangeError: boom");
  for (const { startTimeUnixNano: from, endTimeUnixNano: to } of spans)
    expect(BigInt(to) >= BigInt(from) && BigInt(from) > 10n ** 18n).toBe(true);
  expect(seen).toEqual([traceparentOf(t, 1)]);

  const metrics = bodies
    .get("/v1/metrics")!
    .flatMap(({ resourceMetrics }) => resourceMetrics[0].scopeMetrics[0].metrics as any[]);
  const told = (name: string) => metrics.findLast((metric) => metric.name === name);
  const counts = (name: string) =>
    told(name).sum.dataPoints.map(({ attributes, asDouble }: any) => [
      ...attributes.map(({ value }: any) => value.stringValue),
      asDouble,
    ]);
  expect(counts("detent.run.ended")).toEqual(
    expect.arrayContaining([
      expect.arrayContaining(["first", "succeeded", 1]),
      expect.arrayContaining(["second", "failed", 1]),
    ]),
  );
  expect(counts("detent.skips")).toEqual([expect.arrayContaining(["f", "filtered-by-error", 1])]);
  expect(told("detent.attempt.duration")).toMatchObject({ unit: "s" });
  expect(told("detent.run.wait").histogram.dataPoints).not.toEqual([]);
  expect(new Set(headers)).toEqual(new Set(["k"]));
});

describe("the command line", () => {
  const place = newPlace();
  beforeAll(bundleCli, 60_000);
  afterAll(() => place.remove());

  test("sends to --otlp, with the headers and the name that OpenTelemetry's variables say", async () => {
    place.write(
      "app.js",
      `import { detent, event, task, trigger } from "detent";
       const work = task({ id: "from-cli", run: () => null });
       export default detent({ tasks: [work], triggers: [trigger("t", { when: event("e"), run: work })] });`,
    );
    await place.detent(["emit", "e"]);
    const args = ["start", "app.js", "--until-idle", "--otlp", `${url}cli`];
    const env = { OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20b", OTEL_SERVICE_NAME: "named" };
    expect(await place.detent(args, { env })).toMatchObject({ code: 0, stderr: "" });
    const [traces] = bodies.get("/cli/v1/traces")!;
    expect(JSON.stringify(traces)).toMatch(/"stringValue":"named".*"name":"run from-cli"/);
    expect(headers.at(-1)).toBe("a b");
    expect(
      await place.detent(["start", "app.js"], { env: { DETENT_OTLP: "nowhere" } }),
    ).toMatchObject({
      code: 2,
      stderr:
        'detent: DETENT_OTLP is "nowhere"; give the URL of a collector such as http://127.0.0.1:4318\n',
    });
  });
});

describe("a collector", () => {
  test("that is away breaks nothing", async () => {
    const telemetry = await openTelemetry({ url: "http://127.0.0.1:9" });
    const runtime = await start(app, { store: "memory:", onNote: telemetry.hear });
    await runtime.emit("e");
    await runtime.idle();
    const { runs } = await runtime.summary();
    expect(runs).toMatchObject({ succeeded: 1, failed: 1 });
    await runtime.stop();
    await telemetry.close();
  }, 20_000);

  test("whose URL is none is refused", async () => {
    await expect(openTelemetry({ url: "collector:4318" })).rejects.toThrow(
      'the collector "collector:4318" is no http URL; give one such as http://127.0.0.1:4318',
    );
  });
});

test("a trace is the 128 bits of a run's id, and no id is all zeros", () => {
  expect(traceIdOf(`t~${"0".repeat(25)}Z`)).toBe(`${"0".repeat(30)}1f`);
  expect(traceIdOf(`t~7${"Z".repeat(25)}`)).toBe("f".repeat(32));
  expect(traceIdOf(`t~${"0".repeat(26)}`)).toBe(`${"0".repeat(31)}1`);
  expect(traceparentOf(`t~7${"Z".repeat(25)}`, 2)).toMatch(/^00-f{32}-[0-9a-f]{16}-01$/);
  expect(spanIdOf("a", 1)).not.toBe(spanIdOf("a", 2));
});

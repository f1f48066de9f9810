// Traces and metrics by OTLP, made of what an engine tells. One trace a run: what emitted it, the run, its attempts; a run that other runs led to has links to theirs. Ids follow
// from run ids (core/trace-context.ts), so that what a task hands on with `ctx.traceparent` joins. A collector that is away costs its spans, and nothing else.
import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Layer from "effect/Layer";
import * as Metric from "effect/Metric";
import * as Scope from "effect/Scope";
import * as FetchHttpClient from "effect/http/FetchHttpClient";
import * as OtlpExporter from "effect/observability/OtlpExporter";
import * as OtlpMetrics from "effect/observability/OtlpMetrics";
import * as OtlpResource from "effect/observability/OtlpResource";
import * as OtlpSerialization from "effect/observability/OtlpSerialization";
import type { EngineNote } from "../core/engine.ts";
import { InputError } from "../core/errors.ts";
import { attemptSpan, runSpans, type Span } from "./span.ts";

export interface TelemetryOptions {
  /** The collector, such as `http://127.0.0.1:4318`; traces go to `/v1/traces` below it, metrics to `/v1/metrics`. */
  readonly url: string;
  /** Of each request. */
  readonly headers?: { readonly [name: string]: string };
  /** Default: "detent". */
  readonly serviceName?: string;
  /** How often metrics and spans are sent, in milliseconds. Default 5,000. */
  readonly intervalMillis?: number;
}

export interface Telemetry {
  /** Give it to `start` as `onNote`, or call it from there. */
  readonly hear: (note: EngineNote) => void;
  /** Sends what is left, for at most three seconds. */
  readonly close: () => Promise<void>;
}

/** Rejects with an InputError for a URL that is none. */
export const openTelemetry = async (options: TelemetryOptions): Promise<Telemetry> => {
  const { url, headers, serviceName = "detent", intervalMillis = 5_000 } = options;
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new InputError(
      `the collector ${JSON.stringify(url)} is no http URL; give one such as http://127.0.0.1:4318`,
    );
  const base = url.replace(/\/+$/, "");
  const exporting = {
    headers,
    exportInterval: Duration.millis(intervalMillis),
    shutdownTimeout: Duration.seconds(3),
  };
  const resource = OtlpResource.make({ serviceName });
  const program = Effect.gen(function* () {
    const serialization = yield* OtlpSerialization.OtlpSerialization;
    const { push } = yield* OtlpExporter.make({
      ...exporting,
      url: `${base}/v1/traces`,
      label: "detent",
      maxBatchSize: 1_000,
      body: (spans: Span[]) => {
        const scopeSpans = [{ scope: { name: "detent" }, spans }];
        const body = serialization.traces({ resourceSpans: [{ resource, scopeSpans }] } as never);
        return [body, Effect.void];
      },
    });
    yield* OtlpMetrics.make({
      ...exporting,
      url: `${base}/v1/metrics`,
      resource: { serviceName },
    });
    return push;
  });
  const layers = Layer.mergeAll(
    OtlpExporter.layerFlusher,
    OtlpSerialization.layerJson,
    FetchHttpClient.layer,
  );
  const scope = Scope.makeUnsafe();
  const push = await Effect.runPromise(
    Effect.flatMap(Layer.buildWithScope(layers, scope), (context) =>
      Scope.provide(Effect.provide(program, context), scope),
    ),
  );
  const begun = new Map<string, number>();
  return {
    hear: (note) => {
      for (const span of spansOf(note, begun)) push(span);
      for (const update of updatesOf(note, begun)) Effect.runSync(update);
      if (note._tag === "Ended") begun.delete(note.run.id);
    },
    close: () => Effect.runPromise(Scope.close(scope, Exit.void)),
  };
};

/** `begun`: by run, when its attempt began. */
const spansOf = (note: EngineNote, begun: Map<string, number>): readonly Span[] => {
  switch (note._tag) {
    case "Started":
      begun.set(note.run.id, note.run.startedAt ?? Date.now());
      return [];
    case "Ended": {
      const { run, outcome } = note;
      const at = run.state === "pending" ? Date.now() : (run.settledAt ?? Date.now());
      const attempt =
        outcome._tag === "Released"
          ? []
          : [attemptSpan(run, outcome, { from: begun.get(run.id) ?? at, to: at })];
      return run.state === "pending" ? attempt : [...attempt, ...runSpans(run)];
    }
    case "Expired":
      return runSpans(note.run);
    default:
      return [];
  }
};

const seconds = {
  attributes: { unit: "s" },
  boundaries: [0.005, 0.025, 0.1, 0.5, 1, 5, 10, 60, 300, 1_800],
};
const runsEnded = Metric.counter("detent.run.ended", {
  description: "Runs that this engine has ended",
  attributes: { unit: "{run}" },
  incremental: true,
});
const attemptDuration = Metric.histogram("detent.attempt.duration", {
  description: "How long attempts took",
  ...seconds,
});
const runWait = Metric.histogram("detent.run.wait", {
  description: "From a run's being due to the beginning of an attempt",
  ...seconds,
});
const skipped = Metric.counter("detent.skips", {
  description: "Recorded decisions not to run",
  attributes: { unit: "{skip}" },
  incremental: true,
});

const updatesOf = (
  note: EngineNote,
  begun: ReadonlyMap<string, number>,
): readonly Effect.Effect<void>[] => {
  switch (note._tag) {
    case "Started": {
      const { task, dueAt, startedAt } = note.run;
      const wait = Math.max(0, (startedAt ?? dueAt) - dueAt) / 1_000;
      return [Metric.update(Metric.withAttributes(runWait, { task }), wait)];
    }
    case "Ended": {
      const { task, state, settledAt, id } = note.run;
      const from = begun.get(id);
      const took = from === undefined ? undefined : ((settledAt ?? Date.now()) - from) / 1_000;
      const outcome = note.outcome._tag;
      return [
        ...(state === "pending"
          ? []
          : [Metric.update(Metric.withAttributes(runsEnded, { task, state }), 1)]),
        ...(took === undefined
          ? []
          : [Metric.update(Metric.withAttributes(attemptDuration, { task, outcome }), took)]),
      ];
    }
    case "Expired":
      return [
        Metric.update(
          Metric.withAttributes(runsEnded, { task: note.run.task, state: "expired" }),
          1,
        ),
      ];
    case "Skipped": {
      const { trigger, reason, count } = note.skip;
      return [Metric.update(Metric.withAttributes(skipped, { trigger, reason }), count)];
    }
    default:
      return [];
  }
};

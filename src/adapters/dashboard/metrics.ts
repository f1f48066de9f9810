// Metrics as Prometheus reads them. docs/dashboard.md lists names and units. What the store counts is the same whoever is asked; what an engine counts is its own, and is
// told by the dashboard that runs beside it.
import * as Effect from "effect/Effect";
import type { StoreError } from "../../core/errors.ts";
import type { Histogram } from "./histogram.ts";
import type { Notes } from "./notes.ts";
import { pendingRuns } from "./pending.ts";
import type { Subject } from "./subject.ts";

export interface Measured {
  readonly subject: Subject;
  readonly notes: Notes;
  /** The longest that the event loop stood still of late, in seconds. */
  readonly loopDelaySeconds: number;
  readonly watchers: number;
}

type Labels = { readonly [label: string]: string };

interface Sample {
  readonly suffix?: string;
  readonly labels?: Labels;
  readonly value: number;
}

export const metricsText = ({
  subject,
  notes,
  loopDelaySeconds,
  watchers,
}: Measured): Effect.Effect<string, StoreError> =>
  Effect.gen(function* () {
    const { store, app } = subject;
    const summary = yield* store.summary;
    const now = yield* store.now;
    const owners = yield* store.list("owner", { limit: 1_000, order: "newest" });
    const dead = (yield* store.dead).length;
    const open = owners.rows.filter(({ closedAt }) => closedAt === null).length;
    const [first] = yield* pendingRuns(store, summary);
    const oldest = first === undefined ? 0 : Math.max(0, now - first.dueAt) / 1_000;
    const gauge = (name: string, help: string, value: number): string =>
      family({ name, help, type: "gauge" }, [{ labels: { app }, value }]);
    const states = Object.entries(summary.runs);
    const ends = [...notes.ends];
    const histograms = (of: (end: (typeof ends)[number][1]) => Histogram): readonly Sample[] =>
      ends.flatMap(([task, end]) => histogramSamples(of(end), { app, task }));
    return [
      family(
        { name: "detent_runs", help: "Runs in the store by state.", type: "gauge" },
        states.map(([state, value]) => ({ labels: { app, state }, value })),
      ),
      gauge("detent_signals", "Signals in the log.", summary.signals),
      gauge("detent_signals_unrouted", "Signals that no router has come to yet.", summary.unrouted),
      gauge("detent_deadlines", "Delays that will act by themselves.", summary.deadlines),
      gauge("detent_matches_waiting", "Matches that wait in joins.", summary.waiting),
      gauge("detent_skips", "Recorded decisions not to run.", summary.skips),
      gauge("detent_engines_open", "Engines that work on the app.", open - dead),
      gauge("detent_engines_dead", "Engines that died and were not taken over yet.", dead),
      gauge(
        "detent_oldest_due_seconds",
        "For how long the run has been due that has waited longest; 0 if none is due.",
        oldest,
      ),
      gauge(
        "detent_event_loop_delay_seconds",
        "The longest that the event loop stood still in the last ten seconds.",
        loopDelaySeconds,
      ),
      gauge("detent_dashboard_watchers", "Open connections for live updates.", watchers),
      ...(notes.hasEngine
        ? [
            family(
              {
                name: "detent_run_ended_total",
                help: "Runs that this engine has ended.",
                type: "counter",
              },
              ends.flatMap(([task, { byState }]) =>
                [...byState].map(([state, value]) => ({ labels: { app, task, state }, value })),
              ),
            ),
            family(
              {
                name: "detent_run_retried_total",
                help: "Attempts of this engine after which a run is tried again.",
                type: "counter",
              },
              [{ labels: { app }, value: notes.retries }],
            ),
            family(
              {
                name: "detent_run_duration_seconds",
                help: "How long the last attempt of a run took.",
                type: "histogram",
              },
              histograms(({ tookSeconds }) => tookSeconds),
            ),
            family(
              {
                name: "detent_run_wait_seconds",
                help: "How long a run waited from being due to its beginning.",
                type: "histogram",
              },
              histograms(({ waitSeconds }) => waitSeconds),
            ),
          ]
        : []),
    ].join("");
  });

const histogramSamples = (histogram: Histogram, labels: Labels): readonly Sample[] => [
  ...histogram
    .buckets()
    .map(([bound, value]) => ({ suffix: "_bucket", labels: { ...labels, le: `${bound}` }, value })),
  { suffix: "_bucket", labels: { ...labels, le: "+Inf" }, value: histogram.count },
  { suffix: "_sum", labels, value: histogram.sum },
  { suffix: "_count", labels, value: histogram.count },
];

const family = (
  { name, help, type }: { readonly name: string; readonly help: string; readonly type: string },
  samples: readonly Sample[],
): string =>
  [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(({ suffix = "", labels = {}, value }) => {
      const told = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
      return `${name}${suffix}${told.length === 0 ? "" : `{${told.join(",")}}`} ${value}`;
    }),
    "",
  ].join("\n");

const escaped = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

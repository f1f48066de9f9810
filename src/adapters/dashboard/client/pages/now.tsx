// Now: what runs, what is due and late, what comes next, and how it went in the last minutes.
import type { JSX } from "preact";
import { counted } from "../../../../core/counted.ts";
import type { Overview } from "../../view.ts";
import { amountText, durationText } from "../format.ts";
import { runsHref, triggerHref } from "../route.ts";
import { Empty, Loading, Section, When } from "../parts/basics.tsx";
import { Chart } from "../parts/chart.tsx";
import { useShared } from "../parts/context.ts";
import { RunTable } from "../parts/runs.tsx";
import { Table } from "../parts/table.tsx";

export const Now = (): JSX.Element => {
  const { overview } = useShared();
  if (overview === undefined) return <Loading />;
  const { running, due, later, next } = overview;
  return (
    <>
      <h1>Now</h1>
      <Alarms overview={overview} />
      <Counts overview={overview} />
      <Charts overview={overview} />
      <Section title={`Running (${running.length})`}>
        {running.length === 0 ? (
          <Empty>No body runs at the moment.</Empty>
        ) : (
          <RunTable
            label="running"
            runs={running}
            columns={["run", "task", "attempt", "took", "progress"]}
          />
        )}
        {overview.hasEngine || running.length === 0 ? null : (
          <p class="faint">
            Progress and logs are told to the process that runs them: start it with{" "}
            <code>detent start --dashboard</code>.
          </p>
        )}
      </Section>
      <Section title={`Due (${due.length}${due.length >= 50 ? " or more" : ""})`}>
        {due.length === 0 ? (
          <Empty>Nothing that is due waits for a free slot.</Empty>
        ) : (
          <RunTable label="due" runs={due} columns={["run", "task", "trigger", "attempt", "due"]} />
        )}
      </Section>
      <div class="halves">
        <Section title="Later">
          {later.length === 0 ? (
            <Empty>No run waits for its time.</Empty>
          ) : (
            <RunTable label="later" runs={later} columns={["run", "attempt", "due"]} />
          )}
        </Section>
        <Section title="Next occurrences">
          {next.length === 0 ? (
            <Empty>No schedule names an instant to come.</Empty>
          ) : (
            <Table
              label="next occurrences"
              rows={next}
              keyOf={({ trigger }) => trigger}
              columns={[
                {
                  title: "Trigger",
                  cell: ({ trigger }) => <a href={triggerHref(trigger)}>{trigger}</a>,
                },
                { title: "Task", cell: ({ task }) => task },
                { title: "Due", cell: ({ dueAt }) => <When at={dueAt} /> },
              ]}
            />
          )}
        </Section>
      </div>
    </>
  );
};

/** What somebody should look at. */
const Alarms = ({ overview }: { overview: Overview }): JSX.Element | null => {
  const { engines, counts, overdue, paused } = overview;
  const waits = (counts.runs["pending"] ?? 0) + counts.unrouted > 0;
  const alarms = [
    ...(engines.open === 0
      ? [
          waits
            ? "No engine runs, and work waits: nothing happens until one is started."
            : "No engine runs: nothing happens until one is started.",
        ]
      : []),
    ...(engines.dead > 0
      ? [`${engines.dead} engine${engines.dead === 1 ? "" : "s"} died and has not been taken over.`]
      : []),
    ...(overdue > 0
      ? [`${overdue} run${overdue === 1 ? " has" : "s have"} been due for more than ten seconds.`]
      : []),
    ...(paused > 0
      ? [paused === 1 ? "1 trigger or task is paused." : `${paused} triggers or tasks are paused.`]
      : []),
  ];
  return alarms.length === 0 ? null : (
    <ul class="alarms" aria-label="alarms">
      {alarms.map((alarm) => (
        <li key={alarm}>{alarm}</li>
      ))}
    </ul>
  );
};

const Counts = ({ overview }: { overview: Overview }): JSX.Element => {
  const { runs, signals, skips, waiting, unrouted } = overview.counts;
  const states = ["running", "pending", "succeeded", "failed", "cancelled", "expired", "lost"];
  const shown = states.filter(
    (state) =>
      (runs[state] ?? 0) > 0 || ["running", "pending", "succeeded", "failed"].includes(state),
  );
  return (
    <ul class="counts" aria-label="counts">
      {shown.map((state) => (
        <li key={state}>
          <a href={runsHref({ state: state === "running" ? "claimed,running" : state })}>
            <strong>
              {amountText(state === "running" ? overview.running.length : (runs[state] ?? 0))}
            </strong>
            <span class={`state state-${state}`}>{state}</span>
          </a>
        </li>
      ))}
      <li>
        <a href="#/events">
          <strong>{amountText(signals)}</strong>
          <span>signals{unrouted > 0 ? `, ${amountText(unrouted)} unrouted` : ""}</span>
        </a>
      </li>
      <li>
        <a href="#/triggers">
          <strong>{amountText(waiting)}</strong>
          <span>matches wait, {amountText(skips)} skips</span>
        </a>
      </li>
    </ul>
  );
};

const Charts = ({ overview }: { overview: Overview }): JSX.Element => {
  const { beats, spanMillis } = overview;
  const seconds = beats.map(({ at }) => at / 1_000);
  const ended = beats.reduce((sum, beat) => sum + beat.succeeded + beat.failed + beat.other, 0);
  const failed = beats.reduce((sum, beat) => sum + beat.failed, 0);
  const minutes = Math.round((beats.length * spanMillis) / 60_000);
  const perSecond = (count: number): number => (count * 1_000) / spanMillis;
  return (
    <div class="halves">
      <Section title="Throughput">
        <Chart
          label={`Of the last ${minutes} minutes: ${counted(ended, "run")} ended, ${failed} of them failed.`}
          seconds={seconds}
          unit={(value) => `${Number(value.toFixed(2))}/s`}
          least={1}
          lines={[
            {
              label: "succeeded a second",
              color: "good",
              values: beats.map(({ succeeded }) => perSecond(succeeded)),
              isFilled: true,
            },
            {
              label: "failed",
              color: "bad",
              values: beats.map(({ failed }) => perSecond(failed)),
            },
            {
              label: "other",
              color: "warn",
              values: beats.map(({ other }) => perSecond(other)),
            },
          ]}
        />
      </Section>
      <Section title="Latency">
        <Chart
          label={`Of the last ${minutes} minutes: how long runs waited and ran; the last median ${lastText(beats.map(({ tookP50 }) => tookP50))}.`}
          seconds={seconds}
          unit={durationText}
          least={20}
          lines={[
            { label: "ran, median", color: "busy", values: beats.map(({ tookP50 }) => tookP50) },
            { label: "ran, 95 %", color: "warn", values: beats.map(({ tookP95 }) => tookP95) },
            { label: "waited, 95 %", color: "faint", values: beats.map(({ waitP95 }) => waitP95) },
          ]}
        />
      </Section>
    </div>
  );
};

const lastText = (values: readonly (number | null)[]): string => {
  const last = values.findLast((value) => value !== null);
  return last === undefined || last === null ? "is not known" : durationText(last);
};

// One run: its input and outcome, its attempts, what it logs and how far it is, and why it is there.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { withCauses, type ErrorData } from "../../../../core/errors.ts";
import { frameText, userFrames } from "../../../../core/frames.ts";
import type { CauseLine, RunDetail } from "../../view.ts";
import { post, runPath } from "../api.ts";
import { clockText, durationText } from "../format.ts";
import { useData } from "../live.ts";
import { eventHref, go, runHref, triggerHref } from "../route.ts";
import { Empty, Fault, Loading, Progress, Section, State, Value, When } from "../parts/basics.tsx";
import { useAct, useShared } from "../parts/context.ts";
import { Asking } from "../parts/dialog.tsx";
import { Table } from "../parts/table.tsx";
import { Tree } from "../parts/tree.tsx";

export const RunPage = ({ id }: { id: string }): JSX.Element => {
  const { overview } = useShared();
  const { view, error, refresh } = useData<RunDetail>(runPath(id), overview?.version);
  return (
    <>
      <p class="trail">
        <a href="#/runs">Runs</a>
      </p>
      <h1 class="id">{id}</h1>
      {error === undefined ? null : <Fault error={error} retry={refresh} />}
      {view === undefined ? (
        error === undefined && <Loading />
      ) : (
        <Detail detail={view} refresh={refresh} />
      )}
    </>
  );
};

const Detail = ({ detail, refresh }: { detail: RunDetail; refresh: () => void }): JSX.Element => {
  const { run, attempts, signals, why, fired, fraction, message } = detail;
  return (
    <>
      <div class="line">
        <State state={run.state} asked={run.cancelRequested} />
        {fraction === null ? null : <Progress fraction={fraction} label="progress" />}
        {message === null ? null : <span>{message}</span>}
        <Acts detail={detail} refresh={refresh} />
      </div>
      <dl class="facts">
        <Fact name="Task">{run.task}</Fact>
        <Fact name="Trigger">
          {run.trigger.startsWith("@") ? (
            "asked for by a person"
          ) : (
            <a href={triggerHref(run.trigger)}>{run.trigger}</a>
          )}
        </Fact>
        <Fact name="Attempt">
          {run.attempt}
          {run.losses > 0 ? `, ${run.losses} lost` : ""}
          {run.crashes > 0 ? `, ${run.crashes} crashed` : ""}
        </Fact>
        <Fact name="Created">
          <When at={run.createdAt} />
        </Fact>
        <Fact name="Due">
          <When at={run.dueAt} />
        </Fact>
        <Fact name="Started">
          <When at={run.startedAt} />
        </Fact>
        <Fact name="Settled">
          <When at={run.settledAt} />
        </Fact>
        {run.expiresAt === null ? null : (
          <Fact name="Expires">
            <When at={run.expiresAt} />
          </Fact>
        )}
        {run.priority === 0 ? null : <Fact name="Priority">{run.priority}</Fact>}
        {run.concurrencyKey === null ? null : <Fact name="Key">{run.concurrencyKey}</Fact>}
      </dl>
      <div class="halves">
        <Section title="Input">
          <Value value={run.input} />
        </Section>
        <Section title="Outcome">
          <Outcome outcome={run.outcome} />
        </Section>
      </div>
      <Section title="Why">
        <Why lines={why} />
        {fired === null || fired.parts.length === 0 ? null : (
          <div class="fired">
            <Tree condition={fired} words={{ some: "satisfied it", none: "not needed" }} />
          </div>
        )}
      </Section>
      <Section title="Log">
        <Logs detail={detail} />
      </Section>
      <Section title={`Attempts (${attempts.length})`}>
        {attempts.length === 0 ? (
          <Empty>No attempt has ended yet.</Empty>
        ) : (
          <Table
            label="attempts"
            rows={attempts}
            keyOf={({ token }) => String(token)}
            columns={[
              { title: "Attempt", cell: ({ attempt }) => attempt, kind: "amount" },
              { title: "Ended", cell: ({ outcome }) => kindIn(outcome) },
              { title: "Started", cell: ({ startedAt }) => <When at={startedAt} /> },
              {
                title: "Took",
                kind: "amount",
                cell: ({ startedAt, settledAt }) =>
                  startedAt === null
                    ? "–"
                    : durationText(Date.parse(settledAt) - Date.parse(startedAt)),
              },
              { title: "Error", cell: ({ outcome }) => errorText(outcome), kind: "wide" },
              { title: "Engine", cell: ({ owner }) => <span class="id">{owner.slice(0, 8)}</span> },
            ]}
          />
        )}
      </Section>
      <Section title={`Signals (${signals.length})`}>
        {signals.length === 0 ? (
          <Empty>The run has told nothing yet.</Empty>
        ) : (
          <Table
            label="signals"
            rows={signals}
            keyOf={({ seq }) => String(seq)}
            columns={[
              { title: "Number", cell: ({ seq }) => seq, kind: "amount" },
              { title: "At", cell: ({ at }) => <When at={at} plain /> },
              {
                title: "Signal",
                cell: ({ kind, name, id }) => (
                  <a href={eventHref(id)}>{name === null ? kind : `event ${name}`}</a>
                ),
                kind: "wide",
              },
            ]}
          />
        )}
      </Section>
    </>
  );
};

const Fact = ({
  name,
  children,
}: {
  name: string;
  children: preact.ComponentChildren;
}): JSX.Element => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

const Acts = ({
  detail,
  refresh,
}: {
  detail: RunDetail;
  refresh: () => void;
}): JSX.Element | null => {
  const { isReadOnly } = useShared();
  const act = useAct();
  const [isAsking, setAsking] = useState(false);
  const { run, canCancel, canRetry } = detail;
  if (isReadOnly) return null;
  const cancel = (): Promise<boolean> =>
    act(async () => {
      const { status } = await post<{ status: string }>(`${runPath(run.id)}/cancel`);
      refresh();
      return status === "cancelled"
        ? "The run is cancelled"
        : "Its engine has been asked to end it";
    });
  const retry = (): Promise<boolean> =>
    act(async () => {
      const reply = await post<{ run: string }>(`${runPath(run.id)}/retry`);
      go(runHref(reply.run));
      return `It will run again as ${reply.run}`;
    });
  return (
    <span class="acts">
      {canCancel ? (
        <button type="button" class="grave" onClick={() => setAsking(true)}>
          Cancel
        </button>
      ) : null}
      {canRetry ? (
        <button type="button" onClick={() => void retry()}>
          Run again
        </button>
      ) : null}
      {isAsking ? (
        <Asking
          title="Cancel the run"
          text={
            run.state === "pending"
              ? "It ends as cancelled at once."
              : "Its engine is asked to end it; if it succeeds first, it has succeeded."
          }
          fields={[]}
          verb="Cancel it"
          isGrave
          act={cancel}
          close={() => setAsking(false)}
        />
      ) : null}
    </span>
  );
};

const kindIn = (outcome: unknown): string => (outcome as { readonly kind?: string }).kind ?? "";

const errorIn = (outcome: unknown): ErrorData | undefined =>
  (outcome as { readonly error?: ErrorData | null } | null)?.error ?? undefined;

const errorText = (outcome: unknown): string => {
  const error = errorIn(outcome);
  return error === undefined ? "" : `${error.name}: ${error.message}`;
};

const Outcome = ({ outcome }: { outcome: unknown }): JSX.Element => {
  if (outcome === null) return <Empty>It has not ended yet.</Empty>;
  const error = errorIn(outcome);
  if (error === undefined)
    return <Value value={(outcome as { readonly result: unknown }).result} />;
  return (
    <>
      {withCauses(error).map((each, depth) => (
        <Thrown key={depth} error={each} isCause={depth > 0} />
      ))}
    </>
  );
};

/** An error, where in the user's own code it was thrown, and its whole stack for who asks for it. */
const Thrown = ({ error, isCause }: { error: ErrorData; isCause: boolean }): JSX.Element => {
  const { name, message, stack } = error;
  const frames = userFrames(stack);
  return (
    <>
      <p class="bad">
        {isCause ? "caused by " : null}
        <strong>{name}</strong>: {message}
      </p>
      {frames.length === 0 ? null : (
        <pre tabIndex={0} aria-label="where it was thrown">
          {frames.map(frameText).join("\n")}
        </pre>
      )}
      {stack === undefined ? null : (
        <details>
          <summary>The whole stack</summary>
          <pre tabIndex={0} aria-label="stack">
            {stack}
          </pre>
        </details>
      )}
    </>
  );
};

const Why = ({ lines }: { lines: readonly CauseLine[] }): JSX.Element => {
  const now = Date.now();
  return (
    <ol class="why" aria-label="causes">
      {lines.map(({ depth, kind, text, run, signal, at }, index) => (
        <li key={`${index}`} class={`depth-${Math.min(depth, 12)}`}>
          <span class={`mark mark-${kind}`}>{kind}</span>{" "}
          {depth > 0 && run !== null ? (
            <a href={runHref(run)}>{text}</a>
          ) : signal !== null && kind === "event" ? (
            <a href={eventHref(signal)}>{text}</a>
          ) : (
            text
          )}
          {at === null ? null : (
            <time class="faint" dateTime={at} title={at}>
              {" "}
              {clockText(Date.parse(at), now)}
            </time>
          )}
        </li>
      ))}
    </ol>
  );
};

const Logs = ({ detail }: { detail: RunDetail }): JSX.Element => {
  const { logs, hasLogs } = detail;
  if (!hasLogs)
    return (
      <Empty>
        Logs are not stored: a dashboard beside the engine has them (
        <code>detent start --dashboard</code>).
      </Empty>
    );
  if (logs.length === 0) return <Empty>It has logged nothing since this engine started.</Empty>;
  return (
    <ol class="log" tabIndex={0} aria-label="log lines">
      {logs.map(({ at, level, message, attempt }, index) => (
        <li key={`${index}`}>
          <time dateTime={at} title={at}>
            {clockText(Date.parse(at), Date.now())}
          </time>{" "}
          <span class={`level level-${level}`}>{level}</span>{" "}
          {attempt > 1 ? <span class="faint">attempt {attempt} </span> : null}
          <span class="message">{message}</span>
        </li>
      ))}
    </ol>
  );
};

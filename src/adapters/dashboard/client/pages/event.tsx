// One event, or another signal of the log: what each trigger made of it, and why not.
import type { JSX } from "preact";
import type { EventDetail, EventVerdict } from "../../trigger-view.ts";
import { useData } from "../live.ts";
import { eventHref, runHref, runsHref, triggerHref } from "../route.ts";
import { Empty, Fault, Loading, Section, Value, When } from "../parts/basics.tsx";
import { useShared } from "../parts/context.ts";

export const EventPage = ({ id }: { id: string }): JSX.Element => {
  const { overview } = useShared();
  const path = `/api/events/${encodeURIComponent(id)}`;
  const { view, error, refresh } = useData<EventDetail>(path, overview?.version);
  return (
    <>
      <p class="trail">
        <a href="#/events">Events</a>
      </p>
      <h1 class="id">{id}</h1>
      {error === undefined ? null : <Fault error={error} retry={refresh} />}
      {view === undefined ? error === undefined && <Loading /> : <Detail detail={view} />}
    </>
  );
};

const Detail = ({ detail }: { detail: EventDetail }): JSX.Element => {
  const { event, verdicts, isCommand } = detail;
  const { kind, name, task, run, at, dueAt, origin, payload, seq } = event;
  return (
    <>
      <div class="line">
        <strong>{name ?? `${task} ${kind}`}</strong>
        {isCommand ? <span class="faint">command</span> : null}
        <span class="faint">
          signal {seq}, <When at={at} />
        </span>
        {dueAt === null ? null : (
          <span>
            heard <When at={dueAt} />
          </span>
        )}
        {run === null ? null : <a href={runHref(run)}>its run</a>}
        {origin === null || origin === run ? null : <a href={runHref(origin)}>emitted by a run</a>}
      </div>
      {kind === "event" ? (
        <Section title="Payload">
          <Value value={payload} />
        </Section>
      ) : null}
      <Section
        title="What became of it"
        aside={<a href={runsHref({ search: event.id })}>Runs that it caused</a>}
      >
        {verdicts.length === 0 ? (
          <Nobody detail={detail} />
        ) : (
          <ul class="verdicts">
            {verdicts.map((verdict) => (
              <li key={`${verdict.trigger} ${verdict.kind}`}>
                <Verdict verdict={verdict} />
              </li>
            ))}
          </ul>
        )}
        {detail.hasDefinitions ? null : (
          <p class="faint">
            Start the dashboard with <code>--app app.ts</code> to see what its triggers&#8217;
            conditions make of it.
          </p>
        )}
      </Section>
    </>
  );
};

const Nobody = ({ detail }: { detail: EventDetail }): JSX.Element => {
  if (detail.isCommand)
    return <Empty>A command is obeyed by the router; no trigger hears it.</Empty>;
  if (!detail.hasDefinitions) return <Empty>Nothing is recorded of it.</Empty>;
  return (
    <Empty>
      No trigger waits for this.
      {detail.near.length === 0 ? null : <> Did you mean {detail.near.join(" or ")}?</>}
    </Empty>
  );
};

const Verdict = ({ verdict }: { verdict: EventVerdict }): JSX.Element => (
  <>
    <p>
      <a class="id" href={triggerHref(verdict.trigger)}>
        {verdict.trigger}
      </a>{" "}
      <span class={`verdict verdict-${verdict.kind}`}>{verdict.text}</span>{" "}
      {verdict.run === null ? null : <a href={runHref(verdict.run)}>{verdict.run}</a>}
    </p>
    {verdict.leaves.length === 0 ? null : (
      <ul class="leaves">
        {verdict.leaves.map(({ path, condition, kind, text, waiting }) => (
          <li key={`${path} ${condition}`} class={`leaf-${kind}`}>
            <code>{condition}</code> <span>{text}</span>
            {waiting.length === 0 ? null : (
              <span class="faint">
                {" "}
                {waiting.map((id) => (
                  <a key={id} class="id" href={eventHref(id)}>
                    {id}{" "}
                  </a>
                ))}
                wait
              </span>
            )}
          </li>
        ))}
      </ul>
    )}
  </>
);

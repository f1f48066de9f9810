// One trigger: its tree of conditions with what waits in each leaf, its next occurrences, its last runs and skips.
import type { JSX } from "preact";
import type { TriggerDetail } from "../../trigger-view.ts";
import { triggerPath } from "../api.ts";
import { amountText, jsonText } from "../format.ts";
import { useData } from "../live.ts";
import { eventHref, runsHref } from "../route.ts";
import { Empty, Fault, Loading, Section, When } from "../parts/basics.tsx";
import { useShared } from "../parts/context.ts";
import { RunTable } from "../parts/runs.tsx";
import { Table } from "../parts/table.tsx";
import { Tree } from "../parts/tree.tsx";
import { TriggerActs } from "../parts/trigger-acts.tsx";

export const TriggerPage = ({ id }: { id: string }): JSX.Element => {
  const { overview } = useShared();
  const { view, error, refresh } = useData<TriggerDetail>(triggerPath(id), overview?.version);
  return (
    <>
      <p class="trail">
        <a href="#/triggers">Triggers</a>
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

const Detail = ({
  detail,
  refresh,
}: {
  detail: TriggerDetail;
  refresh: () => void;
}): JSX.Element => {
  const { trigger, condition, options, runs, skips, input, hasInput, deadlines } = detail;
  return (
    <>
      <div class="line">
        {trigger.task === null ? null : <span>runs {trigger.task}</span>}
        {trigger.paused === null ? null : <span class="paused">paused</span>}
        <TriggerActs
          subject={{
            trigger: trigger.id,
            task: trigger.task,
            isPaused: trigger.paused !== null,
            isSchedule: trigger.isSchedule,
            ...(hasInput && { input: jsonText(input) }),
          }}
          done={refresh}
        />
      </div>
      <Section title="Condition">
        {condition === null ? (
          <Empty>
            The condition is in the app&#8217;s file; start the dashboard with <code>--app</code>.
          </Empty>
        ) : (
          <Tree condition={condition} words={{ some: "waiting", none: "nothing waits" }} />
        )}
        {options.length === 0 ? null : <p class="faint">{options.join(" · ")}</p>}
      </Section>
      {deadlines.length === 0 ? null : (
        <Section title="To come by itself">
          <Table
            label="to come"
            rows={deadlines}
            keyOf={({ id }) => id}
            columns={[
              { title: "At", cell: ({ at }) => <When at={at} /> },
              { title: "What", cell: ({ text }) => text, kind: "wide" },
            ]}
          />
        </Section>
      )}
      {trigger.next.length === 0 ? null : (
        <Section title="Next occurrences">
          <ol class="instants">
            {trigger.next.map((at) => (
              <li key={at}>
                <When at={at} plain />{" "}
                <span class="faint">
                  (<When at={at} />)
                </span>
              </li>
            ))}
          </ol>
        </Section>
      )}
      <Section
        title="Last runs"
        aside={<a href={runsHref({ trigger: trigger.id })}>All of its runs</a>}
      >
        {runs.length === 0 ? (
          <Empty>It has owed no run yet.</Empty>
        ) : (
          <RunTable
            label="last runs"
            runs={runs}
            columns={["run", "state", "attempt", "created", "took", "outcome"]}
          />
        )}
      </Section>
      <Section title="Last skips">
        {skips.length === 0 ? (
          <Empty>Nothing was skipped.</Empty>
        ) : (
          <Table
            label="last skips"
            rows={skips}
            keyOf={({ id }) => id}
            columns={[
              { title: "At", cell: ({ at }) => <When at={at} /> },
              { title: "Reason", cell: ({ reason }) => reason },
              { title: "Count", cell: ({ count }) => amountText(count), kind: "amount" },
              {
                title: "Of",
                cell: ({ signal, from, to }) =>
                  signal === null ? (
                    <>
                      <When at={from} plain />
                      {from === to ? null : (
                        <>
                          {" "}
                          to <When at={to} plain />
                        </>
                      )}
                    </>
                  ) : (
                    <a class="id" href={eventHref(signal)}>
                      {signal}
                    </a>
                  ),
              },
              { title: "Detail", cell: ({ detail }) => detail ?? "", kind: "wide" },
            ]}
          />
        )}
      </Section>
    </>
  );
};

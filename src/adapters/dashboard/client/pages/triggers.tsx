// Triggers: what each waits for, when it is next due, and what can be done with it.
import type { JSX } from "preact";
import type { TriggerLine, TriggerPage } from "../../trigger-view.ts";
import { useData } from "../live.ts";
import { runsHref, triggerHref } from "../route.ts";
import { Empty, Fault, Loading, Section, When } from "../parts/basics.tsx";
import { useShared } from "../parts/context.ts";
import { Table } from "../parts/table.tsx";
import { TriggerActs } from "../parts/trigger-acts.tsx";

export const Triggers = (): JSX.Element => {
  const { overview } = useShared();
  const { view, error, refresh } = useData<TriggerPage>("/api/triggers", overview?.version);
  return (
    <>
      <h1>Triggers</h1>
      {error === undefined ? null : <Fault error={error} retry={refresh} />}
      {view === undefined ? (
        error === undefined && <Loading />
      ) : (
        <Lists page={view} refresh={refresh} />
      )}
    </>
  );
};

const Lists = ({ page, refresh }: { page: TriggerPage; refresh: () => void }): JSX.Element => (
  <>
    {page.hasDefinitions ? null : (
      <p class="faint">
        Conditions are in the app&#8217;s file, which this dashboard was not given: start it with{" "}
        <code>--app app.ts</code> to see them.
      </p>
    )}
    {page.triggers.length === 0 ? (
      <Empty>
        {page.hasDefinitions
          ? "The app has no triggers."
          : "No engine has told the store of any trigger yet."}
      </Empty>
    ) : (
      <Table
        label="triggers"
        rows={page.triggers}
        keyOf={({ id }) => id}
        columns={[
          {
            title: "Trigger",
            cell: ({ id, made }) => (
              <>
                <a class="id" href={triggerHref(id)} data-open>
                  {id}
                </a>
                {made ? <span class="faint"> made at run time</span> : null}
              </>
            ),
          },
          { title: "When", cell: ({ when }) => <code>{when}</code>, kind: "wide" },
          { title: "Task", cell: ({ task }) => task ?? "" },
          { title: "Next", cell: (trigger) => <Next trigger={trigger} /> },
          {
            title: "Waiting",
            cell: ({ waiting }) => (waiting === 0 ? <span class="faint">–</span> : waiting),
            kind: "amount",
          },
          {
            title: "Acts",
            kind: "acts",
            cell: ({ id, task, paused, isSchedule }) => (
              <TriggerActs
                subject={{ trigger: id, task, isPaused: paused !== null, isSchedule }}
                done={refresh}
              />
            ),
          },
        ]}
      />
    )}
    <Section title="Tasks">
      {page.tasks.length === 0 ? (
        <Empty>No task is known yet.</Empty>
      ) : (
        <Table
          label="tasks"
          rows={page.tasks}
          keyOf={({ id }) => id}
          columns={[
            { title: "Task", cell: ({ id }) => <a href={runsHref({ task: id })}>{id}</a> },
            { title: "Paused", cell: ({ paused }) => <Paused paused={paused} />, kind: "wide" },
            {
              title: "Acts",
              kind: "acts",
              cell: ({ id, paused }) => (
                <TriggerActs
                  subject={{ task: id, isPaused: paused !== null, isSchedule: false }}
                  done={refresh}
                />
              ),
            },
          ]}
        />
      )}
    </Section>
  </>
);

const Next = ({ trigger }: { trigger: TriggerLine }): JSX.Element =>
  trigger.paused === null ? (
    <When at={trigger.next[0] ?? null} />
  ) : (
    <Paused paused={trigger.paused} />
  );

const Paused = ({ paused }: { paused: TriggerLine["paused"] }): JSX.Element =>
  paused === null ? (
    <span class="faint">–</span>
  ) : (
    <span class="paused">
      paused
      {paused.until === null ? null : (
        <>
          {" "}
          until <When at={paused.until} plain />
        </>
      )}
    </span>
  );

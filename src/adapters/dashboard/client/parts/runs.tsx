// Runs in a table.
import type { JSX } from "preact";
import type { RunLine } from "../../view.ts";
import { durationText } from "../format.ts";
import { useNow } from "../live.ts";
import { runHref, triggerHref } from "../route.ts";
import { Progress, State, When } from "./basics.tsx";
import { Table, type Column } from "./table.tsx";

const RunLink = ({ run }: { run: string }): JSX.Element => (
  <a class="id" href={runHref(run)} data-open>
    {run}
  </a>
);

const Took = ({ run }: { run: RunLine }): JSX.Element => {
  const now = useNow();
  if (run.startedAt === null) return <span class="faint">–</span>;
  const end = run.settledAt === null ? now : Date.parse(run.settledAt);
  return <span>{durationText(Math.max(0, end - Date.parse(run.startedAt)))}</span>;
};

export const runColumns: { readonly [name: string]: Column<RunLine> } = {
  run: { title: "Run", cell: ({ id }) => <RunLink run={id} /> },
  task: { title: "Task", cell: ({ task }) => task },
  trigger: {
    title: "Trigger",
    cell: ({ trigger }) =>
      trigger.startsWith("@") ? (
        <span class="faint">by hand</span>
      ) : (
        <a href={triggerHref(trigger)}>{trigger}</a>
      ),
  },
  state: {
    title: "State",
    cell: ({ state, cancelRequested }) => <State state={state} asked={cancelRequested} />,
  },
  attempt: { title: "Attempt", cell: ({ attempt }) => attempt, kind: "amount" },
  due: { title: "Due", cell: ({ dueAt }) => <When at={dueAt} /> },
  created: { title: "Created", cell: ({ createdAt }) => <When at={createdAt} /> },
  took: { title: "Took", cell: (run) => <Took run={run} />, kind: "amount" },
  progress: {
    title: "Progress",
    cell: ({ fraction, message, task }) =>
      fraction === null ? (
        <span class="faint">–</span>
      ) : (
        <>
          <Progress fraction={fraction} label={`progress of ${task}`} />
          {message === null ? null : <span class="faint"> {message}</span>}
        </>
      ),
    kind: "wide",
  },
  outcome: {
    title: "Outcome",
    cell: ({ outcome }) => <span class="clip">{outcome ?? ""}</span>,
    kind: "wide",
  },
};

export const RunTable = ({
  label,
  runs,
  columns,
}: {
  label: string;
  runs: readonly RunLine[];
  columns: readonly (keyof typeof runColumns)[];
}): JSX.Element => (
  <Table
    label={label}
    rows={runs}
    keyOf={({ id }) => id}
    columns={columns.flatMap((name) => runColumns[name] ?? [])}
  />
);

// Runs: filters and search, and what can be done to many at once.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { BulkReply } from "../../request.ts";
import type { TriggerPage } from "../../trigger-view.ts";
import type { RunLine, RunPage } from "../../view.ts";
import { pathOf, post } from "../api.ts";
import { amountText } from "../format.ts";
import { useData } from "../live.ts";
import { go, runsHref, type Route } from "../route.ts";
import { Empty, Fault, Loading, When } from "../parts/basics.tsx";
import { useAct, useShared } from "../parts/context.ts";
import { Asking } from "../parts/dialog.tsx";
import { fieldIn } from "../parts/form.ts";
import { runColumns } from "../parts/runs.tsx";
import { Table, type Column } from "../parts/table.tsx";
import { useRuns } from "../search.ts";

const states = [
  "pending",
  "claimed",
  "running",
  "succeeded",
  "failed",
  "cancelled",
  "expired",
  "lost",
];
const names = ["state", "task", "trigger", "search"] as const;

export const Runs = ({ route }: { route: Route }): JSX.Element => {
  const { overview } = useShared();
  const filter = Object.fromEntries(names.map((name) => [name, route.query.get(name) ?? ""]));
  const after = route.query.get("after") ?? "";
  const path = pathOf("/api/runs", { ...filter, after });
  const { view, error, refresh, isGoing, goOn } = useRuns(path, overview?.version);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => setChosen(new Set()), [path]);
  const hrefOf = (more: { readonly [name: string]: string }): string =>
    runsHref(
      Object.fromEntries(
        Object.entries({ ...filter, ...more }).filter(([, value]) => value !== ""),
      ),
    );
  const choose = (id: string, isChosen: boolean): void => {
    const next = new Set(chosen);
    if (isChosen) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  return (
    <>
      <h1>Runs</h1>
      <Filters filter={filter} hrefOf={hrefOf} />
      {error === undefined ? null : <Fault error={error} retry={refresh} />}
      {view === undefined ? (
        error === undefined && <Loading />
      ) : (
        <>
          <Bulk
            filter={filter}
            chosen={[...chosen]}
            chooseAll={() => setChosen(new Set(view.runs.map(({ id }) => id)))}
            done={() => {
              setChosen(new Set());
              refresh();
            }}
          />
          {view.searched === null ? null : <Searched page={view} isGoing={isGoing} goOn={goOn} />}
          {view.runs.length === 0 ? (
            isGoing ? null : (
              <Empty>{emptyText(filter, view)}</Empty>
            )
          ) : (
            <Table
              label="runs"
              rows={view.runs}
              keyOf={({ id }) => id}
              columns={[chooser(chosen, choose), ...shownColumns]}
            />
          )}
          <nav class="pages" aria-label="pages of runs">
            {after === "" ? null : <a href={hrefOf({})}>Newest</a>}
            {view.next === null || view.searched !== null ? null : (
              <a href={hrefOf({ after: view.next })}>Older</a>
            )}
          </nav>
        </>
      )}
    </>
  );
};

/** How far a search has looked, and the way to look further. */
const Searched = ({
  page,
  isGoing,
  goOn,
}: {
  page: RunPage;
  isGoing: boolean;
  goOn: () => void;
}): JSX.Element => (
  <div class="line">
    <p class="faint" role="status">
      {isGoing ? "Looking: " : "Looked at "}
      {amountText(page.searched ?? 0)} {page.searched === 1 ? "run" : "runs"}, newest first
      {page.searchedTo === null ? null : (
        <>
          , back to <When at={page.searchedTo} plain />
        </>
      )}
      {isGoing ? " …" : page.next === null ? "; there are no others." : "; there are older ones."}
    </p>
    {isGoing || page.next === null ? null : (
      <button type="button" onClick={goOn}>
        Search on
      </button>
    )}
  </div>
);

const emptyText = (filter: Filter, { searched, next }: RunPage): string => {
  if (searched !== null && next !== null) return "None of these has the words.";
  return names.some((name) => filter[name] !== "")
    ? "No run passes the filter."
    : "There is no run yet. Emit an event, or run a task from the page Triggers.";
};

const shownColumns: readonly Column<RunLine>[] = [
  "run",
  "task",
  "trigger",
  "state",
  "attempt",
  "created",
  "took",
  "outcome",
].flatMap((name) => runColumns[name] ?? []);

const chooser = (
  chosen: ReadonlySet<string>,
  choose: (id: string, isChosen: boolean) => void,
): Column<RunLine> => ({
  title: "Choose",
  kind: "acts",
  cell: ({ id }) => (
    <input
      type="checkbox"
      data-choose
      aria-label={`choose ${id}`}
      checked={chosen.has(id)}
      onChange={({ currentTarget }) => choose(id, currentTarget.checked)}
    />
  ),
});

type Filter = { readonly [name: string]: string };

const Filters = ({
  filter,
  hrefOf,
}: {
  filter: Filter;
  hrefOf: (more: Filter) => string;
}): JSX.Element => {
  const { view } = useData<TriggerPage>("/api/triggers", undefined);
  const change = (event: Event): void => {
    const { name, value } = event.currentTarget as HTMLSelectElement;
    go(hrefOf({ [name]: value }));
  };
  const search = (event: Event): void => {
    event.preventDefault();
    go(hrefOf({ search: fieldIn(event.target, "search") }));
  };
  return (
    <form class="filters" role="search" onSubmit={search}>
      <label>
        <span>State</span>
        <select name="state" value={filter["state"]} onChange={change}>
          <option value="">any</option>
          {/* Not one state: what waits or runs, what went wrong. */}
          <option value="pending,claimed,running">not over</option>
          <option value="failed,lost">failed or lost</option>
          <option value="claimed,running">claimed or running</option>
          {states.map((state) => (
            <option key={state}>{state}</option>
          ))}
        </select>
      </label>
      <label>
        <span>Task</span>
        <select name="task" value={filter["task"]} onChange={change}>
          <option value="">any</option>
          {optionsOf(
            filter["task"],
            view?.tasks.map(({ id }) => id),
          )}
        </select>
      </label>
      <label>
        <span>Trigger</span>
        <select name="trigger" value={filter["trigger"]} onChange={change}>
          <option value="">any</option>
          {optionsOf(
            filter["trigger"],
            view?.triggers.map(({ id }) => id),
          )}
        </select>
      </label>
      <label class="grow">
        <span>Search</span>
        <input
          name="search"
          type="search"
          data-search
          key={filter["search"]}
          defaultValue={filter["search"]}
          placeholder="in ids, tasks, causes, inputs and outcomes"
        />
      </label>
      <button type="submit">Search</button>
    </form>
  );
};

/** What is chosen is among them, even if it is not known any more. */
const optionsOf = (chosen: string | undefined, known: readonly string[] = []): JSX.Element[] =>
  [...new Set([...(chosen === undefined || chosen === "" ? [] : [chosen]), ...known])].map((id) => (
    <option key={id}>{id}</option>
  ));

/** What can be done to those chosen, or to all that pass the filter. */
const Bulk = ({
  filter,
  chosen,
  chooseAll,
  done,
}: {
  filter: Filter;
  chosen: readonly string[];
  chooseAll: () => void;
  done: () => void;
}): JSX.Element | null => {
  const { isReadOnly } = useShared();
  const act = useAct();
  const [asking, setAsking] = useState<{ verb: "cancel" | "retry"; of: "chosen" | "all" }>();
  if (isReadOnly) return null;
  const doIt = async (): Promise<boolean> => {
    if (asking === undefined) return false;
    const { state = "", task = "", trigger = "" } = filter;
    const body =
      asking.of === "chosen"
        ? { runs: chosen }
        : {
            where: {
              ...(state !== "" && { states: state.split(",") }),
              ...(task !== "" && { task }),
              ...(trigger !== "" && { trigger }),
            },
          };
    const isDone = await act(async () => {
      const reply = await post<BulkReply>(`/api/${asking.verb}`, body);
      const word = asking.verb === "cancel" ? "cancelled, or asked to end" : "to run again";
      const [first] = reply.refused;
      return `${reply.done} ${reply.done === 1 ? "run" : "runs"} ${word}${first === undefined ? "" : `; ${reply.refused.length} not: ${first.reason}`}${reply.more ? "; there are more" : ""}`;
    });
    done();
    return isDone;
  };
  return (
    <div class="bulk" role="group" aria-label="acts on many runs">
      <button type="button" onClick={chooseAll}>
        Choose this page
      </button>
      <span>{chosen.length === 0 ? "none chosen" : `${chosen.length} chosen`}</span>
      {(["cancel", "retry"] as const).map((verb) => (
        <button
          key={verb}
          type="button"
          disabled={chosen.length === 0}
          onClick={() => setAsking({ verb, of: "chosen" })}
        >
          {verb === "cancel" ? "Cancel chosen" : "Retry chosen"}
        </button>
      ))}
      {filter["search"] !== "" ? null : (
        <>
          <button type="button" onClick={() => setAsking({ verb: "cancel", of: "all" })}>
            Cancel all of the filter
          </button>
          <button type="button" onClick={() => setAsking({ verb: "retry", of: "all" })}>
            Retry all of the filter
          </button>
        </>
      )}
      {asking === undefined ? null : (
        <Asking
          title={asking.verb === "cancel" ? "Cancel runs" : "Run again"}
          text={textOf(asking, filter, chosen.length)}
          fields={[]}
          verb={asking.verb === "cancel" ? "Cancel them" : "Run them again"}
          isGrave={asking.verb === "cancel"}
          act={doIt}
          close={() => setAsking(undefined)}
        />
      )}
    </div>
  );
};

const textOf = (
  { verb, of }: { readonly verb: "cancel" | "retry"; readonly of: "chosen" | "all" },
  filter: Filter,
  count: number,
): string => {
  const given = (["state", "task", "trigger"] as const)
    .filter((name) => filter[name] !== "")
    .map((name) => `${name} ${filter[name]}`);
  const which =
    of === "chosen"
      ? `${count} chosen ${count === 1 ? "run" : "runs"}`
      : `all runs${given.length === 0 ? "" : ` of ${given.join(", ")}`}`;
  return verb === "cancel"
    ? `This cancels ${which}, as far as they are not over, at most 1,000 at once. Those that run are asked to end.`
    : `This runs again what ${which} did, as far as they are over, at most 1,000 at once: new runs with the same input and idempotency key.`;
};

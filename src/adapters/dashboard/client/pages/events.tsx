// Events: emit one, and see what each has caused.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { EventLine, EventPage } from "../../trigger-view.ts";
import { pathOf, post } from "../api.ts";
import { shortJson } from "../format.ts";
import { useData } from "../live.ts";
import { eventHref, go, runHref, type Route } from "../route.ts";
import { Empty, Fault, Loading, State, When } from "../parts/basics.tsx";
import { useAct, useShared } from "../parts/context.ts";
import { Asking, jsonIn } from "../parts/dialog.tsx";
import { fieldIn } from "../parts/form.ts";
import { Table } from "../parts/table.tsx";

export const Events = ({ route }: { route: Route }): JSX.Element => {
  const { overview, isReadOnly } = useShared();
  const name = route.query.get("name") ?? "";
  const after = route.query.get("after") ?? "";
  const path = pathOf("/api/events", { name, after });
  const { view, error, refresh } = useData<EventPage>(path, overview?.version);
  const [isEmitting, setEmitting] = useState(false);
  const hrefOf = (query: { readonly [name: string]: string }): string => pathOf("#/events", query);
  return (
    <>
      <h1>Events</h1>
      <form
        class="filters"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          go(hrefOf({ name: fieldIn(event.target, "name") }));
        }}
      >
        <label class="grow">
          <span>Name</span>
          <input
            name="name"
            type="search"
            data-search
            key={name}
            defaultValue={name}
            placeholder="any"
          />
        </label>
        <button type="submit">Show</button>
        {isReadOnly ? null : (
          <button type="button" class="chief" onClick={() => setEmitting(true)}>
            Emit an event
          </button>
        )}
      </form>
      {isEmitting ? <Emitting name={name} done={refresh} close={() => setEmitting(false)} /> : null}
      {error === undefined ? null : <Fault error={error} retry={refresh} />}
      {view === undefined ? (
        error === undefined && <Loading />
      ) : (
        <>
          {view.events.length === 0 ? (
            <Empty>
              {name === "" ? (
                "There is no event yet. Emit one here, or with detent emit."
              ) : (
                <>
                  No event is named {name}. <a href={eventHref(name)}>Is it an event&#8217;s id?</a>
                </>
              )}
            </Empty>
          ) : (
            <EventTable events={view.events} />
          )}
          <nav class="pages" aria-label="pages of events">
            {after === "" ? null : <a href={hrefOf({ name })}>Newest</a>}
            {view.next === null ? null : <a href={hrefOf({ name, after: view.next })}>Older</a>}
          </nav>
        </>
      )}
    </>
  );
};

const EventTable = ({ events }: { events: readonly EventLine[] }): JSX.Element => (
  <Table
    label="events"
    rows={events}
    keyOf={({ id }) => id}
    columns={[
      {
        title: "Event",
        cell: ({ id, name, isCommand }) => (
          <>
            <a href={eventHref(id)} data-open>
              {name}
            </a>
            {isCommand ? <span class="faint"> command</span> : null}
          </>
        ),
      },
      { title: "At", cell: ({ at, dueAt }) => <When at={dueAt ?? at} /> },
      {
        title: "Payload",
        cell: ({ payload }) => <code class="clip">{shortJson(payload)}</code>,
        kind: "wide",
      },
      {
        title: "Runs",
        kind: "wide",
        cell: ({ runs }) =>
          runs.length === 0 ? (
            <span class="faint">–</span>
          ) : (
            <ul class="plain">
              {runs.map(({ id, task, state }) => (
                <li key={id}>
                  <a href={runHref(id)}>{task}</a> <State state={state} />
                </li>
              ))}
            </ul>
          ),
      },
    ]}
  />
);

const Emitting = ({
  name,
  done,
  close,
}: {
  name: string;
  done: () => void;
  close: () => void;
}): JSX.Element => {
  const act = useAct();
  return (
    <Asking
      title="Emit an event"
      fields={[
        { name: "name", label: "Name", value: name, isNeeded: true },
        { name: "payload", label: "Payload, as JSON", kind: "json", hint: "Left empty: null" },
        {
          name: "id",
          label: "Id",
          hint: "The same id again changes nothing. Left empty: a new one",
        },
        { name: "after", label: "After", hint: 'A delay, such as "90 s". Left empty: at once' },
      ]}
      verb="Emit"
      close={close}
      act={async (values) => {
        try {
          const payload = jsonIn(values["payload"] ?? "", "payload");
          const reply = await post<{ event: string; status: string; differs?: true }>(
            "/api/events",
            {
              name: values["name"],
              ...(payload !== undefined && { payload }),
              ...(values["id"] !== "" && { id: values["id"] }),
              ...(values["after"] !== "" && { after: values["after"] }),
            },
          );
          done();
          return await act(() =>
            Promise.resolve(
              reply.status === "accepted"
                ? `accepted as ${reply.event}`
                : `${reply.event} is a duplicate; nothing changed${reply.differs === true ? ", although this event differs from the stored one" : ""}`,
            ),
          );
        } catch (error) {
          return (error as Error).message;
        }
      }}
    />
  );
};

// Engines: who works on the app, and how far the log is routed.
import type { JSX } from "preact";
import type { EnginePage } from "../../view.ts";
import { amountText } from "../format.ts";
import { useData } from "../live.ts";
import { runHref } from "../route.ts";
import { Empty, Fault, Loading, Section, When } from "../parts/basics.tsx";
import { useShared } from "../parts/context.ts";
import { Table } from "../parts/table.tsx";

export const Engines = (): JSX.Element => {
  const { overview } = useShared();
  const { view, error, refresh } = useData<EnginePage>("/api/engines", overview?.version);
  return (
    <>
      <h1>Engines</h1>
      {error === undefined ? null : <Fault error={error} retry={refresh} />}
      {view === undefined ? error === undefined && <Loading /> : <Detail page={view} />}
    </>
  );
};

const Detail = ({ page }: { page: EnginePage }): JSX.Element => {
  const { engines, generation, watermark } = page;
  return (
    <>
      {engines.length === 0 ? (
        <Empty>
          No engine has ever worked on this app. Start one with <code>detent start app.ts</code>.
        </Empty>
      ) : (
        <Table
          label="engines"
          rows={engines}
          keyOf={({ id }) => id}
          columns={[
            { title: "Engine", cell: ({ id }) => <span class="id">{id}</span> },
            {
              title: "State",
              cell: ({ state }) => <span class={`state state-${state}`}>{state}</span>,
            },
            { title: "Host", cell: ({ host }) => host },
            { title: "Process", cell: ({ process }) => process, kind: "amount" },
            { title: "Entered", cell: ({ enteredAt }) => <When at={enteredAt} /> },
            { title: "Closed", cell: ({ closedAt }) => <When at={closedAt} /> },
            {
              title: "Holds",
              kind: "wide",
              cell: ({ held }) =>
                held.length === 0 ? (
                  <span class="faint">–</span>
                ) : (
                  <ul class="plain">
                    {held.slice(0, 5).map(({ id, task }) => (
                      <li key={id}>
                        <a href={runHref(id)}>{task}</a>
                      </li>
                    ))}
                    {held.length > 5 ? <li class="faint">and {held.length - 5} more</li> : null}
                  </ul>
                ),
            },
          ]}
        />
      )}
      <Section title="The log">
        <dl class="facts">
          <div>
            <dt>Routed up to</dt>
            <dd>signal {amountText(watermark.seq)}</dd>
          </div>
          <div>
            <dt>Routed at</dt>
            <dd>{watermark.seq === 0 ? "–" : <When at={watermark.at} />}</dd>
          </div>
          <div>
            <dt>Not routed yet</dt>
            <dd>{amountText(watermark.unrouted)}</dd>
          </div>
        </dl>
      </Section>
      <Section title="Definitions">
        {generation === null ? (
          <Empty>No engine has activated definitions yet.</Empty>
        ) : (
          <dl class="facts">
            <div>
              <dt>Generation</dt>
              <dd>{generation.number}</dd>
            </div>
            <div>
              <dt>Triggers</dt>
              <dd>{generation.triggers}</dd>
            </div>
            <div>
              <dt>Activated</dt>
              <dd>
                <When at={generation.activatedAt} />
              </dd>
            </div>
            <div>
              <dt>Time zones</dt>
              <dd>{generation.zones ?? "not told"}</dd>
            </div>
            <div>
              <dt>Fingerprint</dt>
              <dd class="id">{generation.fingerprint}</dd>
            </div>
          </dl>
        )}
      </Section>
    </>
  );
};

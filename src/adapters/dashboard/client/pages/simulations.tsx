// Simulations: the plans that have broken a law, each with the lines that lead there.
import type { JSX } from "preact";
import type { SavedPlanView, SimulationPage } from "../../view.ts";
import { useData } from "../live.ts";
import { Empty, Fault, Loading, Section, When } from "../parts/basics.tsx";

export const Simulations = (): JSX.Element => {
  const { view, error, refresh } = useData<SimulationPage>("/api/simulations", undefined);
  return (
    <>
      <h1>Simulations</h1>
      {error === undefined ? null : <Fault error={error} retry={refresh} />}
      {view === undefined ? error === undefined && <Loading /> : <Plans page={view} />}
    </>
  );
};

const Plans = ({ page: { folder, plans, more } }: { page: SimulationPage }): JSX.Element =>
  plans.length === 0 ? (
    <Empty>
      There is no plan in <code>{folder}</code> that breaks a law. Look for one with{" "}
      <code>detent simulate app.ts</code>.
    </Empty>
  ) : (
    <>
      {plans.map((saved) => (
        <Saved key={saved.file} saved={saved} />
      ))}
      {more === 0 ? null : <p class="faint">and {more} older ones</p>}
    </>
  );

const Saved = ({ saved }: { saved: SavedPlanView }): JSX.Element => {
  const { plan, app, file, savedAt, fault } = saved;
  if (plan === null)
    return (
      <Section title={file}>
        <p class="fault">{fault}</p>
      </Section>
    );
  return (
    <Section title={plan.law}>
      <p>{plan.message}</p>
      {plan.timeline.length === 0 ? null : (
        <pre class="lines" tabIndex={0} aria-label={`timeline of ${plan.law}`}>
          {plan.timeline.join("\n")}
        </pre>
      )}
      <dl class="facts">
        {app === "" ? null : (
          <div>
            <dt>App</dt>
            <dd>{app}</dd>
          </div>
        )}
        <div>
          <dt>Saved</dt>
          <dd>
            <When at={savedAt} />
          </dd>
        </div>
        <div>
          <dt>Engines</dt>
          <dd>{plan.engines}</dd>
        </div>
        <div>
          <dt>Faults</dt>
          <dd>{plan.faults}</dd>
        </div>
        <div>
          <dt>Seed</dt>
          <dd>{plan.seed}</dd>
        </div>
        <div>
          <dt>Again</dt>
          <dd>
            <code>detent simulate app.ts --replay {file}</code>
          </dd>
        </div>
      </dl>
    </Section>
  );
};

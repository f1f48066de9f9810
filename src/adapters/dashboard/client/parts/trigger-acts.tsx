// What can be done with a trigger or a task: hold it, let it go on, run it now, make up for the past.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { post, taskPath, triggerPath } from "../api.ts";
import { useAct, useShared } from "./context.ts";
import { Asking, instantIn, jsonIn } from "./dialog.tsx";

interface Subject {
  /** A trigger's id, or undefined for a task alone. */
  readonly trigger?: string;
  readonly task: string | null;
  readonly isPaused: boolean;
  readonly isSchedule: boolean;
  /** What the task's input is, where it is known. */
  readonly input?: string;
}

type Asked = "pause" | "run" | "backfill";

export const TriggerActs = ({
  subject,
  done,
}: {
  subject: Subject;
  done: () => void;
}): JSX.Element | null => {
  const { isReadOnly } = useShared();
  const act = useAct();
  const [asking, setAsking] = useState<Asked>();
  const { trigger, task, isPaused, isSchedule } = subject;
  if (isReadOnly) return null;
  const path = trigger === undefined ? taskPath(task ?? "") : triggerPath(trigger);
  const name = trigger ?? task ?? "";
  const resume = (): Promise<boolean> =>
    act(async () => {
      await post(`${path}/resume`);
      done();
      return `${name} goes on`;
    });
  return (
    <span class="acts">
      {isPaused ? (
        <button type="button" aria-label={`resume ${name}`} onClick={() => void resume()}>
          Resume
        </button>
      ) : (
        <button type="button" aria-label={`pause ${name}`} onClick={() => setAsking("pause")}>
          Pause
        </button>
      )}
      {task === null ? null : (
        <button type="button" aria-label={`run now: ${task}`} onClick={() => setAsking("run")}>
          Run now
        </button>
      )}
      {isSchedule ? (
        <button type="button" aria-label={`backfill ${name}`} onClick={() => setAsking("backfill")}>
          Backfill
        </button>
      ) : null}
      {asking === undefined ? null : (
        <TriggerDialog
          asking={asking}
          subject={subject}
          path={path}
          done={done}
          close={() => setAsking(undefined)}
        />
      )}
    </span>
  );
};

const TriggerDialog = ({
  asking,
  subject,
  path,
  done,
  close,
}: {
  asking: Asked;
  subject: Subject;
  path: string;
  done: () => void;
  close: () => void;
}): JSX.Element => {
  const act = useAct();
  const { trigger, task, input } = subject;
  const name = trigger ?? task ?? "";
  const doing = async (work: () => Promise<string>): Promise<boolean | string> => {
    try {
      const text = await work();
      done();
      return await act(() => Promise.resolve(text));
    } catch (error) {
      return (error as Error).message;
    }
  };
  if (asking === "pause")
    return (
      <Asking
        title={`Pause ${name}`}
        text={
          trigger === undefined
            ? "Its runs wait. Those that run go on."
            : "What would have fired it becomes a skip; nothing is made up for afterwards."
        }
        fields={[
          {
            name: "until",
            label: "Until",
            kind: "instant",
            hint: "Left empty: until somebody resumes it",
          },
        ]}
        verb="Pause it"
        close={close}
        act={({ until = "" }) =>
          doing(async () => {
            await post(`${path}/pause`, until === "" ? {} : { until: instantIn(until) });
            return `${name} is paused`;
          })
        }
      />
    );
  if (asking === "run")
    return (
      <Asking
        title={`Run ${task ?? ""} now`}
        text="This asks for one run of the task, whatever its triggers wait for."
        fields={[
          {
            name: "input",
            label: "Input, as JSON",
            kind: "json",
            hint: "Left empty: null",
            ...(input !== undefined && { value: input }),
          },
        ]}
        verb="Run it"
        close={close}
        act={(values) =>
          doing(async () => {
            const value = jsonIn(values["input"] ?? "", "input");
            const body = { task, ...(value !== undefined && { input: value }) };
            const { run } = await post<{ run: string }>("/api/runs", body);
            return `It will run as ${run}`;
          })
        }
      />
    );
  return (
    <Asking
      title={`Backfill ${name}`}
      text="Each occurrence of the schedule between these instants that has no run gets one."
      fields={[
        { name: "from", label: "From", kind: "instant", isNeeded: true },
        { name: "to", label: "To", kind: "instant", isNeeded: true, hint: "Not in the future" },
      ]}
      verb="Backfill"
      close={close}
      act={({ from = "", to = "" }) =>
        doing(async () => {
          const range = { from: instantIn(from), to: instantIn(to) };
          const { count } = await post<{ count: number }>(`${path}/backfill`, range);
          return `${count} ${count === 1 ? "occurrence" : "occurrences"}: those that have no run yet get one`;
        })
      }
    />
  );
};

// Stored signals as the command line shows them. Scripts rely on these shapes.
import { formatInstant } from "../core/instant.ts";
import type { StoredSignal } from "../core/signal.ts";
import { instantText } from "./run-view.ts";

export const signalView = ({ id, seq, at, signal, origin, dueAt }: StoredSignal) => ({
  id,
  seq,
  ...(signal._tag === "Event"
    ? { kind: "event", name: signal.name, payload: signal.payload }
    : {
        kind: "status",
        task: signal.task,
        run: signal.run,
        state: signal.state,
        attempt: signal.attempt,
        input: signal.input,
        ...(signal.result !== undefined && { result: signal.result }),
        ...(signal.error !== undefined && { error: signal.error }),
      }),
  at: formatInstant(at),
  /** When it happened, if whoever emitted it has said so. */
  happenedAt: signal._tag === "Event" && signal.at !== at ? formatInstant(signal.at) : null,
  origin,
  dueAt: instantText(dueAt),
});

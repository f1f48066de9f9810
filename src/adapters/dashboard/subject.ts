// What a dashboard shows and acts on. It knows the core's port and its data; what acts is handed in, because the functions that do so are the runtime's.
import type { Subject as PauseSubject } from "../../core/command.ts";
import type { Definitions } from "../../core/definitions.ts";
import type { DurationInput } from "../../core/duration.ts";
import type { InstantInput } from "../../core/instant.ts";
import type { Json } from "../../core/json.ts";
import type { StorePort } from "../../core/store.ts";

interface Named {
  /** The same id again is a duplicate and changes nothing. */
  readonly id?: string;
}

type Status = "accepted" | "duplicate";

interface CommandReply {
  readonly command: string;
  readonly status: Status;
}

/** What people can do; a Runtime is one. Each rejects with an InputError for what can't be taken, and with a StoreError where the store fails. */
export interface Operations {
  emit(
    name: string,
    payload: Json,
    options: Named & { readonly at?: InstantInput; readonly after?: DurationInput },
  ): Promise<{ readonly event: string; readonly status: Status; readonly differs?: true }>;
  run(
    task: string,
    input: Json,
    options: Named,
  ): Promise<{ readonly run: string; readonly status: Status }>;
  cancel(run: string): Promise<"cancelled" | "requested" | "over" | "unknown">;
  retry(
    run: string,
    options: Named,
  ): Promise<
    | { readonly run: string; readonly status: Status }
    | { readonly run: null; readonly status: "unknown" | "not-over" }
  >;
  pause(
    subject: PauseSubject,
    options: Named & { readonly until?: InstantInput },
  ): Promise<CommandReply>;
  resume(subject: PauseSubject, options: Named): Promise<CommandReply>;
  backfill(
    trigger: string,
    options: Named & { readonly from: InstantInput; readonly to: InstantInput },
  ): Promise<CommandReply & { readonly count: number }>;
}

export interface Subject {
  /** The app's name. */
  readonly app: string;
  readonly store: StorePort;
  /** Left out: conditions and tasks are not known, only what the store tells of them. */
  readonly definitions?: Definitions;
  readonly operations: Operations;
}

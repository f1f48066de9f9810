// Alarms for what did not come, and what a router made of a log for them.
import {
  absent,
  event,
  task,
  trigger,
  type AppDefinition,
  type Condition,
  type Signal,
  type TriggerOptions,
} from "../../src/core/index.ts";
import { Log, Router } from "./deciding.ts";

export const work = task({ id: "work", run: (input: unknown) => input });

/** A key that the payload is. */
export const by = (signal: Signal): string | undefined =>
  signal._tag === "Event" ? (signal.payload as string) : undefined;

export const alarming = (when: Condition, options: TriggerOptions = {}): AppDefinition => ({
  tasks: [work],
  triggers: [
    trigger("alarm", {
      ...options,
      when,
      run: work,
      input: (f) => {
        const absence = f.absence as
          | { after: { name?: string; dueAt?: number } | null }
          | undefined;
        const { after = null } = absence ?? {};
        return after === null ? null : (after.name ?? after.dueAt ?? null);
      },
    }),
  ],
});

/** A router that has routed these events, one routing each, and then time until `until`. */
export const routed = (
  app: AppDefinition,
  events: readonly (readonly [name: string, at: number, payload?: unknown])[],
  until: number,
): Router => {
  const router = new Router(app);
  const log = new Log();
  for (const [name, instant, payload] of events)
    router.route({ signals: [log.event(name, payload, { at: instant })] });
  router.route({ until });
  return router;
};

export const runsOf = (router: Router) =>
  router.runs.map(({ createdAt, input }) => [createdAt, input]);
export const skipsOf = (router: Router) =>
  router.skips.map(({ reason, signal }) => [reason, signal?.slice(0, 8)]);

export const reported = absent(event("report"), { within: "10 s", after: event("asked") });

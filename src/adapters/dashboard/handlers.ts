// The API, answered: each endpoint with what makes its answer.
import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder";
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware";
import * as HttpRouter from "effect/http/HttpRouter";
import * as HttpServer from "effect/http/HttpServer";
import { backfill, cancel, emit, many, pause, resume, retry, runNow } from "./act.ts";
import { Api, Reading, type Failed } from "./api.ts";
import { enginePage } from "./engine-page.ts";
import { eventDetail } from "./event-detail.ts";
import { eventPage } from "./event-page.ts";
import { answered, type Failure } from "./failure.ts";
import type { Live } from "./live.ts";
import type { Notes } from "./notes.ts";
import { countsOf } from "./overview.ts";
import { runDetail, runPage } from "./run-page.ts";
import type { Shown } from "./shown.ts";
import { simulationPage } from "./simulation-page.ts";
import { timeline } from "./timeline.ts";
import { triggerDetail, triggerPage } from "./trigger-page.ts";

export interface Answering {
  readonly subject: Shown;
  readonly notes: Notes;
  readonly live: Live;
  /** The folder of saved plans. */
  readonly plans: string;
  /** Hears of a bug. */
  readonly onFault: (fault: unknown) => void;
}

export interface WebHandler {
  readonly handle: (request: Request) => Promise<Response>;
  readonly dispose: () => Promise<void>;
}

export const handlerOf = ({ subject, notes, live, plans, onFault }: Answering): WebHandler => {
  const answer = <Value>(of: Effect.Effect<Value, Failure>): Effect.Effect<Value, Failed> =>
    Effect.tapCause(answered(of), (cause) =>
      Effect.sync(() => {
        if (Cause.hasDies(cause)) onFault(Cause.squash(cause));
      }),
    );
  const looks = HttpApiBuilder.group(Api, "looks", (handlers) =>
    handlers.handleAll({
      overview: () => answer(live.overview()),
      counts: () => answer(Effect.map(subject.store.summary, countsOf)),
      live: () => Effect.succeed(live.stream()),
      runs: ({ query }) => answer(runPage(subject, query)),
      run: ({ params }) => answer(runDetail(subject, notes, params.run)),
      events: ({ query }) => answer(eventPage(subject, query)),
      event: ({ params }) => answer(eventDetail(subject, params.event)),
      triggers: () => answer(triggerPage(subject)),
      trigger: ({ params }) => answer(triggerDetail(subject, params.trigger)),
      engines: () => answer(enginePage(subject)),
      simulations: () => answer(simulationPage(plans)),
      timeline: ({ query }) => answer(timeline(subject, notes, query)),
    }),
  );
  const acts = HttpApiBuilder.group(Api, "acts", (handlers) =>
    handlers.handleAll({
      emit: ({ payload }) => answer(emit(subject, payload)),
      runNow: ({ payload }) => answer(runNow(subject, payload)),
      cancel: ({ params }) => answer(cancel(subject, params.run)),
      retry: ({ params, payload }) => answer(retry(subject, params.run, payload)),
      cancelMany: ({ payload }) => answer(many(subject, "cancel", payload)),
      retryMany: ({ payload }) => answer(many(subject, "retry", payload)),
      pause: ({ params, payload }) => answer(pause(subject, params, payload)),
      resume: ({ params, payload }) => answer(resume(subject, params, payload)),
      backfill: ({ params, payload }) => answer(backfill(subject, params.trigger, payload)),
      pauseTask: ({ params, payload }) => answer(pause(subject, params, payload)),
      resumeTask: ({ params, payload }) => answer(resume(subject, params, payload)),
    }),
  );
  const routes = HttpApiBuilder.layer(Api, { openapiPath: "/openapi.json" }).pipe(
    Layer.provide([looks, acts]),
    Layer.provide(reading),
    Layer.provide(HttpServer.layerServices),
  );
  const { handler, dispose } = HttpRouter.toWebHandler(routes, { disableLogger: true });
  return { handle: (request) => handler(request), dispose };
};

/** What can't be read of a request, in one line: where, and what is wrong there. An answer that does not fit its own schema is a bug. */
const reading = HttpApiMiddleware.layerSchemaErrorTransform(Reading, ({ kind, cause }) => {
  if (kind === "Body" || kind === "ResponseHeaders") return Effect.die(cause);
  const [what = "", ...places] = cause.message.split("\n").map((line) => line.trim());
  const where = places.find((line) => line.startsWith("at ")) ?? "";
  const message = `${kind.toLowerCase()}: ${what}${where === "" ? "" : ` ${where}`}; /openapi.json says what it takes`;
  return Effect.fail({ error: { name: "InputError" as const, message } });
});

// Does nothing but open an executor and, if it is told a body, start that body; says how the run ended, if it lives to hear of it. Started by a scene.
import * as Effect from "effect/Effect";
import * as Scope from "effect/Scope";
import { threadExecutor } from "../../src/runtime/executor/executor.ts";

const modules = [new URL("./executor-tasks.ts", import.meta.url)];
const executor = await Effect.runPromise(
  Scope.provide(threadExecutor({ modules, slots: 1 }), Scope.makeUnsafe()),
);
executor.events((event) => {
  if (event._tag === "Ended") console.log(event.outcome._tag);
});
console.log("open");
const body = process.argv[2];
if (body !== undefined)
  Effect.runSync(
    executor.start({
      run: "run",
      task: "act",
      token: 1,
      attempt: 1,
      idempotencyKey: "",
      input: { body },
      timeoutMillis: null,
      memoryBytes: null,
      isolation: "thread",
    }),
  );

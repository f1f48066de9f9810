// Whether a worker thread can load a module, tried by one: nothing of it is evaluated in this thread.
import type { ErrorData } from "../../core/errors.ts";
import { entryOf } from "./entry.ts";
import { Thread } from "./thread.ts";

/** What kept a thread from loading the module; undefined if it could. Resolves when the thread is gone. */
export const faultIn = (module: string): Promise<ErrorData | undefined> => {
  const { promise, resolve } = Promise.withResolvers<ErrorData | undefined>();
  let fault: ErrorData | undefined;
  const thread = new Thread(
    { entry: entryOf("worker"), modules: [module], shared: {}, atomics: "disabled" },
    (event) => {
      if (event._tag === "Ready") {
        [fault] = event.faults;
        thread.end();
      } else if (event._tag === "Gone") resolve(fault);
    },
  );
  return promise;
};

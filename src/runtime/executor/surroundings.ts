// What lies around the bodies in a thread: the console, `process.exit`, and errors that nobody caught. Each is put down to the run whose code did it, also
// after that run's end, so that an innocent run is not blamed for what another left behind.
import { AsyncLocalStorage } from "node:async_hooks";
import { format } from "node:util";
import type { LogLevel } from "../../core/log-level.ts";
import type { Body } from "./envelope.ts";
import { fullErrorData } from "./error-data.ts";
import type { Answer, Note } from "./wire.ts";

const levels = {
  debug: "debug",
  trace: "debug",
  log: "info",
  info: "info",
  warn: "warn",
  error: "error",
} as const satisfies Record<string, LogLevel>;

export class Surroundings {
  readonly #tell: (note: Note) => void;
  readonly #bodies = new AsyncLocalStorage<Body>();
  #current: Body | null = null;

  constructor(tell: (note: Note) => void) {
    this.#tell = tell;
    this.#hearConsole();
    this.#watchExit();
    process.on("uncaughtException", (error) => this.#stray(error));
    // By default Node makes these uncaught exceptions; its flags, and other runtimes, may not.
    process.on("unhandledRejection", (reason) => this.#stray(reason));
  }

  /** Runs a body. All that its code does from here on is its own doing. */
  async perform(body: Body): Promise<Answer> {
    this.#current = body;
    const answer = await this.#bodies.run(body, () => body.perform());
    this.#current = null;
    return answer;
  }

  #stray(thrown: unknown): void {
    const body = this.#bodies.getStore();
    const error = fullErrorData(thrown);
    if (body !== undefined && body === this.#current) body.stray(error);
    else this.#tell({ _tag: "Leftover", run: body?.order.run ?? null, error });
  }

  #hearConsole(): void {
    for (const [method, level] of Object.entries(levels) as [keyof typeof levels, LogLevel][]) {
      const original = console[method].bind(console);
      console[method] = (...values: unknown[]): void => {
        const body = this.#bodies.getStore();
        if (body === undefined || body !== this.#current) original(...values);
        else body.log(format(...values), level);
      };
    }
  }

  #watchExit(): void {
    const exit = process.exit.bind(process);
    process.exit = (code) => {
      const body = this.#bodies.getStore();
      if (body !== undefined && body !== this.#current)
        throw new Error(
          `process.exit(${String(code ?? "")}) in what the run ${body.order.run} left behind`,
        );
      const stack = new Error("process.exit").stack ?? "";
      if (this.#current !== null)
        this.#tell({
          _tag: "Exit",
          number: this.#current.order.number,
          code: Number(code ?? process.exitCode ?? 0),
          stack,
        });
      return exit(code);
    };
  }
}

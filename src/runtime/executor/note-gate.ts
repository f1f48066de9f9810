// Keeps what a body tells within bounds of rate and size, so that a body that talks without end drowns neither the main thread nor the store.
import type { LogLevel } from "../../core/log-level.ts";
import type { BodyNote } from "./wire.ts";
import { counted } from "../../core/counted.ts";

const progressMillis = 100;
const linesPerSecondMax = 200;
const lineMax = 8_192;

export class NoteGate {
  readonly #tell: (note: BodyNote) => void;
  #windowAt = 0;
  #lines = 0;
  #dropped = 0;
  #progressAt = Number.NEGATIVE_INFINITY;
  #waiting: (BodyNote & { _tag: "Progress" }) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (note: BodyNote) => void) {
    this.#tell = tell;
  }

  /** Tells at once if nothing was told for a while, and else the latest when the while is over. */
  progress(fraction: number, message: string | null): void {
    const within = Number.isFinite(fraction) ? Math.min(Math.max(fraction, 0), 1) : 0;
    this.#waiting = {
      _tag: "Progress",
      fraction: within,
      message: message === null ? null : cut(textOf(message)),
    };
    const wait = this.#progressAt + progressMillis - performance.now();
    if (wait <= 0) this.#tellProgress();
    else this.#timer ??= unheld(setTimeout(() => this.#tellProgress(), wait));
  }

  log(message: unknown, level: LogLevel): void {
    const now = performance.now();
    if (now - this.#windowAt >= 1_000) {
      this.#tellDropped();
      this.#windowAt = now;
      this.#lines = 0;
    }
    this.#lines += 1;
    if (this.#lines > linesPerSecondMax) this.#dropped += 1;
    else this.#tell({ _tag: "Logged", level, message: cut(textOf(message)) });
  }

  /** The body has ended: tells what still waits. */
  close(): void {
    if (this.#waiting !== null) this.#tellProgress();
    this.#tellDropped();
  }

  #tellProgress(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting === null) return;
    this.#tell(this.#waiting);
    this.#waiting = null;
    this.#progressAt = performance.now();
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    this.#tell({
      _tag: "Logged",
      level: "warn",
      message: `(${counted(this.#dropped, "more line")}: a task may log ${linesPerSecondMax} lines a second)`,
    });
    this.#dropped = 0;
  }
}

const textOf = (message: unknown): string => {
  try {
    return String(message);
  } catch {
    return "(a value that can't be shown)";
  }
};

const cut = (text: string): string => {
  const whole = text.toWellFormed();
  return whole.length <= lineMax
    ? whole
    : `${whole.slice(0, lineMax).toWellFormed()}… (${whole.length - lineMax} more characters)`;
};

/** A timer that keeps no thread alive. */
const unheld = <T>(timer: T): T => {
  (timer as { unref?: () => void }).unref?.();
  return timer;
};

// Live progress on a terminal: a few lines at the bottom that are drawn again in place, and above them what tasks log and what goes wrong.
import { styleText } from "node:util";
import { runStates, type RunState } from "../core/run.ts";
import type { Runtime } from "../runtime/start.ts";
import { lineOf, summaryText, type Display } from "./display.ts";
import { canColor, durationText, stateStyles, type Style } from "./output.ts";
import { Tally, type Current } from "./tally.ts";

const drawMillis = 100;
/** The store is asked for its counts this often, and for no more than a tenth of the time. */
const countMillis = 1_000;
const currentMax = 8;

/** A piece of a line and how it looks. */
type Piece = readonly [text: string, style?: Style];

export const liveDisplay = (clock: () => number, out: NodeJS.WriteStream): Display => {
  const tally = new Tally(clock());
  const above: string[] = [];
  const screen = new Screen(out);
  let runtime: Runtime | undefined;
  let said = "";
  let over = false;
  const draw = (): void =>
    screen.draw(above.splice(0), frameOf({ tally, runtime, said, now: clock() }));
  const recount = async (): Promise<void> => {
    const before = clock();
    // A store that can't answer now is the engine's concern; counts are only shown.
    const summary = await runtime?.summary().catch(() => undefined);
    if (summary !== undefined) tally.recount(summary.runs);
    const took = clock() - before;
    if (!over) setTimeout(() => void recount(), Math.max(countMillis, took * 10)).unref();
  };
  const timer = setInterval(draw, drawMillis);
  timer.unref();
  const close = (): void => {
    over = true;
    clearInterval(timer);
    screen.draw(above.splice(0), []);
    screen.close();
  };
  return {
    begin: (started) => {
      tally.store = started.store;
      runtime = started;
      void recount();
      draw();
    },
    hear: (note) => {
      const line =
        note._tag === "Ended" && note.run.state === "succeeded"
          ? undefined
          : lineOf(note, tally, clock());
      tally.hear(note, clock());
      if (line !== undefined) above.push(line);
    },
    say: (text) => {
      said = text;
      draw();
    },
    abandon: close,
    end: (last) => {
      close();
      out.write(`${summaryText(tally, last, clock())}\n`);
    },
  };
};

class Screen {
  readonly #out: NodeJS.WriteStream;
  readonly #colors: boolean;
  #height = 0;
  readonly #restore = (): void => void this.#out.write("\u001B[?25h");

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    this.#colors = canColor(out);
    out.write("\u001B[?25l");
    process.on("exit", this.#restore);
  }

  /** Lines that stay, then the frame in the place of the one before. */
  draw(lines: readonly string[], frame: readonly (readonly Piece[])[]): void {
    const columns = Math.max(20, this.#out.columns ?? 80);
    const up = this.#height === 0 ? "" : `\u001B[${this.#height}A`;
    const drawn = [...lines, ...frame.map((pieces) => this.#fitted(pieces, columns - 1))];
    this.#out.write(`${up}\r\u001B[0J${drawn.map((line) => `${line}\n`).join("")}`);
    this.#height = frame.length;
  }

  close(): void {
    process.removeListener("exit", this.#restore);
    this.#restore();
  }

  /** A line that wrapped would be drawn twice. */
  #fitted(pieces: readonly Piece[], columns: number): string {
    let left = columns;
    return pieces
      .map(([text, style]) => {
        const cut = text.slice(0, left).replaceAll("\n", " ");
        left -= cut.length;
        return style !== undefined && this.#colors
          ? styleText(style, cut, { validateStream: false })
          : cut;
      })
      .join("");
  }
}

interface View {
  readonly tally: Tally;
  readonly runtime: Runtime | undefined;
  readonly said: string;
  readonly now: number;
}

const frameOf = ({ tally, runtime, said, now }: View): readonly (readonly Piece[])[] => {
  const head: Piece[] = [
    ["detent", "bold"],
    [`  ${runtime?.store ?? "starting"}  ${durationText(now - tally.beganAt)}`],
    ...(said === "" ? [] : [[`  ${said}`, "yellow"] as const]),
  ];
  const due = runtime?.nextDueAt;
  const pace = `  ${tally.perSecond(now).toFixed(1)} runs/s${due === undefined ? "" : `   next due ${due <= now ? "now" : `in ${durationText(due - now)}`}`}`;
  const current = [...tally.current.values()];
  const more = current.length - currentMax;
  return [
    head,
    statePieces(tally),
    [[pace]],
    ...current.slice(0, currentMax).map((it) => currentPieces(it, now)),
    ...(more > 0 ? [[[`  and ${more} more`, "dim"] as const]] : []),
  ];
};

const alwaysShown: readonly RunState[] = ["pending", "running", "succeeded", "failed"];

const statePieces = ({ counts }: Tally): readonly Piece[] =>
  runStates
    .filter((state) => counts[state] > 0 || alwaysShown.includes(state))
    .map((state) => [`  ${state} ${counts[state].toLocaleString("en")}`, stateStyles[state]]);

const barWidth = 16;

const currentPieces = (
  { run, startedAt, fraction, message }: Current,
  now: number,
): readonly Piece[] => {
  const full = fraction === null ? 0 : Math.round(Math.min(1, Math.max(0, fraction)) * barWidth);
  const bar =
    fraction === null ? " ".repeat(barWidth) : "█".repeat(full) + "░".repeat(barWidth - full);
  const share = fraction === null ? "    " : `${Math.round(fraction * 100)} %`.padStart(5);
  return [
    [`  ${run.task.padEnd(16)} `, "cyan"],
    [`${bar} ${share}  ${durationText(now - startedAt).padStart(8)}  `],
    [message ?? "", "dim"],
  ];
};

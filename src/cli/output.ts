// What a command writes: text for people, one JSON value for scripts. Colours only on a terminal that wants them.
import { styleText } from "node:util";
import type { RunState } from "../core/run.ts";

export type Style = Parameters<typeof styleText>[0];

export const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

export const printJson = (value: unknown): void => print(JSON.stringify(value));

/** Whether the arguments ask for JSON: then nothing else is written. */
export const wantsJson = (args: readonly string[]): boolean => {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).some((it) => /^--json(=true)?$/.test(it));
};

/** A word to whoever typed the command, beside what it answers; scripts are spared it. */
export const note = (text: string): void => {
  if (!wantsJson(process.argv.slice(2))) process.stderr.write(`detent: ${text}\n`);
};

/** Resolves when all that was written has left the process. */
export const flush = async (): Promise<void> => {
  for (const stream of [process.stdout, process.stderr])
    // oxlint-disable-next-line no-await-in-loop
    await new Promise<void>((resolve) => void stream.write("", () => resolve()));
};

/** NO_COLOR (no-color.org) and FORCE_COLOR as Node reads them. */
export const canColor = (stream: NodeJS.WriteStream): boolean =>
  stream.isTTY ? stream.hasColors() : forced();

const forced = (): boolean => {
  const { FORCE_COLOR: force, NO_COLOR: none } = process.env;
  return force !== undefined && force !== "0" && force !== "false" && !none;
};

export const styled = (style: Style, text: string): string =>
  canColor(process.stdout) ? styleText(style, text, { validateStream: false }) : text;

export const stateStyles = {
  pending: "dim",
  claimed: "cyan",
  running: "cyan",
  succeeded: "green",
  failed: "red",
  cancelled: "yellow",
  expired: "yellow",
  lost: "red",
} as const satisfies Record<RunState, Style>;

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly style?: (row: Row) => Style;
  readonly align?: "right";
}

/** Rows under their titles, in columns as wide as their widest cell. */
export const tableOf = <Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string => {
  const cells = rows.map((row) => columns.map((column) => column.text(row)));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  const padded = (text: string, index: number): string => {
    if (columns[index]?.align === "right") return text.padStart(widths[index] ?? 0);
    return index === columns.length - 1 ? text : text.padEnd(widths[index] ?? 0);
  };
  const head = columns.map(({ title }, index) => styled("bold", padded(title, index)));
  const body = rows.map((row, at) =>
    columns.map(({ style }, index) => {
      const text = padded(cells[at]?.[index] ?? "", index);
      return style === undefined ? text : styled(style(row), text);
    }),
  );
  return [head, ...body].map((line) => line.join("  ").trimEnd()).join("\n");
};

/** How long something took or takes, in two digits or so: `12 ms`, `3.4 s`, `5 min 10 s`, `2 h 5 min`, `3 d 4 h`. */
export const durationText = (millis: number): string => {
  if (millis < 1_000) return `${Math.max(0, Math.round(millis))} ms`;
  const seconds = Math.floor(millis / 1_000);
  if (seconds < 60) return `${(Math.floor(millis / 100) / 10).toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
};

/** JSON on one line, cut where it gets long. */
export const shortJson = (value: unknown, lengthMax = 80): string => {
  const text = JSON.stringify(value) ?? "";
  return text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text;
};

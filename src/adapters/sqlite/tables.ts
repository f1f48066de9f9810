// The tables of one app in an open file: finding rows, by memory first, and keeping memory and counters in step with what is written. What a batch or a claim does with them
// is said in batch.ts and claim.ts.
import { pausedTasks } from "../../core/command.ts";
import type { Run } from "../../core/run.ts";
import type { Generation, StoredState } from "../../core/store.ts";
import { StoreError } from "../../core/errors.ts";
import { type Database } from "./database.ts";
import { messageOf } from "./fault.ts";
import { Ledger } from "./ledger.ts";
import { versionFault } from "./schema.ts";
import { Recent, type Line, type PlacedRun } from "./recent.ts";
import { runOf, runSelection } from "../sql/run-row.ts";
import {
  cursorOf,
  cursorSelection,
  deadlineOf,
  deadlineSelection,
  generationOf,
  matchSelection,
  openOf,
  openSelection,
  selectGeneration,
  waitingOf,
} from "../sql/state-row.ts";

export class Tables {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly recent = new Recent();
  /** What is to be done outside of the file when the transaction is committed, or undone. */
  #whenCommitted: (() => void)[] = [];
  #whenUndone: (() => void)[] = [];

  constructor(database: Database, app: string) {
    this.database = database;
    this.ledger = new Ledger(database, app);
  }

  get app(): string {
    return this.ledger.app;
  }

  /** Called first in each transaction. Says whether others have committed since the last one. */
  refresh(): boolean {
    const { wasStale, isNews } = this.ledger.refresh();
    if (wasStale) {
      this.recent.forget();
      const fault = versionFault(this.database);
      if (fault !== undefined)
        throw new StoreError({ operation: "open", message: messageOf(this.database.file, fault) });
    }
    return isNews;
  }

  /** Called when a transaction was undone. */
  forget(): void {
    this.ledger.forget();
    this.recent.forget();
    this.#over(this.#whenUndone);
  }

  /** Called when a transaction was committed. */
  settle(): void {
    this.#over(this.#whenCommitted);
  }

  #over(acts: readonly (() => void)[]): void {
    this.#whenCommitted = [];
    this.#whenUndone = [];
    for (const act of acts) act();
  }

  whenCommitted(act: () => void): void {
    this.#whenCommitted.push(act);
  }

  whenUndone(act: () => void): void {
    this.#whenUndone.push(act);
  }

  runOf(id: string): PlacedRun | undefined {
    const known = this.recent.runOf(id);
    if (known !== undefined) return known;
    const row = this.database.get(
      `SELECT place, ${runSelection} FROM run WHERE id = ? AND app = ?`,
      id,
      this.app,
    );
    if (row === undefined) return undefined;
    const [place, ...cells] = row;
    return this.keepRun(place as number, runOf(cells), cells);
  }

  /** `cells`: what was read or written of the run, to know how large it is. */
  keepRun(place: number, run: Run, cells: readonly unknown[], length = 0): PlacedRun {
    let longest = length;
    for (const cell of cells)
      if (typeof cell === "string" && cell.length > longest) longest = cell.length;
    return this.recent.keepRun({ place, run, length: longest });
  }

  /** An owner that has entered and is not closed. */
  isOpen(owner: string): boolean {
    let isOpen = this.recent.owners.get(owner);
    if (isOpen === undefined) {
      isOpen =
        this.database.get(
          "SELECT closed_at FROM owner WHERE id = ? AND app = ?",
          owner,
          this.app,
        )?.[0] === null;
      this.recent.owners.set(owner, isOpen);
    }
    return isOpen;
  }

  generation(): Generation | null {
    const { generation: number } = this.ledger.meta;
    if (this.recent.generation === undefined) {
      const row =
        number === null ? undefined : this.database.get(selectGeneration, this.app, number);
      this.recent.generation = row === undefined ? null : generationOf(row);
    }
    return this.recent.generation;
  }

  /** The lines of pending runs of a task: one for each priority that any of its runs ever had. */
  linesOf(task: string): readonly Line[] {
    return this.#lines().get(task) ?? [];
  }

  /** The ids of the pauses of tasks. */
  pausedTasks(): ReadonlySet<string> {
    this.recent.pausedTasks ??= new Set(
      this.database
        .all(
          "SELECT id FROM deadline WHERE app = ? AND id >= ? AND id < ?",
          this.app,
          pausedTasks,
          `${pausedTasks}\u{10ffff}`,
        )
        .map(([id]) => id as string),
    );
    return this.recent.pausedTasks;
  }

  /** A run is pending now: its line is there, and not empty. */
  awaken({ task, priority, concurrencyKey }: Run): void {
    const lines = this.#lines();
    const known = lines.get(task)?.find((line) => line.priority === priority);
    if (known !== undefined) {
      if (concurrencyKey === null) known.isEmpty = false;
      else known.hasNoKeys = false;
      return;
    }
    this.database.run(
      "INSERT INTO line (app, task, priority) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
      [this.app, task, priority],
    );
    addLine(lines, task, priority);
  }

  state(): StoredState {
    const all = <Of>(
      selection: string,
      source: string,
      order: string,
      of: (row: readonly never[]) => Of,
    ): readonly Of[] =>
      this.database
        .all(`SELECT ${selection} FROM ${source} WHERE app = ? ORDER BY ${order}`, this.app)
        .map((row) => of(row as readonly never[]));
    return {
      cursors: all(cursorSelection, "cursor", "trigger, leaf", cursorOf),
      waiting: all(matchSelection, "match", "trigger, leaf, at, number", waitingOf),
      deadlines: all(deadlineSelection, "deadline", "at, id", deadlineOf),
      open: all(openSelection, "open", "scope, run", openOf),
    };
  }

  #lines(): Map<string, Line[]> {
    if (this.recent.lines === undefined) {
      const lines = new Map<string, Line[]>();
      for (const [task, priority] of this.database.all(
        "SELECT task, priority FROM line WHERE app = ?",
        this.app,
      ))
        addLine(lines, task as string, priority as number);
      this.recent.lines = lines;
    }
    return this.recent.lines;
  }
}

const addLine = (lines: Map<string, Line[]>, task: string, priority: number): void => {
  const line: Line = { task, priority, isEmpty: false, hasNoKeys: false, keyLimit: undefined };
  const others = lines.get(task);
  if (others === undefined) lines.set(task, [line]);
  else others.push(line);
};

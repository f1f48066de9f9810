// The bell: tells the processes that share a file that something was committed. Only a hint; who hears it looks at the file, and a slow look at SQLite's data version stands
// in where file watching is silent.
import * as fs from "node:fs";
import type { Database } from "./database.ts";

const floorMillis = 1_000;

export class Bell {
  readonly #database: Database;
  readonly #path: string;
  readonly #listeners = new Set<() => void>();
  #descriptor: number | undefined;
  #watcher: fs.FSWatcher | undefined;
  #floor: NodeJS.Timeout | undefined;
  #version: number;

  constructor(database: Database, file: string) {
    this.#database = database;
    this.#path = `${file}.bell`;
    this.#version = database.dataVersion();
  }

  /** Tells the listeners of this process at once, those of others through the file. */
  ring(): void {
    for (const listener of this.#listeners) listener();
    try {
      this.#descriptor ??= fs.openSync(this.#path, "w");
      fs.writeSync(this.#descriptor, "\n", 0);
    } catch {
      // Others look once a second anyway.
    }
  }

  listen(listener: () => void): () => void {
    const told = (): void => listener();
    this.#listeners.add(told);
    if (this.#listeners.size === 1) this.#watch();
    return () => {
      this.#listeners.delete(told);
      if (this.#listeners.size === 0) this.#unwatch();
    };
  }

  close(): void {
    this.#listeners.clear();
    this.#unwatch();
    if (this.#descriptor !== undefined) fs.closeSync(this.#descriptor);
  }

  #watch(): void {
    this.#floor = setInterval(() => this.#look(), floorMillis).unref();
    try {
      fs.closeSync(fs.openSync(this.#path, "a"));
      this.#watcher = fs.watch(this.#path, { persistent: false }, () => this.#look());
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch {
      // The floor stays.
    }
  }

  #unwatch(): void {
    clearInterval(this.#floor);
    this.#watcher?.close();
  }

  #look(): void {
    const version = this.#database.dataVersion();
    if (version === this.#version) return;
    this.#version = version;
    for (const listener of this.#listeners) listener();
  }
}

// The bell: how other processes learn that there is something new. Whoever commits writes a byte into `<file>.bell`; whoever listens watches that file, and looks at the
// database every second in case a hint was lost. Hints may be late, doubled or missing; nothing depends on them.
import { closeSync, openSync, watch, writeSync, type FSWatcher } from "node:fs";
import { anyNews, mergedNews } from "../../core/batch.ts";
import type { News } from "../../core/store.ts";

/** Rings that follow each other faster become one. */
const ringMillisMin = 5;
const lookMillis = 1_000;

/** What a batch of this process brings. */
export interface Tiding {
  readonly news: News;
  /** The owner that has written it, who knows already. */
  readonly by: string | undefined;
}

interface Listener {
  readonly tell: (news: News) => void;
  readonly owner: string | undefined;
  /** What it is to be told next. */
  news: News | undefined;
}

export class Bell {
  readonly #path: string;
  readonly #look: () => void;
  readonly #listeners = new Set<Listener>();
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #handle: number | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #isOwed = false;
  #isTelling = false;

  /** `look` looks whether others have committed, and calls `tell` if so. */
  constructor(database: string, look: () => void) {
    this.#path = `${database}.bell`;
    this.#look = look;
  }

  listen(tell: (news: News) => void, owner?: string): () => void {
    const listener: Listener = { tell, owner, news: undefined };
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#attend();
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#ignore();
    };
  }

  /** Tells the listeners of this process, soon: they may ask the store in turn. */
  tell(tidings: readonly Tiding[]): void {
    for (const { news, by } of tidings)
      for (const listener of this.#listeners)
        if (by === undefined || by !== listener.owner)
          listener.news = listener.news === undefined ? news : mergedNews(listener.news, news);
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      for (const listener of this.#listeners) {
        const { news } = listener;
        listener.news = undefined;
        if (news !== undefined) listener.tell(news);
      }
    });
  }

  /** Others have committed something. */
  tellAny(): void {
    this.tell([{ news: anyNews, by: undefined }]);
  }

  /** Tells other processes. */
  ring(): void {
    this.#isOwed = true;
    if (this.#quiet !== undefined) return;
    this.#strike();
    this.#quiet = setTimeout(() => {
      this.#quiet = undefined;
      if (this.#isOwed) this.ring();
    }, ringMillisMin).unref();
  }

  close(): void {
    clearTimeout(this.#quiet);
    if (this.#isOwed) this.#strike();
    this.#ignore();
    this.#listeners.clear();
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }

  #strike(): void {
    this.#isOwed = false;
    this.#handle = this.#handle ?? open(this.#path);
    if (this.#handle === undefined) return;
    try {
      writeSync(this.#handle, ".", 0);
    } catch {
      // A full disk must not undo what was committed.
    }
  }

  #attend(): void {
    this.#timer = setInterval(this.#look, lookMillis).unref();
    this.#handle = this.#handle ?? open(this.#path);
    try {
      this.#watcher = watch(this.#path, { persistent: false }, this.#look).on("error", () =>
        this.#watcher?.close(),
      );
    } catch {
      // Where files can't be watched, the timer is enough.
    }
  }

  #ignore(): void {
    clearInterval(this.#timer);
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}

const open = (path: string): number | undefined => {
  try {
    return openSync(path, "a");
  } catch {
    return undefined;
  }
};

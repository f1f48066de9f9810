// How the command line gets at an app in a file that neither exports it nor wants it started: whoever imports such a file says so here, and is given the apps that it makes
// and starts, which then do not start. Across copies of this module: the file may import another one than the command line.
import type { App } from "./app.ts";

export interface Taker {
  readonly made: (app: App) => void;
  /** The app would be started now. */
  readonly started: (app: App) => void;
}

const place = Symbol.for("detent/taker");
const shared = globalThis as { [place]?: Taker | undefined };

/** Whoever takes apps at the moment. */
export const taker = (): Taker | undefined => shared[place];

export const setTaker = (it: Taker | undefined): void => {
  if (it === undefined) delete shared[place];
  else shared[place] = it;
};

// A search as a person sees it: one answer looks only so long, so the page asks for the next by itself, until it has enough to show, nothing is left, or it has taken long.
import { useEffect, useState } from "preact/hooks";
import type { RunLine, RunPage } from "../view.ts";
import { get, type ApiError } from "./api.ts";
import { useData, type Data } from "./live.ts";

/** For so long a search goes on by itself. */
const goOnMillis = 10_000;
/** So many more runs are enough to look at. */
const enough = 50;

/** What was found behind the first answer. */
interface Looked {
  readonly path: string;
  readonly page: RunPage;
  readonly isGoing: boolean;
  readonly error?: ApiError;
}

export interface Search extends Data<RunPage> {
  /** Whether it looks on by itself. */
  readonly isGoing: boolean;
  /** Looks on from where it has stopped. */
  readonly goOn: () => void;
}

/** The runs of a path; with a search in it, all that has been found, and how far it has looked in all. */
export const useRuns = (path: string, version: number | undefined): Search => {
  const first = useData<RunPage>(path, version);
  const [looked, setLooked] = useState<Looked>();
  const [bouts, setBouts] = useState(0);
  const own = looked?.path === path ? looked : undefined;
  const isSearch = first.view !== undefined && first.view.searched !== null;
  useEffect(() => {
    if (!isSearch || first.view === undefined) return undefined;
    const abort = new AbortController();
    const from = own?.page ?? first.view;
    const wanted = enough + (own?.page.runs.length ?? 0);
    void lookOn(path, { from, wanted, signal: abort.signal, tell: setLooked });
    return () => abort.abort();
    // Once for a path and again for each bout: what changes is told by a newer first answer, which begins nothing anew.
  }, [path, isSearch, bouts]);
  if (first.view === undefined || !isSearch || own === undefined)
    return { ...first, isGoing: isSearch, goOn: () => {} };
  return {
    ...first,
    view: { ...own.page, runs: joined(first.view.runs, own.page.runs) },
    error: first.error ?? own.error,
    isGoing: own.isGoing,
    goOn: () => setBouts((count) => count + 1),
  };
};

interface Looking {
  readonly from: RunPage;
  /** So many runs have to be there for it to be enough. */
  readonly wanted: number;
  readonly signal: AbortSignal;
  readonly tell: (looked: Looked) => void;
}

const lookOn = async (path: string, { from, wanted, signal, tell }: Looking): Promise<void> => {
  const until = performance.now() + goOnMillis;
  let page = from;
  while (page.next !== null && page.runs.length < wanted && performance.now() < until) {
    tell({ path, page, isGoing: true });
    try {
      const more = `${path}&after=${encodeURIComponent(page.next)}`;
      // oxlint-disable-next-line no-await-in-loop
      page = behind(page, await get<RunPage>(more, signal));
    } catch (error) {
      if (!signal.aborted) tell({ path, page, isGoing: false, error: error as ApiError });
      return;
    }
  }
  if (!signal.aborted) tell({ path, page, isGoing: false });
};

/** Two answers as one, the older behind the newer. */
const behind = (newer: RunPage, older: RunPage): RunPage => ({
  runs: joined(newer.runs, older.runs),
  next: older.next,
  searched: (newer.searched ?? 0) + (older.searched ?? 0),
  searchedTo: older.searchedTo ?? newer.searchedTo,
});

/** The first say how a run is now. */
const joined = (first: readonly RunLine[], others: readonly RunLine[]): readonly RunLine[] => {
  const ids = new Set(first.map(({ id }) => id));
  return [...first, ...others.filter(({ id }) => !ids.has(id))];
};

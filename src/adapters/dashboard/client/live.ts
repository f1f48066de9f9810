// What the server tells by itself: one connection for all pages, and what it said last.
import { useEffect, useState } from "preact/hooks";
import type { Overview } from "../view.ts";
import { type ApiError, get } from "./api.ts";

export interface Live {
  readonly overview: Overview | undefined;
  readonly state: "connecting" | "live" | "lost";
}

/** The server says something at least every ten seconds. */
const silenceMillisMax = 25_000;
const againMillis = 3_000;

export const useLive = (): Live => {
  const [live, setLive] = useState<Live>({ overview: undefined, state: "connecting" });
  useEffect(() => {
    let silence = 0;
    let again = 0;
    let source: EventSource;
    const lost = (): void => setLive(({ overview }) => ({ overview, state: "lost" }));
    const connect = (): void => {
      source = new EventSource("/api/live");
      source.addEventListener("message", ({ data }: MessageEvent<string>) => {
        clearTimeout(silence);
        silence = window.setTimeout(lost, silenceMillisMax);
        setLive({ overview: JSON.parse(data) as Overview, state: "live" });
      });
      source.addEventListener("error", () => {
        lost();
        // A browser tries again by itself where nobody answered, but not after a refusal.
        if (source.readyState === EventSource.CLOSED)
          again = window.setTimeout(connect, againMillis);
      });
    };
    connect();
    return () => {
      clearTimeout(silence);
      clearTimeout(again);
      source.close();
    };
  }, []);
  return live;
};

export interface Data<View> {
  readonly view: View | undefined;
  readonly error: ApiError | undefined;
  /** Asks again. */
  readonly refresh: () => void;
}

/** Pages follow what changes, but no more often than this. */
const pauseMillis = 700;

/** What a path answers, asked again when the version changes; what was there before stays until the new answer has come. */
export const useData = <View>(path: string, version: number | undefined): Data<View> => {
  const [asked, setAsked] = useState(0);
  const [state, setState] = useState<{ path: string; view?: View; error?: ApiError }>({ path });
  const [shown, setShown] = useState(version);
  useEffect(() => {
    if (version === shown) return undefined;
    const timer = setTimeout(() => setShown(version), pauseMillis);
    return () => clearTimeout(timer);
    // A timer that each new version put off would never ring.
  }, [version === shown, shown]);
  useEffect(() => {
    const abort = new AbortController();
    get<View>(path, abort.signal).then(
      (view) => !abort.signal.aborted && setState({ path, view }),
      (error: ApiError) => {
        if (abort.signal.aborted) return;
        setState((before) =>
          before.path === path && before.view !== undefined
            ? { path, view: before.view, error }
            : { path, error },
        );
      },
    );
    return () => abort.abort();
  }, [path, shown, asked]);
  const isOwn = state.path === path;
  return {
    view: isOwn ? state.view : undefined,
    error: isOwn ? state.error : undefined,
    refresh: () => setAsked((count) => count + 1),
  };
};

/** The time, told again every second. */
export const useNow = (): number => {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
};

// Which page is shown: what stands behind # in the address, so that pages have addresses and no server needs to know them.
import { useEffect, useState } from "preact/hooks";

export interface Route {
  /** `["runs", "id"]`. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

const routeOf = (hash: string): Route => {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const parts = path.split("/").flatMap((part) => (part === "" ? [] : [decoded(part)]));
  return { parts, query: new URLSearchParams(query) };
};

/** What can't be decoded stands for itself. */
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

export const useRoute = (): Route => {
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const change = (): void => setRoute(routeOf(location.hash));
    addEventListener("hashchange", change);
    return () => removeEventListener("hashchange", change);
  }, []);
  return route;
};

export const go = (href: string): void => {
  location.hash = href;
};

export const runHref = (run: string): string => `#/runs/${encodeURIComponent(run)}`;
export const triggerHref = (trigger: string): string => `#/triggers/${encodeURIComponent(trigger)}`;
export const eventHref = (event: string): string => `#/events/${encodeURIComponent(event)}`;

/** The page of runs under a filter. */
export const runsHref = (query: { readonly [name: string]: string }): string =>
  `#/runs?${new URLSearchParams(query).toString()}`;

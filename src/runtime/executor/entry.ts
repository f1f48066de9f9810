// The files that threads and processes run lie beside this one: sources as .ts, the package as .js.

export const entryOf = (name: "worker" | "child" | "watcher"): URL => {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`./${name}-entry.${extension}`, import.meta.url);
};

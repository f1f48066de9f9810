// A child process for one run: for bodies that may take their process down, such as native code and hard limits of memory.
import type { Host, HostEvent } from "./host.ts";

export interface ProcessOptions {
  readonly entry: URL;
  readonly modules: readonly string[];
  readonly memoryBytes: number | null;
}

export const openProcess = (_options: ProcessOptions, _tell: (event: HostEvent) => void): Host => {
  throw new Error("not built yet");
};

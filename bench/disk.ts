// The limit that durable commits stand beside.
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How often the disk can flush one page that is overwritten. */
export const flushesPerSecond = (): number => {
  const folder = mkdtempSync(join(tmpdir(), "detent-bench-"));
  const file = openSync(join(folder, "flush"), "w");
  const page = Buffer.alloc(4_096);
  const flush = (): void => {
    writeSync(file, page, 0, page.length, 0);
    fdatasyncSync(file);
  };
  flush(); // the first one also allocates
  const from = performance.now();
  let count = 0;
  for (; performance.now() - from < 300; count++) flush();
  const seconds = (performance.now() - from) / 1_000;
  closeSync(file);
  rmSync(folder, { recursive: true });
  return count / seconds;
};

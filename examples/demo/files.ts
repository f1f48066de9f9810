// The files that the demo looks at.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The payload of `scan.requested`; may be left out. */
export type ScanRequested = { readonly filesMax?: number } | null;

/** The payload of `file.found`. `path` is below node_modules. */
export interface FileFound {
  readonly path: string;
  readonly hash: string;
}

export interface Content {
  readonly text: string;
  readonly bytes: number;
  readonly hash: string;
}

const root = fileURLToPath(new URL("../../node_modules/", import.meta.url));

/** The Markdown and JavaScript below node_modules, sorted, at most so many. Hidden folders are left out: tools keep their caches there. */
export const filesBelow = (filesMax: number): readonly string[] => {
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(root + folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !entry.name.startsWith(".")) walk(`${folder}${entry.name}/`);
      else if (entry.isFile() && /\.(md|[cm]?js)$/i.test(entry.name))
        found.push(folder + entry.name);
    }
  };
  walk("");
  return found.sort().slice(0, filesMax);
};

export const contentOf = (file: string): Content => {
  const content = readFileSync(root + file);
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 16);
  return { text: content.toString("utf8"), bytes: content.length, hash };
};

// The pages: what Vite has made of the client, read once and kept. Names of built files contain a hash of their content, so browsers may keep those for ever.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

export interface Asset {
  readonly body: Buffer;
  readonly type: string;
  readonly isLasting: boolean;
}

const types: { readonly [extension: string]: string } = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Beside what is built, or from the sources. */
const folders = ["../../dashboard/", "../../../dist/dashboard/"].map((folder) =>
  fileURLToPath(new URL(folder, import.meta.url)),
);

/** By path; empty where the client has not been built. */
export const assetsOf = (): ReadonlyMap<string, Asset> => {
  const folder = folders.find((it) => existsSync(`${it}index.html`));
  const assets = new Map<string, Asset>();
  if (folder === undefined) return assets;
  for (const entry of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const type = types[extname(entry)];
    if (type === undefined) continue;
    const path = `/${entry.replaceAll("\\", "/")}`;
    const isLasting = path.startsWith("/assets/");
    assets.set(path, { body: readFileSync(folder + entry), type, isLasting });
  }
  const index = assets.get("/index.html");
  if (index !== undefined) assets.set("/", index);
  return assets;
};

// The package as it would be published, installed as a person does it: by npm, from the packed file, into a folder that knows nothing of this repository.
import { execFile, execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

export const root = join(import.meta.dirname, "../..");

/** Binaries of the project's own packages. */
export const binaries = {
  node: join(root, "node_modules/node/bin/node"),
  bun: join(root, "node_modules/bun/bin/bun.exe"),
  deno: join(root, "node_modules/deno/deno"),
  tsc: join(root, "node_modules/.bin/tsc"),
};

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Project {
  readonly folder: string;
  readonly write: (files: { readonly [file: string]: string }) => void;
  readonly run: (command: string, args: readonly string[]) => Promise<Ended>;
}

/** What npm does for a person, and nothing that this repository's settings would add. */
const npm = (args: readonly string[], cwd: string): string =>
  execFileSync(
    "npm",
    [...args, "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"],
    {
      cwd,
      encoding: "utf8",
      env: outside(),
      timeout: 120_000,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );

const outside = (): NodeJS.ProcessEnv => {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|DETENT_|VITEST|NODE_OPTIONS|NODE_ENV)/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    NO_COLOR: "1",
    PATH: `${dirname(binaries.node)}:${process.env["PATH"]}`,
  };
};

export interface Packed {
  readonly tarball: string;
  /** Every file inside, by its path. */
  readonly files: readonly string[];
}

/** Packs what `npm run build` has made. */
export const packedInto = (folder: string): Packed => {
  const [{ filename, files }] = JSON.parse(
    npm(["pack", root, "--ignore-scripts", "--json", "--pack-destination", folder], root),
  ) as [{ filename: string; files: { path: string }[] }];
  return { tarball: join(folder, filename), files: files.map(({ path }) => path) };
};

export const newFolder = (): string =>
  fs.mkdtempSync(join(fs.realpathSync(tmpdir()), "detent-package-"));

/** An empty project that has detent from its packed file, and no optional package. */
export const projectWith = (tarball: string, folder: string): Project => {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(
    join(folder, "package.json"),
    `{ "name": "outside", "private": true, "type": "module" }`,
  );
  npm(["install", tarball], folder);
  return { folder, ...doingsIn(folder) };
};

/** The `bin` folder of a global installation in `prefix`. */
export const installedGlobally = (tarball: string, prefix: string): string => {
  npm(["install", "--global", "--prefix", prefix, tarball], root);
  return join(prefix, "bin");
};

const doingsIn = (folder: string): Pick<Project, "write" | "run"> => ({
  write: (files) => {
    for (const [file, text] of Object.entries(files)) {
      fs.mkdirSync(dirname(join(folder, file)), { recursive: true });
      fs.writeFileSync(join(folder, file), text);
    }
  },
  run: async (command, args) => {
    try {
      const ended = await promisify(execFile)(command, args, {
        cwd: folder,
        env: outside(),
        timeout: 60_000,
      });
      return { code: 0, ...ended };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, stdout, stderr };
    }
  },
});

// `node tools/verify-doc.mjs DOC`: does literally what a document of docs/ says, in an empty folder, with the package as it would be published. Blocks go by what stands behind ```:
//
//   ts app.ts      is written to that file (any language, any name)
//   sh             is run, line by line, in one shell for the whole document; every line must succeed, unless it ends with `# exit N`
//   sh background  is started and left alone once it has printed something; it gets SIGTERM when the document ends
//   text           is what the block before it printed; … stands for anything
//
// `$DETENT_TARBALL` in the shell is the packed file. Other blocks are for reading.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const blockMillisMax = 120_000;

/** The blocks of a document, in order. */
const blocksOf = (text) =>
  [...text.matchAll(/^```(\S*) ?(.*)\n([^]*?)^```$/gm)].map(([, language, more, body]) => ({
    language,
    more: more.trim(),
    body: body.trimEnd(),
  }));

/** Packs the package as it is built now. */
const packed = (/** @type {string} */ folder) => {
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
  return join(folder, filename);
};

/** One shell for all blocks, so that `cd` and variables last as they do for a person. */
const openShell = (folder, tarball) => {
  const shell = spawn("bash", ["--norc", "--noprofile"], {
    cwd: folder,
    env: {
      ...process.env,
      PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}`,
      DETENT_TARBALL: tarball,
      NO_COLOR: "1",
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let printed = "";
  let heard = () => undefined;
  let died = () => undefined;
  const ended = new Promise((resolve) => shell.on("close", resolve));
  void ended.then(() => died());
  shell.stdin.on("error", () => undefined); // It has ended, then.
  for (const stream of [shell.stdout, shell.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      printed += text;
      heard();
    });
  /** What the lines print, and how the last one ended. */
  const run = (lines) =>
    new Promise((resolve, reject) => {
      const mark = `--done-${Math.random().toString(36).slice(2)}`;
      printed = "";
      const timer = setTimeout(
        () => reject(new Error(`nothing after ${blockMillisMax} ms:\n${lines}\n${printed}`)),
        blockMillisMax,
      );
      died = () => {
        clearTimeout(timer);
        reject(new Error(`the shell has ended within\n${lines}\n${printed}`));
      };
      heard = () => {
        const end = new RegExp(`${mark} (\\d+)\n`).exec(printed);
        if (end === null) return;
        clearTimeout(timer);
        // What npm says about a machine's own settings is not what the document is about.
        const output = printed.slice(0, end.index).replaceAll(/^npm warn .*\n/gm, "");
        resolve({ output, code: Number(end[1]) });
      };
      // Where the shell reads its lines, no command may read: one that only looks makes the shell's own reading fail.
      shell.stdin.write(`{ ${lines}\n} < /dev/null\necho "${mark} $?"\n`);
    });
  // With job control each background block is a process group, which gets the signal as a whole.
  shell.stdin.write("set -m\n");
  const close = () =>
    shell.stdin.end('for job in $(jobs -p); do kill -TERM -- "-$job"; done 2>/dev/null; wait\n');
  return { run, close, ended };
};

const expectOutput = (expected, output) => {
  const pattern = expected
    .split("…")
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))
    .join("[^]*?");
  if (!new RegExp(`^${pattern}$`).test(output.trimEnd()))
    throw new Error(`the document says that this is printed:\n${expected}\n\nit was:\n${output}`);
};

/** A reader goes on when it is up. */
const inBackground = (body) =>
  `rm -f background.log; { ${body}; } > background.log 2>&1 &\nfor i in $(seq 600); do [ -s background.log ] && break; sleep 0.1; done`;

const runLines = async (shell, body) => {
  let output = "";
  for (const line of body.split(/(?<!\\)\n/)) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const wanted = Number(/# exit (\d+)$/.exec(line)?.[1] ?? 0);
    const answer = await shell.run(line);
    output += answer.output;
    if (answer.code !== wanted)
      throw new Error(`exit code ${answer.code}, not ${wanted}:\n${line}\n\n${output}`);
  }
  return output;
};

/**
 * Does what the document says; throws an Error that names the block where something else came of it.
 *
 * @param {string} path
 * @param {(step: string) => void} say
 */
export const verifyDocument = async (path, say) => {
  const folder = mkdtempSync(join(tmpdir(), "detent-doc-"));
  const shell = openShell(folder, packed(folder));
  let output = "";
  try {
    for (const { language, more, body } of blocksOf(readFileSync(path, "utf8"))) {
      if (language === "text") expectOutput(body, output);
      else if (language === "sh") {
        say(body);
        if (more === "background") await shell.run(inBackground(body));
        else output = await runLines(shell, body);
      } else if (more !== "") {
        const { output: where } = await shell.run("pwd");
        const file = join(where.trim(), more);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, `${body}\n`);
        say(`wrote ${more}`);
      }
    }
  } finally {
    shell.close();
    await shell.ended;
    rmSync(folder, { recursive: true, force: true });
  }
};

if (process.argv[1] === import.meta.filename) {
  const [, , document] = process.argv;
  if (document === undefined) {
    console.error("say which document: node tools/verify-doc.mjs docs/quick-start.md");
    process.exit(2);
  }
  const begun = performance.now();
  try {
    await verifyDocument(document, (text) => console.log(text));
    const seconds = Math.round((performance.now() - begun) / 1_000);
    console.log(
      `\n${basename(document)} is true: all of its steps did what it says, in ${seconds} s`,
    );
  } catch (error) {
    console.error(
      `\n${basename(document)} is not true: ${error instanceof Error ? error.message : String(error)}`,
    );
    process.exit(1);
  }
}

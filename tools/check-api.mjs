// `npm run check:api`: is the package's public surface (api/) what was agreed, and its reference (docs/api/) what the comments say? With `--update` both are written anew; whoever
// does so has changed what users rely on, and says it in CHANGELOG.md. Of this package, or of the one in the folder that is named. Reads what `npm run build` has made.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { entriesOf, referenceText, surfaceText } from "./api/surface.mjs";

const [folder] = process.argv.slice(2).filter((it) => !it.startsWith("--"));
const root = folder ?? join(import.meta.dirname, "..");
const folders = ["api", "docs/api"];

const entries = entriesOf(root);
/** Texts by their paths. */
const wanted = new Map(
  entries.flatMap((entry) => {
    const name = entry.subpath.replaceAll("/", "-");
    return [
      [`api/${name}.txt`, surfaceText(entry)],
      [`docs/api/${name}.md`, referenceText(entry)],
    ];
  }),
);
wanted.set("docs/api/README.md", indexText());

if (process.argv.includes("--update")) update();
else compare();

function indexText() {
  const line = ({ subpath, exported }) =>
    `- [\`${subpath}\`](${subpath.replaceAll("/", "-")}.md): ${exported
      .filter(({ isValue }) => isValue)
      .map(({ name }) => `\`${name}\``)
      .join(", ")}`;
  return `# Reference\n\nWhat each entry point exports, from the comments in the code.\n\n${entries.map(line).join("\n")}\n`;
}

function update() {
  for (const folder of folders) rmSync(join(root, folder), { recursive: true, force: true });
  for (const [path, text] of wanted) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  console.log(`wrote ${wanted.size} files`);
}

function compare() {
  const there = folders.flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)
      : [],
  );
  const stale = [...new Set([...wanted.keys(), ...there])].filter(
    (path) => textAt(path) !== wanted.get(path),
  );
  if (stale.length === 0) {
    const names = entries.reduce((sum, { exported }) => sum + exported.length, 0);
    console.log(`${entries.length} entry points with ${names} names are as agreed.`);
    return;
  }
  const made = mkdtempSync(join(tmpdir(), "detent-api-"));
  for (const path of stale) console.log(differenceOf(path, made));
  rmSync(made, { recursive: true });
  console.error(
    "\nThe public surface or its reference has changed. If that is meant: npm run check:api -- --update, and a line in CHANGELOG.md.",
  );
  process.exitCode = 1;
}

function textAt(path) {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined;
}

function differenceOf(path, made) {
  const before = join(made, "before");
  const after = join(made, "after");
  writeFileSync(before, textAt(path) ?? "");
  writeFileSync(after, wanted.get(path) ?? "");
  const { stdout } = spawnSync("git", ["diff", "--no-index", "--no-color", "-U2", before, after], {
    encoding: "utf8",
  });
  return `\n${path}\n${stdout.split("\n").slice(4).join("\n")}`;
}

// `npm run verify:operating`: follows docs/operating.md to the letter, with the build in dist. Exit 1 where a command does not do what the document says.
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { follow } from "../test/support/operating.ts";

const project = resolve(import.meta.dirname, "..");
const folder = fs.mkdtempSync(join(tmpdir(), "detent-operating-"));
fs.mkdirSync(join(folder, "node_modules"));
fs.symlinkSync(project, join(folder, "node_modules/detent"));
try {
  const document = fs.readFileSync(join(project, "docs/operating.md"), "utf8");
  const detent = [process.execPath, join(project, "bin/detent.js")];
  const { commands, faults } = follow(document, { folder, detent });
  for (const { line, command, fault } of faults)
    console.log(`docs/operating.md:${line}: ${command.trimEnd()}\n  ${fault}`);
  console.log(`${commands} commands, ${faults.length} faults`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}

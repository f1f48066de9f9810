// Builds dist/: every layer by its TypeScript project, then the command line as one bundle.
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"

const steps = [["tsc", "-b", "src"]]
if (existsSync("src/cli/main.ts")) steps.push(["node", "tools/bundle-cli.mjs"])

for (const [command, ...args] of steps) {
  const { status } = spawnSync(command, args, { stdio: "inherit", shell: process.platform === "win32" })
  if (status !== 0) process.exit(status ?? 1)
}

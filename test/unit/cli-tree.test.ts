// Goal: every command, whichever there will be, explains itself with examples, answers scripts in JSON, colours only a terminal, and is completed by shells. Method: the tree of
// commands is read from its own help and walked. What it answers when it ends well is in cli-json.test.ts.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { perform } from "../../src/cli/command-line.ts";

interface Told {
  readonly code: number;
  readonly text: string;
}

/** What a command writes on standard output where it is no terminal, or one. */
const told = async (args: readonly string[], isTerminal = false): Promise<Told> => {
  let text = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((piece) => {
    text += String(piece);
    return true;
  });
  // Completions are printed by Effect's console.
  const log = vi.spyOn(console, "log").mockImplementation((line) => (text += `${String(line)}\n`));
  const { isTTY } = process.stdout;
  const hasColors = Reflect.get(process.stdout, "hasColors") as unknown;
  Object.assign(process.stdout, { isTTY: isTerminal, hasColors: () => true });
  try {
    return { code: await perform(args), text };
  } finally {
    Object.assign(process.stdout, { isTTY, hasColors });
    write.mockRestore();
    log.mockRestore();
  }
};

/** The lines of a section of a help text. */
const section = (help: string, title: string): readonly string[] =>
  (new RegExp(`^${title}\\n((?:(?:  .*)?\\n)*)`, "m").exec(`${help}\n`)?.[1] ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

const commands = section((await told(["--help"])).text, "SUBCOMMANDS").map(
  (line) => line.split(" ", 1)[0] as string,
);
const helps = new Map<string, string>();
for (const command of commands) helps.set(command, (await told([command, "--help"])).text);
const flagsOf = (command: string): readonly string[] =>
  section(helps.get(command) ?? "", "FLAGS").map((line) => /^--[\w-]+/.exec(line)?.[0] as string);

test("the tree has been found", () => {
  expect(commands.length).toBeGreaterThanOrEqual(32);
  expect(new Set(commands).size).toBe(commands.length);
});

describe.each(commands)("detent %s", (command) => {
  const help = helps.get(command) ?? "";

  test("says what it does, has an example that is itself, with flags that it has, and --json", () => {
    expect(section(help, "DESCRIPTION").join(" ").length).toBeGreaterThan(15);
    for (const line of [...section(help, "FLAGS"), ...section(help, "ARGUMENTS")])
      expect(line).toMatch(/^\S+(?: (?:\[=)?[\w|-]+\]?)?(?: {2,}|$)\S.{5,}/);
    const examples = section(help, "EXAMPLES").filter((line) => !line.startsWith("#"));
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      expect(example).toMatch(new RegExp(`^(?:DETENT_\\w+=\\S+ )?detent ${command}(?: |$)`));
      for (const [flag] of example.matchAll(/(?<= )--[\w-]+/g))
        expect(flagsOf(command)).toContain(flag);
    }
    expect(flagsOf(command)).toContain("--json");
  });

  test("has colours on a terminal, and nowhere else", async () => {
    vi.stubEnv("FORCE_COLOR", undefined);
    vi.stubEnv("NO_COLOR", undefined);
    // oxlint-disable-next-line no-control-regex
    const colour = /\u001B\[/;
    expect(help).not.toMatch(colour);
    expect((await told([command, "--help"])).text).toBe(help);
    expect((await told([command, "--help"], true)).text).toMatch(colour);
    vi.unstubAllEnvs();
  });

  test("tells scripts of wrong use as one JSON value, with exit code 2", async () => {
    const { code, text } = await told([command, "--json", "--no-such-flag"]);
    expect(code).toBe(2);
    expect(JSON.parse(text)).toEqual({
      error: { name: "InputError", message: expect.stringContaining("--no-such-flag") },
    });
  });
});

describe("completions", () => {
  test.each(["bash", "zsh", "fish"])("for %s know each command and its flags", async (shell) => {
    const { code, text } = await told(["--completions", shell]);
    expect(code).toBe(0);
    for (const command of commands) {
      expect(text).toContain(command);
      for (const flag of flagsOf(command)) expect(text).toContain(flag.replace(/^--/, ""));
    }
  });

  const bash = existsSync("/bin/bash");
  test.skipIf(!bash)("in bash offer commands, flags, choices and files", async () => {
    const { text } = await told(["--completions", "bash"]);
    const offered = (line: string): readonly string[] => {
      const script = `${text}
        COMP_LINE=${JSON.stringify(line)}; read -ra COMP_WORDS <<< "$COMP_LINE"
        [[ "$COMP_LINE" == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )); COMP_POINT=\${#COMP_LINE}
        _detent detent "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\n' "\${COMPREPLY[@]}"`;
      const { stdout, stderr } = spawnSync("/bin/bash", ["-s"], {
        input: script,
        encoding: "utf8",
      });
      expect(stderr).toBe("");
      return stdout.trimEnd().split("\n");
    };
    expect(offered("detent wh")).toEqual(["why", "why-not"]);
    expect(offered("detent runs --st")).toEqual(["--state", "--store"]);
    expect(offered("detent start --durability ")).toEqual(["power", "process"]);
    expect(offered("detent start packag")).toContain("package.json");
    expect(offered("detent replay --defs tscon")).toContain("tsconfig.json");
    expect(offered("detent why --app packag")).toContain("package.json");
    expect(offered("detent init te")).toEqual(["test"]);
    expect(offered("detent show ")).toEqual([""]);
  });

  test.each(["zsh", "fish"])("for %s complete files, too", async (shell) => {
    const { text } = await told(["--completions", shell]);
    expect(text).toMatch(
      shell === "zsh"
        ? /What detent export has written.*:_files/
        : /seen_subcommand_from replay.* -F/,
    );
  });
});

// Goal: the diagram of a run's states says what the code says. Method: docs/states.md is made from the table of moves and compared; `vitest run -u` rewrites it.
import { expect, test } from "vitest";
import { isTerminal, moves, runStates } from "../../src/core/run.ts";

test("docs/states.md is what the table of moves says", async () => {
  await expect(page()).toMatchFileSnapshot("../../docs/states.md");
});

test("every state but the first is reached by a move, and every move leads out of a state that is not terminal", () => {
  const reached = new Set<string>(Object.values(moves).flatMap(({ to }) => to));
  expect(runStates.filter((state) => !reached.has(state))).toEqual([]);
  expect(Object.values(moves).flatMap(({ from }) => from.filter(isTerminal))).toEqual([]);
});

const page = (): string => `# The states of a run

Made from the table \`moves\` in \`src/core/run.ts\` by \`test/unit/state-diagram.test.ts\`; don't edit it.

\`\`\`mermaid
stateDiagram-v2
${arrows().join("\n")}
\`\`\`

Terminal, which no move leaves: ${runStates.filter(isTerminal).join(", ")}.
`;

/** One arrow for each pair of states, named for all the moves that go that way. */
const arrows = (): string[] => {
  const names = new Map<string, string[]>();
  for (const [move, { from, to }] of Object.entries(moves)) {
    for (const start of from.length === 0 ? ["[*]"] : from) {
      for (const end of to)
        names.set(`${start} --> ${end}`, [...(names.get(`${start} --> ${end}`) ?? []), move]);
    }
  }
  return [
    ...[...names].map(([arrow, moves]) => `  ${arrow}: ${moves.join(", ")}`),
    ...runStates.filter(isTerminal).map((state) => `  ${state} --> [*]`),
  ];
};

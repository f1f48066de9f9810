// A set of definitions as a Mermaid flowchart: what leads to which trigger, and which task it runs.
import type { CheckFinding } from "../core/check.ts";
import type { Definitions } from "../core/definitions.ts";
import { leadsOf, writtenOf, type Emitted, type Lead } from "../core/trigger-graph.ts";

/** Triggers and tasks with a fault have the class `fault`. */
export const mermaidOf = (
  definitions: Definitions,
  findings: readonly CheckFinding[],
  emitted: Emitted,
): string => {
  const ids = new Map<string, string>();
  const lines: string[] = [];
  const node = (key: string, shape: (text: string) => string, text: string): string => {
    const known = ids.get(key);
    if (known !== undefined) return known;
    const id = `n${ids.size}`;
    ids.set(key, id);
    lines.push(`  ${id}${shape(`"${escaped(text)}"`)}`);
    return id;
  };
  const task = (id: string): string => node(`task ${id}`, (text) => `[${text}]`, id);
  const trigger = (id: string): string => node(`trigger ${id}`, (text) => `{{${text}}}`, id);
  const source = (from: Lead["from"]): string => {
    if (from._tag === "Task") return task(from.id);
    return from._tag === "Event"
      ? node(`event ${from.text}`, (text) => `>${text}]`, from.text)
      : node(`schedule ${from.text}`, (text) => `([${text}])`, from.text);
  };
  for (const id of definitions.tasks.keys()) task(id);
  for (const { id, task: runs } of writtenOf(definitions))
    lines.push(`  ${trigger(id)} --> ${task(runs)}`);
  const edges = leadsOf(definitions, emitted).map((lead) => {
    const words = [
      ...(lead.from._tag === "Task" ? [lead.from.text] : []),
      ...(lead.leaf.role === "answer" ? ["ends a watch"] : []),
      ...(lead.leaf.role === "start" ? ["begins a watch"] : []),
    ];
    const label = words.length === 0 ? "" : `|"${escaped(words.join(", "))}"|`;
    return `  ${source(lead.from)} -->${label} ${trigger(lead.trigger.id)}`;
  });
  lines.push(...new Set(edges));
  const faulty = new Set(
    findings
      .filter(({ level }) => level === "fault")
      .flatMap(({ trigger: id, task: runs, path }) => [
        ...(id === null ? [] : [trigger(id)]),
        ...(path.length > 0 && runs !== null ? [task(runs)] : []),
      ]),
  );
  if (faulty.size > 0)
    lines.push(
      "  classDef fault stroke:#c00,stroke-width:3px",
      `  class ${[...faulty].join(",")} fault`,
    );
  return ["flowchart LR", ...lines].join("\n");
};

/** Mermaid reads entities in quoted text. */
const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll('"', "#quot;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\n", " ");

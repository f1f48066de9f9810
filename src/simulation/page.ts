// One plan as a page: a lane for each engine with the bodies that it ran, one for the store's commits, one for the world around them, and what happened as lines. The page
// needs nothing but itself: no request leaves it, and every value is escaped.
import { formatInstant } from "../core/instant.ts";
import type { Played } from "../core/simulation/play.ts";
import { lineText } from "../core/simulation/trace.ts";
import type { StoreRecord } from "../core/simulation/mirror.ts";
import { pageScript } from "./page-script.ts";
import { pageStyle } from "./page-style.ts";
import { guiltyLine } from "./timeline.ts";
import { counted } from "../core/counted.ts";

/** What is drawn. Times are milliseconds since the beginning. */
interface Drawing {
  readonly engines: number;
  readonly until: number;
  readonly bodies: readonly {
    readonly engine: number;
    readonly from: number;
    readonly to: number;
    readonly kind: string;
    readonly text: string;
  }[];
  readonly marks: readonly {
    /** -1: the store; -2: the world. */
    readonly lane: number;
    readonly at: number;
    readonly kind: string;
    readonly text: string;
    /** The line that says the same. */
    readonly line: number | null;
  }[];
  readonly guilty: { readonly at: number; readonly line: number } | null;
}

export interface PageOptions {
  readonly title: string;
  /** The law that was broken, and how; left out: none was. */
  readonly broken?: { readonly law: string; readonly message: string } | undefined;
}

/** Lines and marks beyond these are left out, the first ones first. */
const linesMax = 5_000;

export const pageOf = (played: Played, { title, broken }: PageOptions): string => {
  const all = played.world.trace.lines;
  const violation = played.violations.find(({ law }) => law === broken?.law);
  const last = violation === undefined ? all.length - 1 : guiltyLine(all, violation.at);
  const first = Math.max(0, last + 1 - linesMax);
  const lines = all.slice(first, last + 1);
  const guilty = violation === undefined ? null : lines.length - 1;
  const drawing = drawingOf(played, lines, guilty);
  const heading = broken === undefined ? "All laws held" : `${broken.law}: ${broken.message}`;
  const { faults, departures, steps, traceHash } = played;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${pageStyle}</style>
<header>
<p class="title">${escaped(title)}</p>
<h1 class="${broken === undefined ? "held" : "broken"}">${escaped(heading)}</h1>
<p class="facts">${escaped(
    `${counted(faults.length, "fault")}, ${counted(departures.length, "departure")} from first come, first served, ${counted(steps, "step")}, trace ${traceHash}${first > 0 ? `; the first ${first} lines are left out` : ""}`,
  )}</p>
</header>
<section class="chart" aria-label="what happened, a lane for each engine">
<div class="tools"><button data-do="in">Zoom in</button><button data-do="out">Zoom out</button><button data-do="all">Show all</button>${
    guilty === null ? "" : `<button data-do="guilty">Where it broke</button>`
  }<span class="told" role="status">${guilty === null ? "" : "This is where it broke. "}Point at something to read what it is; drag to move, scroll to zoom.</span></div>
<svg role="img" aria-label="lanes"></svg>
<ul class="legend"><li class="succeeded">succeeded</li><li class="failed">failed</li><li class="killed">killed with its engine</li><li class="running">still runs</li><li class="fault">fault</li><li class="commit">commit</li><li class="claim">claim</li><li class="conflict">conflict</li></ul>
</section>
<ol class="lines" tabindex="0" aria-label="what happened, line by line">${lines.map((line, index) => lineHtml(lineText(line), index, guilty)).join("")}</ol>
<script type="application/json" id="drawing">${JSON.stringify(drawing).replaceAll("<", "\\u003c")}</script>
<script>${pageScript}</script>
</html>
`;
};

const lineHtml = (text: string, index: number, guilty: number | null): string => {
  const classes = [text.includes("✗") ? "fault" : "", index === guilty ? "guilty" : ""];
  const mark = index === guilty ? "▶ " : "";
  return `<li id="line-${index}" class="${classes.join(" ").trim()}">${escaped(mark + text)}</li>`;
};

const drawingOf = (
  { world }: Played,
  lines: Played["world"]["trace"]["lines"],
  guilty: number | null,
): Drawing => {
  const until = lines.at(-1)?.elapsed ?? 0;
  const from = lines[0]?.elapsed ?? 0;
  const inside = ({ elapsed }: { readonly elapsed: number }): boolean =>
    elapsed >= from && elapsed <= until;
  return {
    engines: world.engines.length,
    until,
    bodies: world.bodies
      .filter((body) => body.startedElapsed <= until && (body.endedElapsed ?? until) >= from)
      .map((body) => ({
        engine: body.engine,
        from: body.startedElapsed,
        to: Math.min(until, body.endedElapsed ?? until),
        kind: kindOf(body, until),
        text: `${body.run}, attempt ${body.attempt}, from ${formatInstant(body.startedAt)}: ${kindOf(body, until)}`,
      })),
    marks: [
      ...lines.map(({ elapsed, engine, text }, line) => ({
        lane: engine ?? -2,
        at: elapsed,
        kind: text.startsWith("✗") ? "fault" : "told",
        text,
        line,
      })),
      ...world.store.mirror.records.filter(inside).slice(-linesMax).map(recordMark),
    ],
    guilty: guilty === null ? null : { at: until, line: guilty },
  };
};

const kindOf = (
  { isOver, outcome, endedElapsed }: Played["world"]["bodies"][number],
  until: number,
): string => {
  if (!isOver || (endedElapsed ?? Infinity) > until) return "running";
  if (outcome === null) return "killed";
  return outcome._tag === "Succeeded" ? "succeeded" : "failed";
};

const recordMark = (record: StoreRecord): Drawing["marks"][number] => {
  const who = record.engine === null ? "the world" : `engine ${record.engine}`;
  const base = { lane: -1, at: record.elapsed, line: null };
  if (record._tag === "Claim")
    return {
      ...base,
      kind: "claim",
      text: `${who} claims ${record.reply.runs.map(({ id }) => id).join(", ")}`,
    };
  if (record.reply._tag === "Conflict")
    return { ...base, kind: "conflict", text: `${who} commits, and meets a conflict` };
  const { signals = [], runs = [], skips = [], patches = [] } = record.batch;
  const parts = [
    ...signals.map(({ id }) => `signal ${id}`),
    ...runs.map(({ id }) => `run ${id}`),
    ...patches.map(({ run, patch }) => `${run}: ${patch.state ?? "changed"}`),
    ...skips.map(({ trigger, reason }) => `skip of ${trigger}: ${reason}`),
  ];
  const shown = parts.length === 0 ? "how far it has got" : parts.slice(0, 6).join("; ");
  return {
    ...base,
    kind: "commit",
    text: `${who} commits ${shown}${parts.length > 6 ? "; …" : ""}`,
  };
};

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

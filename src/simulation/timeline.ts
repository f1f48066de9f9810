// The lines of a broken world that a person must see: those of the runs and signals that the law is about, the faults, and the moment at which it broke.
import type { Played } from "../core/simulation/play.ts";
import { lineText, type Line } from "../core/simulation/trace.ts";
import type { Violation } from "../core/simulation/violation.ts";

const linesMax = 15;

/** At most 15 lines; the one at which the law was broken begins with ▶. */
export const timelineOf = (played: Played, { about, at }: Violation): readonly string[] => {
  const { lines } = played.world.trace;
  const guilty = guiltyLine(lines, at);
  const upTo = lines.slice(0, guilty + 1);
  const concerned = upTo.filter(
    (line, index) => index === guilty || isAbout(line, about) || line.text.startsWith("✗"),
  );
  const shown = about.length === 0 || concerned.length < 3 ? upTo : concerned;
  return shown
    .slice(-linesMax)
    .map((line) => `${line === lines[guilty] ? "▶" : " "} ${lineText(line)}`);
};

/** The last line up to the instant at which the law was broken. */
export const guiltyLine = (lines: readonly Line[], at: number): number =>
  lines.findLastIndex((line) => line.at <= at);

const isAbout = ({ text }: Line, about: readonly string[]): boolean =>
  about.some((id) => text.includes(id));

// Where one plan that was played twice went two ways, and whose fault that is: that of `world`, of a law, or of what the app is made of.
import type { Deed } from "../core/simulation/environment.ts";
import { formatInstant } from "../core/instant.ts";
import type { Laws } from "../core/simulation/laws.ts";
import type { Played } from "../core/simulation/play.ts";

export interface TwoWays {
  readonly message: string;
  /** The last lines up to where it happened. */
  readonly timeline: readonly string[];
}

const linesMax = 11;

/** undefined: they went the same way. */
export const twoWaysOf = (first: Played, again: Played, laws: Laws): TwoWays | undefined => {
  const [one, other] = [first.world.timeline(), again.world.timeline()];
  const place = placeOf(one, other, (line) => line);
  const deed = deedFault(first, again, place);
  if (deed !== undefined) return { message: deed.message, timeline: upTo(one, deed.line) };
  const law = place < Math.min(one.length, other.length) ? undefined : lawFault(first, again, laws);
  if (law !== undefined) return { message: law, timeline: upTo(one, one.length - 1) };
  if (place === Infinity && first.traceHash === again.traceHash) return undefined;
  const [was, is] = [one[place] ?? "it ended", other[place] ?? "it ended"];
  return {
    message: appText("one time and another", `First ${was}, then ${is}`),
    timeline: upTo(one, Math.min(place, one.length - 1)),
  };
};

/** What is said where nothing tells more. */
export const appText = (where: string, what: string): string =>
  `one plan went two ways, ${where}: does a task, filter or input function read a clock or chance, or keep something between runs? ${what}`;

const upTo = (lines: readonly string[], last: number): readonly string[] =>
  lines.slice(Math.max(0, last + 1 - linesMax), last + 1);

/** The first place at which two lists differ; infinity: none. */
const placeOf = <A>(one: readonly A[], other: readonly A[], textOf: (it: A) => string): number => {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  const place = short.findIndex((it, index) => textOf(it) !== textOf(long[index] as A));
  if (place !== -1) return place;
  return short.length === long.length ? Infinity : short.length;
};

/** A deed that is not done again, where everything before it was the same. */
const deedFault = (
  first: Played,
  again: Played,
  place: number,
): { readonly message: string; readonly line: number } | undefined => {
  const at = placeOf(first.deeds, again.deeds, deedText);
  const [was, is] = [first.deeds[at], again.deeds[at]];
  // One of them may have ended before, because of a law.
  if (isCut(was, first) || isCut(is, again)) return undefined;
  const line = Math.min(was?.line ?? Infinity, is?.line ?? Infinity);
  if (line === Infinity || line > place) return undefined;
  return {
    message: `one plan went two ways, because of "world": first it ${doneText(was)}, then it ${doneText(is)}; let it take chance from w.pick and time from w.now, and keep nothing`,
    line,
  };
};

const isCut = (deed: Deed | undefined, { violations }: Played): boolean =>
  deed === undefined && violations.length > 0;

const deedText = ({ occasion, at, text }: Deed): string => `${at} ${occasion} ${text}`;

const textMax = 120;

const doneText = (deed: Deed | undefined): string => {
  if (deed === undefined) return "did nothing more";
  const text = deed.text.length > textMax ? `${deed.text.slice(0, textMax - 1)}…` : deed.text;
  return `${text} at ${formatInstant(deed.at)} (${occasionText(deed.occasion)})`;
};

/** `every 0 3` as its author sees it. */
const occasionText = (occasion: string): string => {
  const [kind, index, n] = occasion.split(" ");
  if (kind === "every") return `in w.every number ${Number(index) + 1}, n = ${n}`;
  return kind === "at" ? `in w.at number ${Number(index) + 1}` : "at once";
};

/** A law of the user's that did not answer as before, although everything else was the same. */
const lawFault = (first: Played, again: Played, laws: Laws): string | undefined => {
  const [broken, brokenAgain] = [first, again].map(({ violations }) =>
    violations.map(({ law }) => law).filter((law) => isOwn(law, laws)),
  ) as [string[], string[]];
  const law =
    broken.find((it) => !brokenAgain.includes(it)) ??
    brokenAgain.find((it) => !broken.includes(it)) ??
    [...first.held.keys(), ...again.held.keys()].find(
      (it) => first.held.get(it) !== again.held.get(it),
    );
  if (law === undefined) return undefined;
  return `one plan went two ways: the law ${JSON.stringify(law)} does not answer the same again; does it read a clock or chance, or keep something? It may use s.now()`;
};

const isOwn = (law: string, { always = {}, eventually = {} }: Laws): boolean =>
  Object.hasOwn(always, law) || Object.hasOwn(eventually, law);

// Growth as a picture: a panel each, both axes by powers of ten, so that what is flat lies flat and what grows with the amount rises at 45 degrees. Plain SVG, readable on light and
// dark paper.
import type { Growth } from "./growth.ts";

const panel = { width: 340, height: 220, left: 56, right: 24, top: 34, bottom: 40 };

interface Axis {
  readonly low: number;
  readonly high: number;
}

/** Whole powers of ten around all values, `least` of them: otherwise what is flat would look steep. */
const axisOf = (values: readonly number[], least: number): Axis => {
  const low = Math.floor(Math.log10(Math.min(...values)));
  return { low, high: Math.max(Math.ceil(Math.log10(Math.max(...values))), low + least) };
};

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("`", "");

const powers = ({ low, high }: Axis): number[] =>
  Array.from({ length: high - low + 1 }, (_, index) => low + index);

const amount = (power: number): string =>
  power >= 6 ? `${10 ** (power - 6)}M` : power >= 3 ? `${10 ** (power - 3)}k` : String(10 ** power);

const panelOf = ({ what, of, points }: Growth, index: number): string => {
  const x = axisOf(
    points.map(({ count }) => count),
    1,
  );
  const y = axisOf(
    points.map(({ micros }) => micros),
    2,
  );
  const { width, height, left, right, top, bottom } = panel;
  const across = (power: number): number =>
    left + ((power - x.low) / (x.high - x.low)) * (width - left - right);
  const up = (power: number): number =>
    height - bottom - ((power - y.low) / (y.high - y.low)) * (height - top - bottom);
  const places = points.map(
    ({ count, micros }) =>
      [across(Math.log10(count)).toFixed(1), up(Math.log10(micros)).toFixed(1)] as const,
  );
  const text = (at: readonly [number, number], words: string, more = ""): string =>
    `<text x="${at[0]}" y="${at[1]}" ${more}>${escaped(words)}</text>`;
  const lines = [
    ...powers(y).flatMap((power) => [
      `<path class="grid" d="M${left} ${up(power)}H${width - right}"/>`,
      text([left - 6, up(power) + 4], `${amount(power)} µs`, `text-anchor="end"`),
    ]),
    ...powers(x).map((power) =>
      text([across(power), height - bottom + 16], amount(power), `text-anchor="middle"`),
    ),
    text([width / 2, height - 6], of, `text-anchor="middle"`),
    text([8, 18], what, `class="what"`),
    `<path class="line" d="M${places.map((place) => place.join(" ")).join("L")}"/>`,
    ...places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3.5"/>`),
  ];
  const [dx, dy] = [(index % 2) * width, Math.floor(index / 2) * height];
  return `<g transform="translate(${dx} ${dy})">\n${lines.join("\n")}\n</g>`;
};

export const plotOf = (growths: readonly Growth[]): string => {
  const [width, height] = [panel.width * 2, panel.height * Math.ceil(growths.length / 2)];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="What things cost when there are more and more of them">
<style>
text { font: 11px system-ui, sans-serif; fill: #57606a; }
.what { font-weight: 600; font-size: 12px; }
.grid { stroke: #8c959f; stroke-opacity: 0.35; }
.line { stroke: #1f6feb; stroke-width: 2; fill: none; }
circle { fill: #1f6feb; }
@media (prefers-color-scheme: dark) { text { fill: #b1bac4; } }
</style>
${growths.map(panelOf).join("\n")}
</svg>
`;
};

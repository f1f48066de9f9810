// Charts over the last minutes, drawn by uPlot in the colours of the page.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

export interface Line {
  readonly label: string;
  /** The name of a colour of the style sheet. */
  readonly color: string;
  readonly values: readonly (number | null)[];
  readonly isFilled?: boolean;
}

export const Chart = ({
  label,
  seconds,
  lines,
  unit,
  least,
}: {
  /** Says what the picture shows to those who don't see it. */
  label: string;
  seconds: readonly number[];
  lines: readonly Line[];
  unit: (value: number) => string;
  /** The axis reaches at least so far. */
  least: number;
}): JSX.Element => {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const data = [seconds, ...lines.map(({ values }) => values)] as unknown as uPlot.AlignedData;
  const latest = useRef(data);
  latest.current = data;
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf({ element, lines, unit, least }), latest.current, element);
    };
    draw();
    const size = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height }),
    );
    size.observe(element);
    const theme = new MutationObserver(draw);
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", draw);
    return () => {
      size.disconnect();
      theme.disconnect();
      dark.removeEventListener("change", draw);
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(data), [data]);
  return (
    <figure class="chart">
      <figcaption>
        {lines.map(({ label, color }) => (
          <span key={label} class={`key key-${color}`}>
            {label}
          </span>
        ))}
      </figcaption>
      <div ref={frame} role="img" aria-label={label} />
    </figure>
  );
};

const height = 170;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

const optionsOf = ({
  element,
  lines,
  unit,
  least,
}: {
  readonly element: HTMLElement;
  readonly lines: readonly Line[];
  readonly unit: (value: number) => string;
  readonly least: number;
}): uPlot.Options => {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: color("faint"),
    grid: { stroke: color("line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui",
  };
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false, points: { show: false } },
    scales: { y: { range: (_, __, most) => [0, Math.max(least, most * 1.1)] } },
    axes: [
      {
        ...axis,
        space: 80,
        size: 32,
        values: (_, ticks) => ticks.map((tick) => clock.format(tick * 1_000)),
      },
      { ...axis, size: 76, values: (_, ticks) => ticks.map((value) => unit(value)) },
    ],
    series: [
      {},
      ...lines.map(({ label, color: name, values, isFilled }) => ({
        label,
        stroke: color(name),
        width: 2,
        // A value that stands alone has no line to be seen by.
        points: { show: values.includes(null), size: 4, fill: color(name) },
        ...(isFilled === true && { fill: `${color(name)}33` }),
      })),
    ],
  };
};

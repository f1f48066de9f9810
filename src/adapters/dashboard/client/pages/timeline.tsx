// Timeline: attempts as bars in lanes, one for each that an engine did at once. Wheel, buttons and + and - zoom; dragging and the arrows move.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Bar, Timeline as TimelineView } from "../../view.ts";
import { pathOf } from "../api.ts";
import { clockText, durationText } from "../format.ts";
import { useData } from "../live.ts";
import { go, runHref } from "../route.ts";
import { Empty, Fault, Loading } from "../parts/basics.tsx";
import { useShared } from "../parts/context.ts";

const spans = [
  ["1 min", 60_000],
  ["5 min", 300_000],
  ["15 min", 900_000],
  ["1 h", 3_600_000],
  ["6 h", 21_600_000],
  ["1 d", 86_400_000],
] as const;
const spanMin = 1_000;
const spanMax = 7 * 86_400_000;
const laneHeight = 26;

/** `end` null: the view follows the time. */
interface Window {
  readonly span: number;
  readonly end: number | null;
}

export const Timeline = (): JSX.Element => {
  const { overview } = useShared();
  const [window, setWindow] = useState<Window>({ span: 300_000, end: null });
  const { span, end } = window;
  const path = pathOf("/api/timeline", {
    minutes: Math.max(1, Math.ceil(span / 60_000)),
    until: end === null ? undefined : new Date(Math.ceil(end)).toISOString(),
  });
  const { view, error, refresh } = useData<TimelineView>(
    path,
    end === null ? overview?.version : undefined,
  );
  const last = useRef<TimelineView | undefined>(undefined);
  if (view !== undefined) last.current = view;
  const shown = view ?? last.current;
  const zoom = (factor: number, share = 1): void =>
    setWindow(({ span, end }) => {
      const next = Math.min(spanMax, Math.max(spanMin, span * factor));
      const from = (end ?? Date.now()) - span;
      return share >= 1 && end === null
        ? { span: next, end: null }
        : { span: next, end: from + span * share + next * (1 - share) };
    });
  const move = (share: number): void =>
    setWindow(({ span, end }) => {
      const next = (end ?? Date.now()) + span * share;
      return { span, end: next >= Date.now() ? null : next };
    });
  useKeys({ zoom, move });
  return (
    <>
      <h1>Timeline</h1>
      <div class="filters" role="group" aria-label="window of time">
        {spans.map(([name, millis]) => (
          <button
            key={name}
            type="button"
            aria-pressed={Math.abs(span - millis) < 1}
            onClick={() => setWindow({ span: millis, end })}
          >
            {name}
          </button>
        ))}
        <button type="button" aria-label="earlier" onClick={() => move(-0.5)}>
          ←
        </button>
        <button type="button" aria-label="later" onClick={() => move(0.5)}>
          →
        </button>
        <button type="button" aria-label="zoom in" onClick={() => zoom(0.5)}>
          +
        </button>
        <button type="button" aria-label="zoom out" onClick={() => zoom(2)}>
          −
        </button>
        <button
          type="button"
          aria-pressed={end === null}
          onClick={() => setWindow({ span, end: null })}
        >
          Now
        </button>
      </div>
      {error === undefined ? null : <Fault error={error} retry={refresh} />}
      {shown === undefined ? (
        error === undefined && <Loading />
      ) : (
        <Lanes view={shown} span={span} end={end ?? shown.to} zoom={zoom} move={move} />
      )}
    </>
  );
};

const useKeys = ({
  zoom,
  move,
}: {
  readonly zoom: (factor: number) => void;
  readonly move: (share: number) => void;
}): void =>
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey) return;
      if (event.key === "+") zoom(0.5);
      if (event.key === "-") zoom(2);
      if (event.key === "ArrowLeft") move(-0.25);
      if (event.key === "ArrowRight") move(0.25);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);

const Lanes = ({
  view,
  span,
  end,
  zoom,
  move,
}: {
  view: TimelineView;
  span: number;
  end: number;
  zoom: (factor: number, share?: number) => void;
  move: (share: number) => void;
}): JSX.Element => {
  const frame = useRef<HTMLDivElement>(null);
  const pointer = useRef({ x: 0, isDown: false, hasMoved: false });
  const [width, setWidth] = useState(800);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const size = new ResizeObserver(() => setWidth(element.clientWidth));
    size.observe(element);
    const wheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
      event.preventDefault();
      const { left, width } = element.getBoundingClientRect();
      zoom(event.deltaY > 0 ? 1.25 : 0.8, (event.clientX - left) / width);
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => {
      size.disconnect();
      element.removeEventListener("wheel", wheel);
    };
  }, []);
  const from = end - span;
  const x = (instant: number): number => ((instant - from) / span) * width;
  const bars = view.bars.filter((bar) => (bar.to ?? end) >= from && bar.from <= end);
  const lanes = [...new Set(bars.map(({ lane }) => lane))].sort((one, other) => one - other);
  const row = new Map(lanes.map((lane, index) => [lane, index]));
  const height = Math.max(2, lanes.length) * laneHeight + 24;
  return (
    <>
      <p class="faint">
        {bars.length === 0 ? "No attempt" : `${bars.length} attempts`} between{" "}
        {clockText(from, Date.now())} and {clockText(end, Date.now())}
        {view.isCut ? "; there are more than are shown: zoom in" : ""}
      </p>
      {bars.length === 0 ? <Empty>Nothing ran in this window of time.</Empty> : null}
      <div
        class="timeline"
        ref={frame}
        onPointerDown={(event) => {
          pointer.current = { x: event.clientX, isDown: true, hasMoved: false };
        }}
        onPointerMove={(event) => {
          const { x, isDown } = pointer.current;
          if (!isDown || Math.abs(event.clientX - x) < 4) return;
          move((x - event.clientX) / width);
          pointer.current = { x: event.clientX, isDown: true, hasMoved: true };
        }}
        onPointerUp={() => {
          pointer.current.isDown = false;
        }}
        onPointerLeave={() => {
          pointer.current.isDown = false;
        }}
      >
        <svg width={width} height={height} role="img" aria-label={labelOf(bars, lanes.length)}>
          <Ticks from={from} span={span} width={width} height={height} />
          {bars.map((bar) => (
            <BarShape
              key={`${bar.run} ${bar.attempt}`}
              bar={bar}
              left={Math.max(0, x(bar.from))}
              right={Math.min(width, x(bar.to ?? end))}
              top={(row.get(bar.lane) ?? 0) * laneHeight + 20}
              open={() => {
                if (!pointer.current.hasMoved) go(runHref(bar.run));
              }}
            />
          ))}
          <EngineNames view={view} rowOf={(lane) => row.get(lane)} />
        </svg>
      </div>
      <p class="keys" aria-hidden="true">
        {["succeeded", "failed", "timed-out", "cancelled", "crashed", "running"].map((kind) => (
          <span key={kind} class={`bar-key bar-${kind}`}>
            {kind}
          </span>
        ))}
      </p>
    </>
  );
};

/** Where several engines worked: whose lanes they are, at the first of each. */
const EngineNames = ({
  view,
  rowOf,
}: {
  view: TimelineView;
  rowOf: (lane: number) => number | undefined;
}): JSX.Element | null => {
  const shown = view.lanes.flatMap(({ engine, lane }) => {
    const row = rowOf(lane);
    return row === undefined ? [] : [{ engine, row }];
  });
  const firsts = [...new Map(shown.toReversed().map((it) => [it.engine, it])).values()];
  return firsts.length < 2 ? null : (
    <g class="engine-names">
      {firsts.map(({ engine, row }) => (
        <text key={engine} x={4} y={row * laneHeight + 34}>
          engine {engine.slice(0, 8)}
        </text>
      ))}
    </g>
  );
};

const labelOf = (bars: readonly Bar[], lanes: number): string =>
  `${bars.length} attempts in ${lanes} lanes; the page Runs has them as a list`;

const BarShape = ({
  bar,
  left,
  right,
  top,
  open,
}: {
  bar: Bar;
  left: number;
  right: number;
  top: number;
  open: () => void;
}): JSX.Element => {
  const { run, task, attempt, kind, from, to } = bar;
  const width = Math.max(2, right - left);
  const took = to === null ? "goes on" : durationText(to - from);
  return (
    <g class={`bar bar-${kind}`} onClick={open}>
      <title>{`${task} ${kind}, attempt ${attempt}, ${took}\n${run}`}</title>
      <rect x={left} y={top} width={width} height={laneHeight - 6} rx={3} />
      {width > 60 ? (
        <text x={left + 6} y={top + 14}>
          {task.slice(0, Math.floor((width - 10) / 7))}
        </text>
      ) : null}
    </g>
  );
};

const steps = [
  100, 500, 1_000, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000, 21_600_000,
  86_400_000,
];

const Ticks = ({
  from,
  span,
  width,
  height,
}: {
  from: number;
  span: number;
  width: number;
  height: number;
}): JSX.Element => {
  const step = steps.find((it) => (it / span) * width >= 90) ?? 86_400_000;
  const first = Math.ceil(from / step) * step;
  // The last one needs room for its text.
  const until = from + span * (1 - 70 / width);
  const ticks = Array.from(
    { length: Math.max(0, Math.floor((until - first) / step) + 1) },
    (_, index) => first + index * step,
  );
  return (
    <g class="ticks">
      {ticks.map((at) => {
        const x = ((at - from) / span) * width;
        return (
          <g key={at}>
            <line x1={x} x2={x} y1={16} y2={height} />
            <text x={x + 3} y={11}>
              {new Date(at).toLocaleTimeString(
                undefined,
                step < 60_000 ? {} : { hour: "2-digit", minute: "2-digit" },
              )}
            </text>
          </g>
        );
      })}
    </g>
  );
};

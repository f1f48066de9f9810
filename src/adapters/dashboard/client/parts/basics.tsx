// Small parts that all pages are made of.
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import type { ApiError } from "../api.ts";
import { clockText, distanceText, jsonText } from "../format.ts";
import { useNow } from "../live.ts";

/** A run's state: told by word and shape, not by colour alone. */
export const State = ({ state, asked }: { state: string; asked?: boolean }): JSX.Element => (
  <span class={`state state-${state}`}>
    {state}
    {asked === true ? ", to be cancelled" : ""}
  </span>
);

/** An instant as a distance, with the instant itself on demand. */
export const When = ({ at, plain }: { at: string | null; plain?: boolean }): JSX.Element => {
  const now = useNow();
  if (at === null) return <span class="faint">–</span>;
  const instant = Date.parse(at);
  const far = clockText(instant, now);
  return (
    <time dateTime={at} title={at}>
      {plain === true ? far : distanceText(instant, now)}
    </time>
  );
};

/** A value as JSON. A long one is cut until it is asked for whole. */
export const Value = ({ value }: { value: unknown }): JSX.Element => {
  const [isWhole, setWhole] = useState(false);
  const text = jsonText(value);
  const isCut = text.length > 4_000 && !isWhole;
  return (
    <div class="value">
      <pre tabIndex={0} aria-label="value">
        {isCut ? `${text.slice(0, 4_000)}…` : text}
      </pre>
      {isCut ? (
        <button type="button" onClick={() => setWhole(true)}>
          Show all {text.length.toLocaleString("en")} characters
        </button>
      ) : null}
    </div>
  );
};

export const Empty = ({ children }: { children: ComponentChildren }): JSX.Element => (
  <p class="empty">{children}</p>
);

export const Fault = ({ error, retry }: { error: ApiError; retry?: () => void }): JSX.Element => (
  <div class="fault" role="alert">
    <p>{error.message}</p>
    {retry === undefined ? null : (
      <button type="button" onClick={retry}>
        Try again
      </button>
    )}
  </div>
);

export const Loading = (): JSX.Element => (
  <p class="empty" role="status">
    Asking the store …
  </p>
);

export const Section = ({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}): JSX.Element => (
  <section class="section">
    <div class="section-head">
      <h2>{title}</h2>
      {aside}
    </div>
    {children}
  </section>
);

export const Progress = ({ fraction, label }: { fraction: number; label: string }): JSX.Element => {
  const share = Math.round(Math.min(1, Math.max(0, fraction)) * 100);
  return (
    <span class="progress">
      <progress max={100} value={share} aria-label={label} />
      <span>{share} %</span>
    </span>
  );
};

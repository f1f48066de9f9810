// How amounts and instants read.

/** `850 ms`, `12.4 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export const durationText = (millis: number): string => {
  const size = Math.abs(millis);
  if (size < 1_000) return `${Math.round(size)} ms`;
  if (size < 60_000) return `${(size / 1_000).toFixed(size < 10_000 ? 1 : 0)} s`;
  const pair = (big: number, bigUnit: string, small: number, smallUnit: string): string => {
    const whole = Math.floor(size / big);
    const rest = Math.floor((size % big) / small);
    return rest === 0 ? `${whole} ${bigUnit}` : `${whole} ${bigUnit} ${rest} ${smallUnit}`;
  };
  if (size < 3_600_000) return pair(60_000, "min", 1_000, "s");
  if (size < 86_400_000) return pair(3_600_000, "h", 60_000, "min");
  return pair(86_400_000, "d", 3_600_000, "h");
};

/** `12 s ago`, `in 3 min`, `now`. */
export const distanceText = (instant: number, now: number): string => {
  const millis = instant - now;
  if (Math.abs(millis) < 1_000) return "now";
  const rounded = Math.abs(millis) < 60_000 ? Math.round(millis / 1_000) * 1_000 : millis;
  const text = durationText(rounded).replace(/\.0 s$/, " s");
  return millis < 0 ? `${text} ago` : `in ${text}`;
};

const time = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** In the time zone of whoever looks; with the day where it is another one. */
export const clockText = (instant: number, now: number): string =>
  new Date(instant).toDateString() === new Date(now).toDateString()
    ? time.format(instant)
    : day.format(instant);

export const amountText = (amount: number): string => amount.toLocaleString("en");

export const jsonText = (value: unknown): string => JSON.stringify(value, null, 2) ?? "";

/** On one line, shortened. */
export const shortJson = (value: unknown, lengthMax = 100): string => {
  const text = JSON.stringify(value) ?? "";
  return text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text;
};

// Trace contexts (W3C Trace Context, level 1) that follow from ids, so that an engine, a worker and whoever restarts either name the same spans without telling each other: a run's
// trace is the 128 bits of its id.
import { hash32 } from "./hash.ts";

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The trace of a run: what its id has behind the `~`, as 32 hexadecimal digits. */
export const traceIdOf = (run: string): string => {
  const start = run.lastIndexOf("~") + 1;
  let text = "";
  let pending = 0;
  let bits = 0;
  // From the end, for that is where the digits of both lie upon each other: five bits in, four bits out.
  for (let index = run.length - 1; text.length < 32; index--) {
    const value = index < start ? 0 : Math.max(0, alphabet.indexOf(run.charAt(index)));
    pending |= value << bits;
    for (bits += 5; bits >= 4 && text.length < 32; bits -= 4) {
      text = (pending & 15).toString(16) + text;
      pending >>= 4;
    }
  }
  return /[^0]/.test(text) ? text : text.replace(/0$/, "1"); // all zeros would be none
};

/** A span of a run's trace, 16 hexadecimal digits: "run", or the attempt with a token. */
export const spanIdOf = (run: string, part: "run" | "emit" | number): string => {
  const half = (salt: string): string =>
    hash32(`${salt}/${run}/${part}`).toString(16).padStart(8, "0");
  const text = `${half("a")}${half("b")}`;
  return /[^0]/.test(text) ? text : text.replace(/0$/, "1");
};

/** The `traceparent` of an attempt. */
export const traceparentOf = (run: string, token: number): string =>
  `00-${traceIdOf(run)}-${spanIdOf(run, token)}-01`;

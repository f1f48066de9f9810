// Run ids follow from what fired: nobody's clock, engine or polling moment is in them, so the same firing is the same run wherever it is decided.
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { InputError } from "./errors.ts";
import { shown } from "./reading.ts";

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/**
 * The id of the run that `triggerId` owes for the consumed signals: `<triggerId>~<26 characters>`, the first 128 bits of SHA-256 over
 * `JSON.stringify([triggerId, ids])`, ids deduplicated and sorted by code unit, encoded as a ULID is. Throws an InputError where
 * these are no ids.
 */
export const runIdOf = (triggerId: string, signalIds: readonly string[]): string => {
  if (typeof triggerId !== "string" || triggerId === "")
    throw new InputError(`${shown(triggerId)} is no trigger's id; give text`);
  if (!Array.isArray(signalIds))
    throw new InputError(`${shown(signalIds)} is no list of signal ids; give at least one`);
  if (signalIds.length === 0)
    throw new InputError("there are no signal ids; a run comes of at least one signal");
  for (const id of signalIds)
    if (typeof id !== "string") throw new InputError(`${shown(id)} is no signal's id; give text`);
  const ids = signalIds.length === 1 ? signalIds : [...new Set<string>(signalIds)].sort();
  return `${triggerId}~${digestOf(JSON.stringify([triggerId, ids]))}`;
};

/** The id of the trigger that a run was owed by. */
export const triggerIdOf = (run: string): string => run.slice(0, run.lastIndexOf("~"));

/** The first 128 bits of SHA-256 over a text in UTF-8, as 26 characters. */
export const digestOf = (text: string): string => ulidText(sha256(utf8ToBytes(text)));

/** 128 bits as 26 characters of five bits, most significant first; the first character carries the three bits that are left over. */
const ulidText = (bytes: Uint8Array): string => {
  let text = "";
  let pending = 0;
  let bits = 2; // two leading zero bits make 130, a multiple of five
  for (let index = 0; index < 16; index++) {
    // What was written before goes on to the left, out of sight: of the twelve lowest bits at most are any pending.
    pending = (pending << 8) | (bytes[index] as number);
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(pending >> bits) & 31];
    }
  }
  return text;
};

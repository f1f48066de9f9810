// What `analyse` works out of a text. Pure, and the reason why the demo wants threads.
import { deflateSync } from "node:zlib";

const shingleLength = 5;
const signatureLength = 128;

/** Words, numbers and single signs, as 32-bit hashes. */
export const tokensOf = (text: string): Uint32Array =>
  Uint32Array.from(text.match(/[\p{L}_$][\p{L}\p{N}_$]*|\p{N}+|[^\s\p{L}\p{N}_$]/gu) ?? [], hashOf);

export const packedSizeOf = (text: string): number => deflateSync(text, { level: 9 }).length;

export const longestLineOf = (text: string): number => {
  let longest = 0;
  for (let start = 0; start <= text.length;) {
    const end = text.indexOf("\n", start);
    longest = Math.max(longest, (end < 0 ? text.length : end) - start);
    start = end < 0 ? text.length + 1 : end + 1;
  }
  return longest;
};

/** A MinHash signature over runs of five tokens, in base64: two texts share as large a part of their signatures as of their runs. */
export const signatureOf = (tokens: Uint32Array): string => {
  const least = new Uint32Array(signatureLength).fill(0xffff_ffff);
  const last = Math.max(0, tokens.length - shingleLength);
  for (let start = 0; start <= last; start++) {
    let shingle = 0x811c_9dc5;
    for (let at = start; at < Math.min(tokens.length, start + shingleLength); at++)
      shingle = Math.imul(shingle ^ (tokens[at] as number), 0x0100_0193);
    for (let index = 0; index < signatureLength; index++) {
      const value = mixed(shingle + Math.imul(index, 0x9e37_79b9));
      if (value < (least[index] as number)) least[index] = value;
    }
  }
  return Buffer.from(least.buffer).toString("base64");
};

/** A signature as numbers again. */
export const readSignature = (signature: string): Uint32Array =>
  new Uint32Array(Uint8Array.from(Buffer.from(signature, "base64")).buffer);

const hashOf = (token: string): number => {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < token.length; index++)
    hash = Math.imul(hash ^ token.charCodeAt(index), 0x0100_0193);
  return hash >>> 0;
};

const mixed = (value: number): number => {
  let hash = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

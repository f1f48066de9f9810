// Near-duplicates: files whose signatures agree in most places. Bands of the signature serve as an index, so that not all pairs are compared.
import type { Record } from "./records.ts";
import { readSignature } from "./text.ts";

export interface Cluster {
  readonly files: readonly string[];
  readonly bytes: number;
}

const bandLength = 4;
const likenessMin = 0.8;
const tokensMin = 100;

interface Entry {
  readonly path: string;
  readonly bytes: number;
  readonly signature: Uint32Array;
}

/** Clusters of two files or more, the largest first. */
export const clustersOf = (analyses: readonly Record[]): readonly Cluster[] => {
  const entries = new Map<string, Entry>();
  for (const { data } of analyses) {
    const { path, bytes, tokens, signature } = data as {
      path: string;
      bytes: number;
      tokens: number;
      signature: string;
    };
    if (tokens >= tokensMin)
      entries.set(path, { path, bytes, signature: readSignature(signature) });
  }
  const parents = new Map<Entry, Entry>();
  const rootOf = (entry: Entry): Entry => {
    const parent = parents.get(entry);
    return parent === undefined ? entry : rootOf(parent);
  };
  const firstOfBand = new Map<string, Entry>();
  for (const entry of entries.values()) {
    for (let start = 0; start < entry.signature.length; start += bandLength) {
      const band = `${start}:${entry.signature.subarray(start, start + bandLength).join()}`;
      const first = firstOfBand.get(band);
      if (first === undefined) firstOfBand.set(band, entry);
      else if (rootOf(first) !== rootOf(entry) && likeness(first, entry) >= likenessMin)
        parents.set(rootOf(entry), rootOf(first));
    }
  }
  const clusters = Map.groupBy(entries.values(), rootOf);
  return [...clusters.values()]
    .filter((members) => members.length > 1)
    .map((members) => ({
      files: members.map(({ path }) => path),
      bytes: members.reduce((sum, { bytes }) => sum + bytes, 0),
    }))
    .sort((one, other) => other.bytes - one.bytes);
};

const likeness = (one: Entry, other: Entry): number => {
  let same = 0;
  for (const [index, value] of one.signature.entries())
    if (value === other.signature[index]) same++;
  return same / one.signature.length;
};

// What somebody may have meant who wrote a name that is not there.

/** The names that are nearest to the wanted one, nearest first, at most three; only such as differ in about a third of their characters or less. One that differs in case alone is all. */
export const nearestOf = (wanted: string, names: Iterable<string>): readonly string[] => {
  const key = wanted.toLowerCase();
  const most = Math.ceil(key.length / 3);
  const near = [...new Set(names)]
    .map((name) => ({ name, distance: distanceOf(key, name.toLowerCase()) }))
    .filter(
      ({ name, distance }) => distance <= most && distance < Math.max(key.length, name.length),
    )
    .sort((one, other) => one.distance - other.distance);
  return near.slice(0, near[0]?.distance === 0 ? 1 : 3).map(({ name }) => name);
};

/** One that begins with the other is as near as one edit. */
const distanceOf = (one: string, other: string): number =>
  one !== "" && other !== "" && (one.startsWith(other) || other.startsWith(one))
    ? Math.min(1, editDistance(one, other))
    : editDistance(one, other);

/** `; did you mean "a" or "b"?`, or nothing where no name is near. */
export const meantText = (near: readonly string[]): string =>
  near.length === 0
    ? ""
    : `; did you mean ${near.map((name) => JSON.stringify(name)).join(" or ")}?`;

/** What a message ends with that tells of a name that is not there: the near ones, or else `otherwise`, such as what there is. */
export const meantOr = (wanted: string, names: Iterable<string>, otherwise: string): string => {
  const near = nearestOf(wanted, names);
  return near.length > 0 ? meantText(near) : otherwise;
};

/** How many characters must be put in, left out or changed to turn one text into the other (Levenshtein). */
export const editDistance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[other.length]!;
};

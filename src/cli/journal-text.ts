// A journal, as `detent export` has written it, from a file or from standard input, where that is named `-`.
import { InputError } from "../core/errors.ts";
import { readJournal, type Journal } from "../core/journal.ts";

/** Rejects with an InputError that names the file, and the line. */
export const journalIn = async (
  file: string,
): Promise<{ readonly text: string; readonly journal: Journal }> => {
  const text = await journalText(file);
  const reading = readJournal(text.split("\n"));
  if (reading.ok) return { text, journal: reading.value };
  throw new InputError(
    `${nameOf(file)} is no journal: ${reading.message}; "detent export" writes journals`,
  );
};

/**
 * The text of a journal that a simulation can go on from, at its end or at an instant within it. Rejects with an InputError that names the file, and the line or the instant.
 */
export const pastText = async (file: string, at: number | undefined): Promise<string> => {
  const { gapFault, outsideFault } = await import("../core/simulation/past.ts");
  const { text, journal } = await journalIn(file);
  const outside = at === undefined ? undefined : outsideFault(journal, at);
  if (outside !== undefined) throw new InputError(`--at: ${outside} (${nameOf(file)})`);
  const gap = gapFault(journal, at);
  if (gap !== undefined) throw new InputError(`${nameOf(file)} ${gap}`);
  return text;
};

const nameOf = (file: string): string => (file === "-" ? "standard input" : file);

const journalText = async (file: string): Promise<string> => {
  if (file === "-") {
    const { text } = await import("node:stream/consumers");
    return text(process.stdin);
  }
  const { readFile } = await import("node:fs/promises");
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new InputError(`the journal ${file} can't be read (${(error as Error).message})`);
  }
};

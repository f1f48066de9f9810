// The text of a journal, as `detent export` has written it.
import { InputError } from "../core/errors.ts";

/** Of a file, or of standard input where it is `-`. Rejects with an InputError. */
export const journalText = async (file: string): Promise<string> => {
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

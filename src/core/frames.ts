// Stacks, as far as they help whoever wrote the code that threw: where in it that was, without what the runtime, packages and detent called on the way.

export interface Frame {
  /** The function; null: it has no name. */
  readonly name: string | null;
  /** A path. */
  readonly file: string;
  readonly line: number;
  readonly column: number | null;
}

const framesMax = 5;
/** `at name (place)` or `at place`; a place is a file with line and column. */
const written = /^\s*at (?:(?<name>.*) \()?(?<file>.*?):(?<line>\d+)(?::(?<column>\d+))?\)?$/;
/** detent's own files: of the package, or of its clone. */
const detents =
  /\/node_modules\/detent\/|\/(?:src|dist)\/runtime\/executor\/[\w-]+\.[jt]s$|\/dist\/cli\/(?:main|[\w-]+-[\w-]{8})\.js$/;
/** From here on detent has called the user's code. */
const callers = /^(?:async )?(?:endOf|importModule)$/;

/** The frames of the user's code, the innermost first; at most five. */
export const userFrames = (stack: string | undefined): readonly Frame[] => {
  const frames: Frame[] = [];
  for (const line of stack?.split("\n") ?? []) {
    const frame = frameOf(line);
    if (frame === undefined) continue;
    const isDetents = detents.test(frame.file);
    if (isDetents && (frames.length > 0 || callers.test(frame.name ?? ""))) break;
    if (!isDetents && !/[\\/]node_modules[\\/]/.test(frame.file)) frames.push(frame);
    if (frames.length === framesMax) break;
  }
  return frames;
};

const frameOf = (text: string): Frame | undefined => {
  if (/\p{Cc}/u.test(text.trimStart())) return undefined; // No frame, but part of a message; it goes to a terminal.
  const { name, file, line, column } = written.exec(text)?.groups ?? {};
  if (file === undefined) return undefined;
  const path = pathOf(file);
  // Not: `node:internal`, `native`, `<anonymous>`, what was evaluated.
  if (!/^(?:\/|[A-Za-z]:[\\/])[^()<>]*$/.test(path)) return undefined;
  return {
    name: name === undefined || name === "<anonymous>" ? null : name,
    file: path,
    line: Number(line),
    column: column === undefined ? null : Number(column),
  };
};

/** `at crop (/home/me/tasks.ts:12:9)` */
export const frameText = (frame: Frame): string =>
  frame.name === null ? `at ${placeText(frame)}` : `at ${frame.name} (${placeText(frame)})`;

/** The path that stands in a stack or a message, without what loaders add to it. */
export const pathOf = (place: string): string => {
  const path = place.replace(/^file:\/\/(?:\/(?=[A-Za-z]:))?/, "").replace(/\?[^?]*$/, "");
  try {
    return path === place ? path : decodeURIComponent(path);
  } catch {
    return path;
  }
};

/** `/home/me/tasks.ts:12:9` */
export const placeText = ({ file, line, column }: Omit<Frame, "name">): string =>
  [file, line, ...(column === null ? [] : [column])].join(":");

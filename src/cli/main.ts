// Where the command line begins, and what it asks of its process. Node keeps what it compiles of the command line in its cache (NODE_DISABLE_COMPILE_CACHE=1
// forbids it), which shortens the way to the first line; a module that is imported statically would be compiled before the cache is on.
import { enableCompileCache } from "node:module";
import { flush } from "./output.ts";

enableCompileCache();

// `node:sqlite` and type stripping warn that they are new in some versions of Node; whoever types a command can't act on that.
const warn = process.emitWarning.bind(process);
process.emitWarning = (warning: string | Error, ...rest: [never]): void => {
  const [kind] = rest as readonly unknown[];
  const name = typeof kind === "string" ? kind : (kind as { type?: string } | undefined)?.type;
  if (name !== "ExperimentalWarning") warn(warning, ...rest);
};

// `detent runs | head` closes the pipe early, and that is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const begin = async (): Promise<void> => {
  const { perform } = await import("./command-line.ts");
  const code = await perform(process.argv.slice(2));
  await flush();
  // An app's modules may leave timers and sockets open; the command is over nevertheless.
  process.exit(code);
};

// Not awaited: the bundler may put what modules share into this one, which must then be ready first. What `perform` can't tell of is a bug, and crashes.
void begin();

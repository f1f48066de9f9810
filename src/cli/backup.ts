// `detent backup`: a copy of the store's file, while engines use it.
import { statSync } from "node:fs";
import * as path from "node:path";
import * as Effect from "effect/Effect";
import * as Command from "effect/cli/Command";
import { InputError } from "../core/errors.ts";
import { argument, doing, json, store } from "./options.ts";
import { print, printJson } from "./output.ts";
import { storeUrl, withStore } from "./reach.ts";

export const backup = Command.make(
  "backup",
  { file: argument("FILE", "The file to make; it must not be there yet"), store, json },
  doing(async (options) => {
    const url = storeUrl(options.store);
    if (!url.startsWith("sqlite:"))
      throw new InputError(
        `${url.split(":", 1)[0]}: has no file to copy; use its own tools, or detent dump`,
      );
    // Says what is in the way if there is no such store, or it is none.
    const source = await withStore(
      { store: options.store, app: undefined, absent: "refuse" },
      (port) => Effect.succeed(port.url.slice("sqlite:".length)),
    );
    const to = path.resolve(options.file);
    const { backUp } = await import("../adapters/sqlite/backup.ts");
    backUp(source, to);
    const { size } = statSync(to);
    if (options.json) return printJson({ store: url, file: to, bytes: size });
    print(`${to}: ${size.toLocaleString("en")} bytes, whole; use it as sqlite:${options.file}`);
  }),
).pipe(
  Command.withDescription("Copy a store's file while engines use it"),
  Command.withExamples([{ command: "detent backup detent-2026-11-24.db" }]),
);

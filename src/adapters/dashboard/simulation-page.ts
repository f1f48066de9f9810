// Plans with which a simulation has broken a law, as `detent simulate` saves them: read from their folder each time, because simulations run beside the dashboard.
import { readdir, readFile, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import * as Effect from "effect/Effect";
import * as Schema from "effect/Schema";
import { formatInstant } from "../../core/instant.ts";
import type { SimulationPage, SavedPlanView } from "./view.ts";

/** What of a saved plan is shown; the rest is for replays. */
const Saved = Schema.fromJsonString(
  Schema.Struct({
    law: Schema.String,
    message: Schema.String,
    timeline: Schema.optionalKey(Schema.Array(Schema.String)),
    plan: Schema.Struct({
      seed: Schema.Finite,
      engines: Schema.Finite,
      faults: Schema.Array(Schema.Unknown),
    }),
  }),
);
const read = Schema.decodeUnknownEffect(Saved);

const plansMax = 200;
const bytesMax = 1_048_576;

/** The newest first. A folder that is not there has none. */
export const simulationPage = (folder: string): Effect.Effect<SimulationPage> =>
  Effect.gen(function* () {
    const names = yield* Effect.promise(() => namesIn(folder));
    const files = yield* Effect.forEach(names, (name) =>
      Effect.promise(async () => ({ name, ...(await sizeOf(join(folder, name))) })),
    );
    const newest = files.toSorted((a, b) => b.savedAt - a.savedAt).slice(0, plansMax);
    const plans = yield* Effect.forEach(newest, (file) => viewOf(folder, file));
    return { folder, plans, more: Math.max(0, files.length - plansMax) };
  });

const namesIn = async (folder: string): Promise<readonly string[]> => {
  try {
    const names = await readdir(folder, { recursive: true });
    return names.filter((name) => name.endsWith(".json"));
  } catch {
    return [];
  }
};

const sizeOf = async (file: string): Promise<{ savedAt: number; size: number }> => {
  try {
    const { mtimeMs, size } = await stat(file);
    return { savedAt: Math.floor(mtimeMs), size };
  } catch {
    return { savedAt: 0, size: 0 };
  }
};

const viewOf = (
  folder: string,
  file: { readonly name: string; readonly savedAt: number; readonly size: number },
): Effect.Effect<SavedPlanView> => {
  const path = join(folder, file.name);
  const head = { file: path, app: file.name.split(sep).slice(0, -1).join("/") };
  const savedAt = formatInstant(file.savedAt);
  const unread = (fault: string): SavedPlanView => ({ ...head, savedAt, plan: null, fault });
  if (file.size > bytesMax)
    return Effect.succeed(unread(`it has ${file.size} bytes, which no plan has`));
  return Effect.match(
    Effect.flatMap(
      Effect.tryPromise(() => readFile(path, "utf8")),
      (text) => read(text),
    ),
    {
      onFailure: () => unread("it is no plan that detent simulate has saved"),
      onSuccess: ({ law, message, timeline = [], plan: { seed, engines, faults } }) => ({
        ...head,
        savedAt,
        fault: null,
        plan: { law, message, timeline, seed, engines, faults: faults.length },
      }),
    },
  );
};

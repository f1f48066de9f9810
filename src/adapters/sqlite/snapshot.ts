// Reads: each sees one state of the file, whoever writes at the moment.
import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import { StoreError } from "../../core/errors.ts";
import { isBusy, isSqliteError, storeErrorOf } from "./fault.ts";
import { patienceMillis, pause } from "./pause.ts";
import type { Tables } from "./tables.ts";

/** `onNews` is called if others have committed since this process last looked. In WAL mode readers wait for nobody but one who recovers or closes the file. */
export const inSnapshot = <A>(
  tables: Tables,
  fields: {
    readonly operation: string;
    readonly onNews: () => void;
    readonly work: (now: number) => A;
  },
): Effect.Effect<A, StoreError> =>
  Effect.withFiber((fiber) => {
    const clock = fiber.getRef(Clock.Clock);
    const since = clock.monotonicTimeNanosUnsafe();
    const attempt: Effect.Effect<A, StoreError> = Effect.suspend(() => {
      const read = readOnce(tables, () => fields.work(clock.currentTimeMillisUnsafe()));
      if (read._tag === "Read") {
        if (read.isNews) fields.onNews();
        return Effect.succeed(read.value);
      }
      const { thrown } = read;
      if (thrown instanceof StoreError) return Effect.fail(thrown);
      if (!isSqliteError(thrown)) return Effect.die(thrown);
      const waited = clock.monotonicTimeNanosUnsafe() - since;
      if (isBusy(thrown) && waited < BigInt(patienceMillis) * 1_000_000n)
        return Effect.andThen(pause, attempt);
      return Effect.fail(
        storeErrorOf({ operation: fields.operation, file: tables.database.file, cause: thrown }),
      );
    });
    return attempt;
  });

const readOnce = <A>(
  tables: Tables,
  work: () => A,
):
  | { readonly _tag: "Read"; readonly value: A; readonly isNews: boolean }
  | { readonly _tag: "Failed"; readonly thrown: unknown } => {
  try {
    let isNews = false;
    const value = tables.database.transaction("DEFERRED", () => {
      isNews = tables.refresh();
      return work();
    });
    return { _tag: "Read", value, isNews };
  } catch (thrown) {
    tables.forget();
    return { _tag: "Failed", thrown };
  }
};

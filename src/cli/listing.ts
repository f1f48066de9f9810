// What commands have in common that list rows, newest first, page by page.
import * as Effect from "effect/Effect";
import type { Definitions } from "../core/definitions.ts";
import type { StoreError } from "../core/errors.ts";
import type { Page, StorePort } from "../core/store.ts";
import { app, count, demandCount, flag, json, store } from "./options.ts";
import { print, printJson } from "./output.ts";
import { appNamed, withStore } from "./reach.ts";

export const listingOptions = {
  limit: count("limit", "N", "How many, at most 10000. Default: 50"),
  after: flag("after", "CURSOR", 'The "next" of the page before'),
  app,
  store,
  json,
};

interface ListingOptions {
  readonly limit: number | undefined;
  readonly after: string | undefined;
  readonly app: string | undefined;
  readonly store: string | undefined;
  readonly json: boolean;
}

interface Listing<Row> {
  /** What rows are called, in JSON and where there are none. */
  readonly what: string;
  readonly read: (
    port: StorePort,
    page: { readonly limit: number; readonly after: string | undefined; readonly order: "newest" },
  ) => Effect.Effect<Page<Row>, StoreError>;
  readonly view: (row: Row) => unknown;
  readonly table: (rows: readonly Row[]) => string;
  /** Which name of the filters nobody knows, where there are no rows. */
  readonly unknown: (
    port: StorePort,
    definitions: Definitions | undefined,
  ) => Promise<Effect.Effect<string | undefined, StoreError>>;
}

export const showPage = async <Row>(
  options: ListingOptions,
  { what, read, view, table, unknown }: Listing<Row>,
): Promise<void> => {
  const limit = demandCount("limit", options.limit ?? 50, 10_000);
  const { name, definitions } = await appNamed(options.app);
  const place = { store: options.store, app: name, absent: "refuse" } as const;
  const { rows, next, told } = await withStore(place, (port) =>
    Effect.gen(function* () {
      const page = yield* read(port, { limit, after: options.after, order: "newest" });
      if (page.rows.length > 0 || options.json) return { ...page, told: undefined };
      return { ...page, told: yield* yield* Effect.promise(() => unknown(port, definitions)) };
    }),
  );
  if (options.json) return printJson({ [what]: rows.map((row) => view(row)), next });
  if (rows.length === 0) return print(`no ${what}${told === undefined ? "" : `: ${told}`}`);
  print(table(rows));
  if (next !== null) print(`there are more: --after '${next}'`);
};

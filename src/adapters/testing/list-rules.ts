// Lists for people.
import * as Effect from "effect/Effect";
import { countRules } from "./count-rules.ts";
import { all, filled, tables } from "./filling.ts";
import { expect, test } from "./rule.ts";

import type { ListRequest, Tables } from "../../core/store.ts";
import { aCursor, claimAs, onStore, writes, type Subject } from "./subject.ts";

export const listRules = (subject: Subject): void => {
  pageRules(subject);
  filterRules(subject);
  countRules(subject);
};

const pageRules = (subject: Subject): void => {
  test.each(tables)(
    "%s: pages of any size, put together, are the whole list; newest first is oldest first turned round",
    (table) =>
      onStore(subject, ({ store }) =>
        Effect.gen(function* () {
          yield* filled(store);
          const oldest = yield* all(store, table, { order: "oldest" });
          const newest = yield* all(store, table, { order: "newest" });
          expect(oldest.length).toBeGreaterThan(table === "owner" ? 0 : 11);
          expect(newest).toEqual(oldest.toReversed());
          for (const [order, whole] of [
            ["oldest", oldest],
            ["newest", newest],
          ] as const) {
            for (const limit of [1, 5, whole.length, whole.length + 1]) {
              const rows: unknown[] = [];
              let after: string | undefined;
              for (let pages = 0; pages < 100; pages++) {
                const page = yield* store.list(table, { limit, order, after });
                expect(page.rows.length).toBeLessThanOrEqual(limit);
                rows.push(...page.rows);
                if (page.next === null) break;
                expect(page.rows.length).toBe(limit);
                after = page.next;
              }
              expect(rows).toEqual(whole);
            }
          }
        }),
      ),
  );

  test("runs, signals and skips are listed newest first by default, all else oldest first", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* filled(store);
        for (const table of tables) {
          const order = ["run", "signal", "skip"].includes(table) ? "newest" : "oldest";
          expect(yield* all(store, table)).toEqual(yield* all(store, table, { order }));
        }
      }),
    ));

  test("rows are ordered: log, runs, skips and owners as stored; attempts by run and token; the rest by what names them", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* filled(store);
        expect(
          (yield* all(store, "attempt")).slice(0, 3).map(({ run, token }) => `${run}/${token}`),
        ).toEqual(["r0/1", "r0/2", "r1/1"]);
        expect(
          (yield* all(store, "waiting"))
            .map(({ trigger, order }) => `${trigger} ${order}`)
            .slice(4, 8),
        ).toEqual(["even 2", "even 0", "odd 11", "odd 9"]);
        expect((yield* all(store, "cursor")).map(({ leaf }) => leaf).slice(0, 3)).toEqual([
          "leaf-0",
          "leaf-10",
          "leaf-2",
        ]);
        expect((yield* all(store, "deadline")).map(({ id }) => id).slice(0, 4)).toEqual([
          "d0",
          "d10",
          "d5",
          "d1",
        ]);
      }),
    ));

  test("texts are ordered by code point, beyond U+FFFF too", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        const leaves = ["z", "é", "\u{1F600}", "\uFFFD", "a\u{1F600}", "a\uFFFD", "", "a"];
        yield* store.commit(
          writes({ cursors: { put: leaves.map((leaf) => aCursor("t", { leaf })), remove: [] } }),
        );
        const expected = ["", "a", "a\uFFFD", "a\u{1F600}", "z", "é", "\uFFFD", "\u{1F600}"];
        expect((yield* all(store, "cursor")).map(({ leaf }) => leaf)).toEqual(expected);
        expect(
          (yield* store.read({ revision: null, limit: 0 })).state?.cursors.map(({ leaf }) => leaf),
        ).toEqual(expected);
      }),
    ));

  test("a limit below 1 counts as 1, and what is no end of a page is refused", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* filled(store);
        expect((yield* store.list("run", { limit: 0 })).rows).toHaveLength(1);
        for (const after of ["", "x", "{}", "[]", '["a"]', "[1,2,3]", "null"]) {
          const error = yield* Effect.orDie(Effect.flip(store.list("run", { limit: 5, after })));
          expect(error.message).toBe(
            `"${after}" is not the end of a page of runs: pass the "next" of an earlier page`,
          );
          expect(error.operation).toBe("list");
        }
      }),
    ));
};

const filterRules = (subject: Subject): void => {
  const cases: readonly {
    table: keyof Tables;
    where: NonNullable<ListRequest["where"]>;
    finds: readonly string[];
  }[] = [
    { table: "run", where: { ids: ["r3", "none", "r1", "r3"] }, finds: ["r1", "r3"] },
    { table: "run", where: { ids: [] }, finds: [] },
    { table: "run", where: { states: ["failed", "pending"] }, finds: ["r0", "r4", "r8"] },
    { table: "run", where: { states: ["succeeded"] }, finds: ["r3", "r11"] },
    { table: "run", where: { states: [] }, finds: [] },
    { table: "run", where: { task: "publish", trigger: "third" }, finds: ["r6", "r9"] },
    { table: "run", where: { owner: "engine" }, finds: ["r0", "r8"] },
    { table: "run", where: { owner: "engine", states: ["running"] }, finds: [] },
    { table: "run", where: { run: "r7" }, finds: ["r7"] },
    { table: "run", where: { name: "even" }, finds: [] },
    { table: "attempt", where: { run: "r2" }, finds: ["r2/1", "r2/2"] },
    { table: "attempt", where: { run: "r2", owner: "first" }, finds: ["r2/1"] },
    { table: "attempt", where: { task: "resize" }, finds: [] },
    { table: "signal", where: { name: "odd" }, finds: ["e1", "e3", "e5", "e7", "e9", "e11"] },
    {
      table: "signal",
      where: { run: "r1" },
      finds: ["status:r1:1:running", "status:r1:1:failed", "emitted"],
    },
    { table: "signal", where: { run: "r1", name: "even" }, finds: ["emitted"] },
    {
      table: "signal",
      where: { task: "resize", states: ["failed"] },
      finds: ["status:r1:1:failed"],
    },
    {
      table: "signal",
      where: { ids: ["e2", "status:r1:1:running", "status:none:1:running"] },
      finds: ["e2", "status:r1:1:running"],
    },
    { table: "signal", where: { trigger: "third" }, finds: [] },
    { table: "skip", where: { trigger: "odd" }, finds: ["s1", "s3", "s5", "s7", "s9", "s11"] },
    { table: "skip", where: { ids: ["s3"], trigger: "odd" }, finds: ["s3"] },
    {
      table: "waiting",
      where: { ids: ["approved-4", "approved-5"] },
      finds: ["approved-4", "approved-5"],
    },
    { table: "waiting", where: { trigger: "odd", ids: ["approved-4"] }, finds: [] },
    {
      table: "cursor",
      where: { trigger: "odd" },
      finds: ["leaf-1", "leaf-11", "leaf-3", "leaf-5", "leaf-7", "leaf-9"],
    },
    {
      table: "deadline",
      where: { trigger: "publish" },
      finds: ["d5", "d1", "d11", "d7", "d3", "d9"],
    },
    { table: "deadline", where: { ids: ["d2", "d1"] }, finds: ["d1", "d2"] },
    { table: "owner", where: { owner: "engine" }, finds: ["engine"] },
    { table: "owner", where: { ids: ["none"] }, finds: [] },
  ];

  test("runs in some states come in pages, the last of which has no next, from either end", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        yield* filled(store);
        const where = { states: ["failed", "pending", "failed"] } as const;
        for (const order of ["newest", "oldest"] as const) {
          const first = yield* store.list("run", { where, limit: 2, order });
          const last = yield* store.list("run", {
            where,
            limit: 1,
            order,
            after: first.next ?? "none",
          });
          const ids = [...first.rows, ...last.rows].map(({ id }) => id);
          expect([ids.sort(), last.next]).toEqual([["r0", "r4", "r8"], null]);
        }
      }),
    ));

  const nameOf = (row: Tables[keyof Tables]): string => {
    if ("heard" in row) return row.heard.id;
    if ("id" in row) return row.id;
    return "leaf" in row ? row.leaf : `${row.run}/${row.token}`;
  };

  test.each(cases.map((each) => ({ ...each, what: JSON.stringify(each.where) })))(
    "a filter of $table by $what lets through the rows that equal it in every field",
    ({ table, where, finds }) =>
      onStore(subject, ({ store }) =>
        Effect.gen(function* () {
          yield* filled(store);
          yield* claimAs(store, { tasks: ["resize", "publish"] });
          yield* store.commit(
            writes({ patches: ["r0", "r8"].map((run) => ({ run, patch: { state: "pending" } })) }),
          );
          expect((yield* all(store, table, { where, order: "oldest" })).map(nameOf)).toEqual(finds);
          const paged: string[] = [];
          let after: string | undefined;
          do {
            const page = yield* store.list(table, { where, order: "newest", limit: 1, after });
            paged.push(...page.rows.map(nameOf));
            after = page.next ?? undefined;
          } while (after !== undefined);
          expect(paged).toEqual(finds.toReversed());
        }),
      ),
  );
};

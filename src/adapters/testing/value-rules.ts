// Values: what a store gives back is what JSON made of what it was given, and nobody can change it afterwards.
import * as Effect from "effect/Effect";
import * as fc from "fast-check";
import { expect, test } from "./rule.ts";
import type { Json } from "../../core/json.ts";
import {
  aCursor,
  aGeneration,
  aRun,
  aSkip,
  aStatus,
  aWaiting,
  anAttempt,
  anEvent,
  anOpen,
  anOwner,
  noon,
  onStore,
  writes,
  type Subject,
} from "./subject.ts";

const edges: readonly Json[] = [
  null,
  true,
  0,
  -1.5,
  1e21,
  5e-324,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_VALUE,
  "",
  "\u0000",
  'it\'s "quoted" \\ and\nbroken \u2028',
  "\u{1F600} ünï \uFFFF",
  [],
  {},
  [[], [null, [0]]],
  {
    "": 1,
    " ": 2,
    "\u0000": 3,
    ünï: 4,
    constructor: 5,
    toString: null,
    toJSON: { x: 1 },
    length: 0,
  },
  JSON.parse('{"__proto__": {"polluted": true}, "a": [{"__proto__": 1}]}') as Json,
  { z: 1, a: 2, 10: 3, 9: 4 },
  "x".repeat(200_000),
];

export const valueRules = (subject: Subject): void => {
  test("every JSON value comes back equal from payloads, inputs, results and errors, stored once or read at once", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        for (const [index, value] of edges.entries()) yield* roundTrip(`edge-${index}`, value);
        const values = fc.sample(fc.jsonValue({ maxDepth: 4 }), {
          numRuns: 60,
          seed: 7,
        }) as readonly Json[];
        for (const [index, value] of values.entries())
          yield* roundTrip(`any-${index}`, JSON.parse(JSON.stringify(value)) as Json);

        function* roundTrip(id: string, value: Json) {
          const error = { name: "E", message: id, data: { value } };
          yield* store.commit(
            writes({
              signals: [anEvent(id, { payload: value })],
              runs: [aRun(id, { input: value, outcome: { result: value } })],
              attempts: [
                anAttempt(id, 1, { outcome: { _tag: "Succeeded", result: value } }),
                anAttempt(id, 2, { outcome: { _tag: "Failed", error } }),
              ],
            }),
          );
          yield* store.commit(
            writes({ signals: [aStatus(id, "succeeded", { input: value, result: value })] }),
          );
          const signals = (yield* store.list("signal", { limit: 2 })).rows;
          const attempts = (yield* store.list("attempt", { limit: 2, where: { run: id } })).rows;
          const runs = (yield* store.list("run", { limit: 1 })).rows;
          expect(JSON.stringify([signals[1]?.signal, signals[0]?.signal])).toBe(
            JSON.stringify([
              { _tag: "Event", id, name: "arrived", payload: value, at: noon },
              { ...aStatus(id, "succeeded", { input: value, result: value }).signal, at: noon },
            ]),
          );
          expect(JSON.stringify([runs[0]?.input, runs[0]?.outcome])).toBe(
            JSON.stringify([value, { result: value }]),
          );
          expect(JSON.stringify(attempts.map(({ outcome }) => outcome))).toBe(
            JSON.stringify([
              { _tag: "Succeeded", result: value },
              { _tag: "Failed", error },
            ]),
          );
        }
      }),
    ));

  test("fields that are undefined count as absent, and -0 as 0", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        const payload = { a: undefined, b: [-0, { c: undefined }], d: -0 } as unknown as Json;
        yield* store.commit(writes({ signals: [anEvent("a", { payload })] }));
        const { rows } = yield* store.list("signal", { limit: 1 });
        expect(JSON.stringify(rows[0]?.signal)).toBe(
          '{"_tag":"Event","id":"a","name":"arrived","payload":{"b":[0,{}],"d":0},"at":' +
            noon +
            "}",
        );
        expect(
          yield* store.commit(
            writes({ signals: [anEvent("a", { payload: { b: [0, {}], d: 0 } })] }),
          ),
        ).toMatchObject({ signals: ["duplicate"] });
      }),
    ));

  test("changing what was handed in, or what was handed out, changes nothing in the store", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        const payload = { list: [{ deep: 1 }] };
        const input = { path: "x" };
        const run = { ...aRun("r", { input, cause: ["a"] }) };
        const waiting = aWaiting(1);
        yield* store.commit(
          writes({
            signals: [anEvent("a", { payload })],
            runs: [run],
            waiting: { put: [waiting], remove: [] },
          }),
        );
        payload.list[0]!.deep = 2;
        payload.list.push({ deep: 3 });
        input.path = "y";
        Object.assign(run, { priority: 9 });
        Object.assign(waiting.heard.signal, { name: "changed" });
        for (let reader = 0; reader < 2; reader++) {
          const [signal] = (yield* store.read({ revision: null, limit: 1 })).signals;
          const { rows } = yield* store.list("run", { limit: 1 });
          const { state } = yield* store.read({ revision: null, limit: 1 });
          expect(signal?.signal).toMatchObject({ payload: { list: [{ deep: 1 }] } });
          expect(rows).toEqual([aRun("r", { input: { path: "x" }, cause: ["a"] })]);
          expect(state?.waiting).toEqual([aWaiting(1)]);
          spoil(signal);
          spoil(rows[0]);
          spoil(state?.waiting[0]);
        }
      }),
    ));

  test("ids and names may hold any text", () =>
    onStore(subject, ({ store }) =>
      Effect.gen(function* () {
        for (const id of [
          "ünï-\u{1F600}",
          "日本語",
          "a'b\"c",
          "with space\nand line",
          "%_*?[",
          "\\",
          "null",
          "1e3",
          "status::1:",
          "status:a:b:1:running",
        ]) {
          yield* store.enter(anOwner(id));
          yield* store.commit(
            writes({
              signals: [anEvent(id, { name: id, origin: id })],
              runs: [aRun(id, { task: id, trigger: id, cause: [id, id] })],
              skips: [aSkip(id, { trigger: id, signal: id, detail: id })],
              cursors: { put: [aCursor(id, { leaf: id })], remove: [] },
              open: { put: [anOpen(id, id)], remove: [] },
              waiting: {
                put: [aWaiting(1, { trigger: id, leaf: id, key: id, scopes: [id] })],
                remove: [],
              },
              generation: aGeneration(1, { fingerprint: id, triggers: { [id]: id } }),
            }),
          );
          yield* store.commit(writes({ signals: [aStatus(id, "running", { input: null })] }));
          const { runs } = yield* store.claim({ owner: id, nonce: id, tasks: [id], limit: 5 });
          expect(runs).toEqual([
            aRun(id, {
              task: id,
              trigger: id,
              cause: [id, id],
              state: "claimed",
              token: 1,
              attempt: 1,
              owner: id,
              nonce: id,
            }),
          ]);
          const where = { ids: [id] };
          for (const table of ["run", "signal", "skip", "owner"] as const)
            expect((yield* store.list(table, { limit: 5, where })).rows).toHaveLength(1);
          expect(
            (yield* store.list("signal", { limit: 5, where: { run: id } })).rows.map(
              (row) => row.id,
            ),
          ).toEqual([`status:${id}:1:running`, id]);
          expect((yield* store.read({ revision: null, limit: 0 })).generation).toEqual(
            aGeneration(1, { fingerprint: id, triggers: { [id]: id } }),
          );
          yield* store.leave(id);
        }
      }),
    ));
};

/** Tries to change every part of a value; a frozen one may refuse. */
const spoil = (value: unknown): void => {
  if (typeof value !== "object" || value === null) return;
  for (const field of Object.values(value)) spoil(field);
  for (const key of Object.keys(value)) Reflect.set(value, key, "spoilt");
};

// What can be asked of the API, and what it replies to an act.
import * as Schema from "effect/Schema";
import { RunState } from "./view.ts";

const id = Schema.optionalKey(Schema.String);
const instantInput = Schema.Union([Schema.String, Schema.Finite]);

/** What is asked for with these fields and no others: a misspelt one is told of, not passed over. */
const asked = <const Fields extends Schema.Struct.Fields>(
  identifier: string,
  fields: Fields,
): Schema.Struct<Fields> => {
  const names = Object.keys(fields);
  const open = Schema.StructWithRest(Schema.Struct(fields), [
    Schema.Record(Schema.String, Schema.Unknown),
  ]);
  const only = open.check(
    Schema.makeFilter((value: object) => {
      const other = Object.keys(value).find((name) => !names.includes(name));
      return other === undefined
        ? undefined
        : `there is no field ${JSON.stringify(other)}; there are ${names.join(", ")}`;
    }),
  );
  return only.annotate({ identifier }) as unknown as Schema.Struct<Fields>;
};

export const EmitRequest = asked("EmitRequest", {
  name: Schema.String,
  payload: Schema.optionalKey(Schema.Json),
  id,
  at: Schema.optionalKey(instantInput),
  after: Schema.optionalKey(instantInput),
});

export const RunRequest = asked("RunRequest", {
  task: Schema.String,
  input: Schema.optionalKey(Schema.Json),
  id,
});

export const RetryRequest = asked("RetryRequest", { id });
export const PauseRequest = asked("PauseRequest", {
  until: Schema.optionalKey(instantInput),
  id,
});
export const ResumeRequest = asked("ResumeRequest", { id });
export const BackfillRequest = asked("BackfillRequest", {
  from: instantInput,
  to: instantInput,
  id,
});

/** Either the runs that are named, or those that the filter lets through, at most 1,000 at once. */
export const BulkRequest = asked("BulkRequest", {
  runs: Schema.optionalKey(Schema.Array(Schema.String)),
  where: Schema.optionalKey(
    asked("BulkFilter", {
      states: Schema.optionalKey(Schema.Array(RunState)),
      task: Schema.optionalKey(Schema.String),
      trigger: Schema.optionalKey(Schema.String),
    }),
  ),
});

const Accepted = Schema.Literals(["accepted", "duplicate"]);
export const EmitReply = Schema.Struct({
  event: Schema.String,
  status: Accepted,
  differs: Schema.optionalKey(Schema.Literal(true)),
}).annotate({ identifier: "EmitReply" });
export const RunReply = Schema.Struct({ run: Schema.String, status: Accepted }).annotate({
  identifier: "RunReply",
});
export const CancelReply = Schema.Struct({
  run: Schema.String,
  status: Schema.Literals(["cancelled", "requested"]),
}).annotate({ identifier: "CancelReply" });
export const CommandReply = Schema.Struct({
  command: Schema.String,
  status: Accepted,
}).annotate({ identifier: "CommandReply" });
export const BackfillReply = Schema.Struct({
  command: Schema.String,
  status: Accepted,
  count: Schema.Finite,
}).annotate({ identifier: "BackfillReply" });
/** How many were done, and which were not, each with its reason. */
export const BulkReply = Schema.Struct({
  done: Schema.Finite,
  refused: Schema.Array(Schema.Struct({ run: Schema.String, reason: Schema.String })),
  /** The filter lets more through. */
  more: Schema.Boolean,
}).annotate({ identifier: "BulkReply" });
export type BulkReply = typeof BulkReply.Type;

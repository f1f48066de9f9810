// Parameters of statements, with their types said: the driver would guess them from each value, and columns of a batch are arrays that may hold nothing but nulls.
// Numbers are bigint there and plain numbers here: every one that detent stores is a safe integer.
import * as PgTypes from "@effect/sql-pg/PgTypes";
import * as Result from "effect/Result";
import type { Cell } from "../sql/cell.ts";

export type Parameter = PgTypes.Parameter;
export type ColumnType = "bigint" | "text";

const { OID } = PgTypes;
const word = 2 ** 32;

/** The codecs of a connection. */
export const registry = PgTypes.makeRegistry();

registry.register<number>(OID.int8, {
  encode: (value) => {
    if (!Number.isSafeInteger(value)) return notStored(value);
    const view = new DataView(new ArrayBuffer(8));
    view.setInt32(0, Math.floor(value / word));
    view.setUint32(4, value >>> 0);
    return Result.succeed(new Uint8Array(view.buffer));
  },
  write: (sink, value) => {
    if (!Number.isSafeInteger(value)) return notStored(value);
    sink.int32(Math.floor(value / word));
    sink.int32(value | 0);
    return Result.void;
  },
  decode: (bytes) => Result.succeed(numberAt(bytes, 0)),
  read: (bytes, offset) => Result.succeed(numberAt(bytes, offset)),
});

const notStored = (value: unknown): Result.Result<never, PgTypes.CodecError> =>
  Result.fail(
    new PgTypes.CodecError({ message: `${String(value)} is no integer that can be stored` }),
  );

const numberAt = (bytes: Uint8Array, offset: number): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 8);
  return view.getInt32(0) * word + view.getUint32(4);
};

export const integer = (value: number | null): Parameter =>
  PgTypes.int8(value as bigint | null /* the registry's codec takes numbers */);

export const text = (value: string | null): Parameter => PgTypes.text(value);

export const integers = (values: readonly (number | null)[]): Parameter =>
  Result.getOrThrow(PgTypes.array(values, OID.int8, registry));

export const texts = (values: readonly (string | null)[]): Parameter =>
  Result.getOrThrow(PgTypes.array(values, OID.text, registry));

/** A column of a batch of rows. */
export const column = (type: ColumnType, cells: readonly Cell[]): Parameter =>
  type === "bigint" ? integers(cells as (number | null)[]) : texts(cells as (string | null)[]);

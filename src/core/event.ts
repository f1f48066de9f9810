// Event definitions: a name with a schema, so that payloads are checked where they come in and typed where they are used.
import { InputError } from "./errors.ts";

/** The part of the Standard Schema interface (standardschema.dev, version 1) that detent uses; Zod, Valibot, ArkType and Effect's Schema offer it. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaAnswer<Output> | Promise<SchemaAnswer<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

type SchemaAnswer<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
      }[];
    };

export interface EventDefinition<Payload = any> {
  readonly _tag: "EventDefinition";
  readonly name: string;
  readonly schema: StandardSchema<any, Payload>;
}

/** Names an event and gives its payload a schema. `emit` refuses payloads that the schema refuses; `event`, `where` and `input` are typed by it. */
export const defineEvent = <Payload>(
  name: string,
  schema: StandardSchema<any, Payload>,
): EventDefinition<Payload> => ({ _tag: "EventDefinition", name, schema });

/** The payload as the schema gives it back, or an InputError that names each fault with its path. */
export const decodedPayload = async <Payload>(
  definition: EventDefinition<Payload>,
  payload: unknown,
): Promise<Payload> => {
  const answer = await definition.schema["~standard"].validate(payload);
  if (answer.issues === undefined) return answer.value;
  const lines = answer.issues.map(
    ({ message, path }) => `${["payload", ...(path ?? []).map(keyOf)].join(".")}: ${message}`,
  );
  throw new InputError(`Event ${JSON.stringify(definition.name)}: ${lines.join("; ")}`);
};

const keyOf = (part: PropertyKey | { readonly key: PropertyKey }): string =>
  String(typeof part === "object" ? part.key : part);

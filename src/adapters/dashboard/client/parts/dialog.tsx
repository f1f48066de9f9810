// Dialogs: the browser's own, which keeps the keyboard inside and closes on Escape.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { fieldIn } from "./form.ts";

export const Dialog = ({
  title,
  close,
  children,
}: {
  title: string;
  close: () => void;
  children: ComponentChildren;
}): JSX.Element => {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => element.current?.showModal(), []);
  return (
    <dialog ref={element} onClose={close} aria-label={title}>
      <h2>{title}</h2>
      {children}
    </dialog>
  );
};

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  readonly kind?: "text" | "json" | "instant";
  readonly hint?: string;
  readonly isNeeded?: boolean;
}

/** Asks for some values, then does what is to be done with them; stays open with the line that says why not. */
export const Asking = ({
  title,
  text,
  fields,
  verb,
  isGrave,
  act,
  close,
}: {
  title: string;
  text?: ComponentChildren;
  fields: readonly Field[];
  verb: string;
  isGrave?: boolean;
  act: (values: { readonly [name: string]: string }) => Promise<boolean | string>;
  close: () => void;
}): JSX.Element => {
  const [fault, setFault] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const form = event.target;
    const values = Object.fromEntries(fields.map(({ name }) => [name, fieldIn(form, name)]));
    setBusy(true);
    const done = await act(values);
    setBusy(false);
    if (typeof done === "string") setFault(done);
    else if (done) close();
  };
  return (
    <Dialog title={title} close={close}>
      {text === undefined ? null : <p>{text}</p>}
      <form onSubmit={(event) => void submit(event)}>
        {fields.map((field) => (
          <Input key={field.name} field={field} />
        ))}
        {fault === undefined ? null : (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        <div class="acts">
          <button type="button" onClick={close}>
            Leave it
          </button>
          <button type="submit" class={isGrave === true ? "grave" : "chief"} disabled={isBusy}>
            {verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
};

const Input = ({ field }: { field: Field }): JSX.Element => {
  const { name, label, value = "", kind = "text", hint, isNeeded = false } = field;
  return (
    <label>
      <span>{label}</span>
      {kind === "json" ? (
        <textarea name={name} rows={4} spellcheck={false} defaultValue={value} />
      ) : kind === "instant" ? (
        <input
          name={name}
          type="datetime-local"
          step={1}
          defaultValue={value}
          required={isNeeded}
        />
      ) : (
        <input
          name={name}
          type="text"
          defaultValue={value}
          required={isNeeded}
          autocomplete="off"
          spellcheck={false}
        />
      )}
      {hint === undefined ? null : <small>{hint}</small>}
    </label>
  );
};

/** A JSON value from a field; undefined where it was left empty. Throws a line that says what is wrong. */
export const jsonIn = (text: string, noun: string): unknown => {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Error(
      `the ${noun} is not JSON (${(error as Error).message}); write text in quotes, objects as {"key": 1}`,
      { cause: error },
    );
  }
};

/** An instant from a field, which is in the time zone of whoever looks. */
export const instantIn = (text: string): string => new Date(text).toISOString();

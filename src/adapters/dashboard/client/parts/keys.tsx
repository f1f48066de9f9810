// The keyboard: pages by number, rows by j and k, the search by /. Keys that stand in a field belong to the field.
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { go } from "../route.ts";
import { Dialog } from "./dialog.tsx";

export const pages = [
  ["Now", "#/"],
  ["Triggers", "#/triggers"],
  ["Events", "#/events"],
  ["Runs", "#/runs"],
  ["Timeline", "#/timeline"],
  ["Engines", "#/engines"],
  ["Simulations", "#/simulations"],
] as const;

export const useKeyboard = (showHelp: () => void): void =>
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const { key, target } = event;
      if (event.ctrlKey || event.metaKey || event.altKey || isField(target)) return;
      if (document.querySelector("dialog[open]") !== null) return;
      const page = pages[Number(key) - 1];
      if (page !== undefined) go(page[1]);
      else if (key === "?") showHelp();
      else if (key === "j" || key === "k") step(key === "j" ? 1 : -1);
      else if (key === "x") rowOf(target)?.querySelector<HTMLElement>("[data-choose]")?.click();
      else if (key === "/") {
        const search = document.querySelector<HTMLInputElement>("[data-search]");
        if (search === null) return;
        event.preventDefault();
        search.focus();
        search.select();
      }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLTextAreaElement ||
  target instanceof HTMLSelectElement ||
  (target instanceof HTMLInputElement && target.type !== "checkbox");

const rowOf = (target: EventTarget | null): HTMLElement | null =>
  target instanceof HTMLElement ? target.closest<HTMLElement>("tr[data-row]") : null;

/** Moves the focus to the link of the next row; Enter then opens it, as any link. */
const step = (by: 1 | -1): void => {
  const links = [...document.querySelectorAll<HTMLElement>("tr[data-row] [data-open]")];
  const current = rowOf(document.activeElement);
  const index = links.findIndex((link) => link.closest("tr") === current);
  const next = index === -1 ? (by === 1 ? 0 : links.length - 1) : index + by;
  links[next]?.focus();
};

const keys = [
  ["1 … 6", pages.map(([name]) => name).join(", ")],
  ["j, k", "the next, the previous row"],
  ["Enter", "open the row"],
  ["x", "choose the row"],
  ["/", "search"],
  ["+, −, ←, →", "zoom and move the timeline"],
  ["?", "this help"],
  ["Escape", "close a dialog"],
] as const;

export const Help = ({ close }: { close: () => void }): JSX.Element => (
  <Dialog title="Keyboard" close={close}>
    <dl class="help">
      {keys.map(([key, text]) => (
        <div key={key}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
    <div class="acts">
      <button type="button" onClick={close}>
        Close
      </button>
    </div>
  </Dialog>
);

// A trigger's condition as a tree, with the signals that are in its leaves.
import type { JSX } from "preact";
import type { ConditionView } from "../../view.ts";
import { amountText } from "../format.ts";
import { eventHref, runHref } from "../route.ts";
import { When } from "./basics.tsx";

export const Tree = ({
  condition,
  words,
}: {
  condition: ConditionView;
  /** What is said of a leaf that holds signals, and of one that holds none. */
  words: { readonly some: string; readonly none: string };
}): JSX.Element => {
  const { kind, text, waiting, waitingCount, parts } = condition;
  if (kind !== "leaf")
    return (
      <div class="branch">
        <span class="branch-name">{text}</span>
        <ul>
          {parts.map((part) => (
            <li key={part.path}>
              <Tree condition={part} words={words} />
            </li>
          ))}
        </ul>
      </div>
    );
  return (
    <div class={`leaf ${waitingCount > 0 ? "leaf-filled" : ""}`}>
      <code>{text}</code>{" "}
      <span class={waitingCount > 0 ? "waits" : "faint"}>
        {waitingCount === 0 ? words.none : `${amountText(waitingCount)} ${words.some}`}
      </span>
      {waiting.length === 0 ? null : (
        <ul class="waiting">
          {waiting.map(({ signal, at, key, text, run }) => (
            <li key={signal}>
              <a href={run === null ? eventHref(signal) : runHref(run)}>{text}</a>{" "}
              {key === "" ? null : <span class="key-text">key {key}</span>}{" "}
              <span class="faint">
                <When at={at === "" ? null : at} />
              </span>
            </li>
          ))}
          {waitingCount > waiting.length ? (
            <li class="faint">and {amountText(waitingCount - waiting.length)} more</li>
          ) : null}
        </ul>
      )}
    </div>
  );
};

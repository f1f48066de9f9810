// `detent why-not`: what each trigger made of a signal, down to the field that differs; or what became of an instant that a schedule names.
import * as Effect from "effect/Effect";
import * as Command from "effect/cli/Command";
import { commandOf, isCommand } from "../core/command.ts";
import { conditionText } from "../core/condition-text.ts";
import type { Definitions } from "../core/definitions.ts";
import { InputError, type StoreError } from "../core/errors.ts";
import { signalNamed, whatBecameOf, whyNot as ask, whyNotDue } from "../core/evidence.ts";
import { formatInstant, readInstant } from "../core/instant.ts";
import { meantText, nearestOf } from "../core/nearest.ts";
import { scheduleOfKey } from "../core/schedule.ts";
import type { Event, StoredSignal } from "../core/signal.ts";
import type { StorePort } from "../core/store.ts";
import type { Recorded, WhyNot, WhyNotDue } from "../core/why-not.ts";
import { app, argument, doing, json, optionalArgument, store } from "./options.ts";
import { print, printJson, shortJson, styled } from "./output.ts";
import { appNamed, namesOf, withStore } from "./reach.ts";
import { instantText } from "./run-view.ts";
import { signalView } from "./signal-view.ts";
import { tagText } from "../core/tag.ts";
import { answerText, answerView } from "./verdict-text.ts";

export const whyNot = Command.make(
  "why-not",
  {
    signal: argument(
      "SIGNAL",
      "The id of an event or of another signal, or an instant that a schedule names",
    ),
    trigger: optionalArgument("TRIGGER", "Only what this trigger made of it"),
    app,
    store,
    json,
  },
  doing(async (options) => {
    const { name, definitions } = await appNamed(options.app);
    const answer = await withStore({ store: options.store, app: name, absent: "refuse" }, (port) =>
      answered(port, definitions, options),
    );
    if (options.json) return printJson(viewOf(answer));
    print(textOf(answer).join("\n"));
  }),
).pipe(
  Command.withDescription(
    "Say what became of a signal in each trigger that waits for such, and why one did not fire; of an instant: what became of it in each schedule",
  ),
  Command.withExamples([
    { command: "detent why-not upload-7 --app app.ts" },
    { command: "detent why-not 2026-11-24T02:00Z nightly --app app.ts" },
  ]),
);

interface Asked {
  readonly signal: string;
  readonly trigger: string | undefined;
}

type Found =
  | { readonly _tag: "Signal"; readonly whyNot: WhyNot; readonly defined: ReadonlySet<string> }
  | {
      readonly _tag: "Recorded";
      readonly stored: StoredSignal;
      readonly recorded: readonly Recorded[];
    }
  | { readonly _tag: "Due"; readonly due: WhyNotDue };

const answered = (
  port: StorePort,
  definitions: Definitions | undefined,
  { signal, trigger }: Asked,
): Effect.Effect<Found, StoreError | InputError> =>
  Effect.gen(function* () {
    const stored = yield* signalNamed(port, signal);
    if (stored === undefined) return yield* answeredDue(port, definitions, { signal, trigger });
    if (definitions === undefined) {
      const recorded = yield* whatBecameOf(port, stored, trigger);
      return { _tag: "Recorded", stored, recorded } as const;
    }
    const answer = yield* ask(port, definitions, stored, trigger);
    if (trigger !== undefined && answer.answers.length + answer.recorded.length === 0)
      return yield* Effect.fail(noTrigger(trigger, definitions));
    const defined = new Set(definitions.triggers.keys());
    return { _tag: "Signal", whyNot: answer, defined } as const;
  });

const answeredDue = (
  port: StorePort,
  definitions: Definitions | undefined,
  { signal, trigger }: Asked,
): Effect.Effect<Found, StoreError | InputError> =>
  Effect.gen(function* () {
    const named = occurrenceNamed(signal);
    const reading = named === undefined ? readInstant(signal) : undefined;
    const dueAt = named ?? (reading?.ok ? reading.value : undefined);
    if (dueAt === undefined) return yield* Effect.fail(yield* noSignal(port, signal));
    if (definitions === undefined)
      return yield* Effect.fail(
        new InputError(
          `give --app FILE: which schedules name ${formatInstant(dueAt)} is in the app's file`,
        ),
      );
    const due = yield* whyNotDue(port, definitions, dueAt, trigger);
    if (due === undefined) return yield* Effect.fail(noTrigger(trigger ?? "", definitions));
    return { _tag: "Due", due } as const;
  });

/** The instant of an occurrence's id. */
const occurrenceNamed = (id: string): number | undefined => {
  const at = id.lastIndexOf("@");
  const dueAt = Number(id.slice(at + 1));
  return id.startsWith("{") && Number.isInteger(dueAt) && scheduleOfKey(id.slice(0, at))
    ? dueAt
    : undefined;
};

/** What somebody may have meant who gives what is no signal: an event's name, or a run. */
const noSignal = (port: StorePort, id: string): Effect.Effect<InputError, StoreError> =>
  Effect.gen(function* () {
    const named = { where: { name: id }, limit: 1, order: "newest" } as const;
    const [newest] = (yield* port.list("signal", named)).rows;
    const [run] = (yield* port.list("run", { where: { ids: [id] }, limit: 1 })).rows;
    if (run !== undefined)
      return new InputError(
        `${JSON.stringify(id)} is a run; "detent why" says what it came of, and "detent events --all --run" what it told`,
      );
    return new InputError(
      newest === undefined
        ? `there is no signal ${JSON.stringify(id)} in ${port.url}, nor is that an instant; "detent events" lists them`
        : `there is no signal ${JSON.stringify(id)}; events of that name have ids, the newest ${JSON.stringify(newest.id)}`,
    );
  });

const noTrigger = (id: string, { triggers }: Definitions): InputError => {
  const known = [...triggers.keys()].filter((each) => !each.startsWith("@"));
  const near = nearestOf(id, known);
  return new InputError(
    `the trigger ${JSON.stringify(id)} is not defined, and nothing is recorded of it${near.length > 0 ? meantText(near) : `; the app has ${namesOf(known)}`}`,
  );
};

// As JSON

const viewOf = (found: Found): object => {
  switch (found._tag) {
    case "Due": {
      const { dueAt, answers, others } = found.due;
      return {
        dueAt: formatInstant(dueAt),
        answers: answers.map(answerView),
        others: others.map((other) => ({
          ...other,
          previous: instantText(other.previous),
          next: instantText(other.next),
        })),
      };
    }
    case "Recorded":
      return { signal: signalView(found.stored), recorded: found.recorded.map(recordedView) };
    case "Signal": {
      const { signal, isRouted, answers, recorded, near } = found.whyNot;
      return {
        signal: signalView(signal),
        routed: isRouted,
        answers: answers.map(answerView),
        recorded: recorded.map(recordedView),
        near,
      };
    }
  }
};

const recordedView = (recorded: Recorded): object => {
  const { _tag, ...rest } = recorded;
  return { kind: tagText(recorded._tag), ...rest };
};

// As text

const textOf = (found: Found): readonly string[] => {
  switch (found._tag) {
    case "Due":
      return dueText(found.due);
    case "Recorded":
      return [
        ...signalText(found.stored),
        ...found.recorded.map(recordedText),
        ...(found.recorded.length === 0 ? ["nothing is recorded of it"] : []),
        "",
        "give --app FILE to see what its triggers' conditions make of it",
      ];
    case "Signal": {
      const { signal, answers, recorded } = found.whyNot;
      const blocks = answers.map((answer) => [...answerText(answer), ""]).flat();
      return [
        ...signalText(signal),
        ...blocks.slice(0, -1),
        ...(answers.length > 0 && recorded.length > 0 ? [""] : []),
        ...recorded.map((each) => recordedText(each) + sinceText(each, found.defined)),
        ...(answers.length + recorded.length === 0 ? [nobodyText(found.whyNot)] : []),
      ];
    }
  }
};

const signalText = (stored: StoredSignal): readonly string[] => {
  const { signal, seq, at, dueAt } = stored;
  const what =
    signal._tag === "Event"
      ? `${signal.name} ${shortJson(signal.payload)}`
      : `${signal.task} ${signal.state}, run ${signal.run}`;
  const delay = dueAt === null ? "" : `, to be heard ${formatInstant(dueAt)}`;
  return [
    `${styled("bold", stored.id)}  ${what}`,
    styled("dim", `  signal ${seq}, ${formatInstant(at)}${delay}`),
    "",
  ];
};

const nobodyText = ({ signal: stored, near, isRouted }: WhyNot): string => {
  const { signal } = stored;
  if (isCommand(stored)) {
    const command = commandOf(signal as Event);
    const verb = command.ok ? command.value._tag.toLowerCase() : "command";
    return isRouted
      ? `${verb}: obeyed`
      : `${verb}: not routed yet, no engine has come to it; is one running?`;
  }
  if (signal._tag === "Event")
    return `No trigger waits for this event name${near.length === 0 ? "" : meantText(near)}`;
  return `No trigger waits for task ${signal.task} to be ${signal.state}`;
};

/** What has become of the trigger since; a command has none. */
const sinceText = ({ trigger }: Recorded, defined: ReadonlySet<string>): string => {
  if (trigger.startsWith("@:")) return "";
  return `; it ${defined.has(trigger) ? "waits for other signals" : "is not defined"} now`;
};

const recordedText = (recorded: Recorded): string => {
  const name = styled("bold", recorded.trigger);
  switch (recorded._tag) {
    case "Fired":
      return `${name}  ${styled("green", `fired: run ${recorded.run}`)}`;
    case "Skipped":
      return `${name}  ${styled("red", `skipped: ${recorded.reason}${recorded.detail === null ? "" : `, ${recorded.detail}`}`)}`;
    case "Waiting":
      return `${name}  ${styled("yellow", `waits in ${leafText(recorded.leaf)}`)}`;
  }
};

const leafText = (key: string): string => {
  const schedule = scheduleOfKey(key);
  return schedule === undefined ? key.replace(/#\d+$/, "") : conditionText(schedule);
};

const dueText = ({ dueAt, answers, others }: WhyNotDue): readonly string[] => [
  styled("bold", formatInstant(dueAt)),
  "",
  ...answers.flatMap((answer) => [...answerText(answer), ""]),
  ...others.map(
    ({ trigger, previous, next }) =>
      `${styled("bold", trigger)}  does not name this instant: before it ${instantText(previous) ?? "none"}, after it ${instantText(next) ?? "none"}`,
  ),
  ...(answers.length + others.length === 0 ? ["no trigger has a schedule"] : []),
];

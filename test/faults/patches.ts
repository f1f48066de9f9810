// How each fault is put back: lines of the source, and what the original did there. `npm run test:faults` applies one patch at a time to a copy and demands that the
// fault's test fails. `find` must be in the file exactly once: where the code has changed, the patch must be changed with it.

export interface Patch {
  readonly fault: number;
  /** What is wrong with it. */
  readonly title: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const patches: readonly Patch[] = [
  {
    fault: 1,
    title: "claim acts on what was checked before",
    file: "src/adapters/sqlite/claim.ts",
    find: "pick(candidates, {",
    replace: "pick(((globalThis as any).checked ??= candidates) as readonly Candidate[], {",
  },
  {
    fault: 1,
    title: "claim does not ask whether the run is still pending",
    file: "src/adapters/sqlite/claim.ts",
    find: "AND state = 'pending' AND concurrency_key IS NULL AND (",
    replace: "AND concurrency_key IS NULL AND (",
  },
  {
    fault: 2,
    title: "what a dead engine held is not taken back",
    file: "src/core/takeover.ts",
    find: "          patches: taken,\n",
    replace: "",
  },
  {
    fault: 3,
    title: "a finished run becomes claimable again",
    file: "src/core/memory-tables.ts",
    find: 'if (run.state === "pending") row.entry =',
    replace: 'if (run.state !== "claimed" && run.state !== "running") row.entry =',
  },
  {
    fault: 4,
    title: "the first check ignores the schedule",
    file: "src/core/state.ts",
    find: "nextAt: leaf.schedule?.next(at) }",
    replace: "nextAt: at }",
  },
  {
    fault: 5,
    title: "routers don't check what they expect",
    file: "src/core/state.ts",
    find: '  checks: [{ _tag: "Revision", revision }],\n',
    replace: "  checks: [],\n",
  },
  {
    fault: 6,
    title: "an occurrence is named by the moment of polling",
    file: "src/core/step.ts",
    find: "id: occurrenceIdOf(leaf.key, at), signal",
    replace: "id: occurrenceIdOf(leaf.key, piece.now), signal",
  },
  {
    fault: 7,
    title: "what is noticed late vanishes",
    file: "src/core/step.ts",
    find: "  if (at > missedThrough && piece.now - at > schedule.missedAfterMillis) {\n",
    replace:
      "  if (piece.now - at > 60_000) return continueFrom(context, leaf, at, schedule.next(at), missedThrough);\n  if (at > missedThrough && piece.now - at > schedule.missedAfterMillis) {\n",
  },
  {
    fault: 7,
    title: "a skipped occurrence leaves no record",
    file: "src/core/step.ts",
    find: "    for (const range of answer.skipped)\n",
    replace: "    for (const range of answer.skipped.slice(0, 0))\n",
  },
  {
    fault: 8,
    title: "all that one pass sees is one run",
    file: "src/core/fire.ts",
    find: "const id = runIdOf(trigger.id, cause);",
    replace: 'const id = runIdOf(trigger.id, ["any"]);',
  },
  {
    fault: 9,
    title: "every run gets the first firing's input",
    file: "src/core/fire.ts",
    find: '  const made: unknown = typeof input === "function" ? input(firing()) : input;\n',
    replace:
      '  const made: unknown = typeof input === "function" ? input(((globalThis as any).first ??= firing())) : input;\n',
  },
  {
    fault: 10,
    title: "a join consumes nothing",
    file: "src/core/hear.ts",
    find: "  draft.consume(trigger, key, [...firing.taken, ...firing.superseded]);\n",
    replace: "",
  },
  {
    fault: 11,
    title: "a run's id depends on what else the pass saw",
    file: "src/core/fire.ts",
    find: "const id = runIdOf(trigger.id, cause);",
    replace: "const id = runIdOf(trigger.id, [...cause, ...draft.runs.map((run) => run.id)]);",
  },
  {
    fault: 12,
    title: "a failure is named by task and error",
    file: "src/core/signal.ts",
    find: "id: `failure:${run}:${token}:${state}`,",
    replace: "id: `failure:${task}:${error?.name}`,",
  },
  {
    fault: 13,
    title: "joined texts collide",
    file: "src/core/run-id.ts",
    find: "digestOf(JSON.stringify([triggerId, ids]))",
    replace: 'digestOf([triggerId, ...ids].join("_"))',
  },
  {
    fault: 13,
    title: "a second definition overwrites the first",
    file: "src/core/app.ts",
    find: "    (id) => `${noun} ${JSON.stringify(id)} is defined more than once; ids are unique in an app`,",
    replace: "    () => [],",
  },
  {
    fault: 13,
    title: "a schedule's key leaves out its options",
    file: "src/core/schedule.ts",
    find: "export const scheduleKey = (schedule: Schedule): string => canonical(schedule);",
    replace:
      "export const scheduleKey = (schedule: Schedule): string => canonical({ ...schedule, missed: undefined });",
  },
  {
    fault: 14,
    title: "trees within trees are never evaluated",
    file: "src/core/join.ts",
    find: "const parts = node.parts.map((part) => satisfiedBy(part, queues, take));",
    replace:
      'const parts = node.parts.map((part) => part._tag === "Leaf" ? satisfiedBy(part, queues, take) : undefined);',
  },
  {
    fault: 15,
    title: "consumed matches stay in the store",
    file: "src/core/draft.ts",
    find: "    if (!this.waitingPut.delete(row)) this.waitingRemove.push(row);\n",
    replace: "    this.waitingPut.delete(row);\n",
  },
  {
    fault: 15,
    title: "empty queues stay in memory",
    file: "src/core/state.ts",
    find: "    if (queues.every((queue) => queue.length === 0)) state.waiting.delete(join);\n    else state",
    replace: "    state",
  },
  {
    fault: 15,
    title: "the deadlines of consumed matches stay",
    file: "src/core/draft.ts",
    find: "if (this.state.deadlines.get(id) !== undefined) this.deadlineRemove.add(id);",
    replace: "",
  },
  {
    fault: 16,
    title: "what a filter throws ends the router",
    file: "src/core/hear.ts",
    find: "  } catch (thrown) {\n",
    replace: "  } catch (thrown) {\n    throw thrown;\n",
  },
  {
    fault: 16,
    title: "what an input throws ends the router",
    file: "src/core/fire.ts",
    find: "  } catch (thrown) {\n",
    replace: "  } catch (thrown) {\n    throw thrown;\n",
  },
  {
    fault: 17,
    title: "an impossible cron is taken",
    file: "src/core/cron.ts",
    find: "  if (calendar !== undefined) return { ok: true,",
    replace: "  if (true) return { ok: true,",
  },
  {
    fault: 18,
    title: "an engine begins at the end of the log",
    file: "src/core/activation.ts",
    find: "watermark: { seq: watermark.seq, at: watermark.at },",
    replace: "watermark: { seq: reading.signals.at(-1)?.seq ?? watermark.seq, at: watermark.at },",
  },
  {
    fault: 18,
    title: "an event's id is not looked at",
    file: "src/core/memory-tables.ts",
    find: "    if (known !== undefined)\n      return contentOf(known.signal)",
    replace:
      "    if (known !== undefined && signal === undefined)\n      return contentOf(known.signal)",
  },
  {
    fault: 19,
    title: "removed schedules stay in the store",
    file: "src/core/activation.ts",
    find: "      remove: retiredCursors.filter(",
    replace: "      remove: retiredCursors.slice(0, 0).filter(",
  },
  {
    fault: 19,
    title: "what waited for removed triggers stays in the store",
    file: "src/core/activation.ts",
    find: "waiting: { put: [], remove: retiredWaiting },",
    replace: "waiting: { put: [], remove: [] },",
  },
  {
    fault: 19,
    title: "a trigger whose filter has another name is another trigger",
    file: "src/core/condition.ts",
    find: '[key, typeof value === "function" ? "(predicate)" : value]',
    replace: '[key, typeof value === "function" ? value.name : value]',
  },
  {
    fault: 20,
    title: "nobody is told that the clock was set back",
    file: "src/core/warnings.ts",
    find: "  if (self.isSetBack && !wasSetBack && waitsForClock(self.definitions, state, now))\n",
    replace: "  if (self.isSetBack && self.isOver)\n",
  },
  {
    fault: 21,
    title: "an outcome is committed without its report",
    file: "src/core/holdings.ts",
    find: "      signals: [...emitted, ...made.flatMap(({ signals }) => signals)],\n",
    replace: "      signals: emitted,\n",
  },
  {
    fault: 22,
    title: "memory keeps values as they are",
    file: "src/core/kept.ts",
    find: "  return copy === undefined ? kept(jsonCopy(value)) : (Object.freeze(Mark.put(copy)) as Value);\n",
    replace: "  return copy === undefined ? value : (Object.freeze(Mark.put(copy)) as Value);\n",
  },
  {
    fault: 23,
    title: "each signal is shown to all leaves",
    file: "src/core/hear.ts",
    find: "context.definitions.index.get(signalKeyOf(signal)) ?? []",
    replace: "[...context.definitions.index.values()].flat()",
  },
  {
    fault: 23,
    title: "what is due is looked for in all there is",
    file: "src/core/due-heap.ts",
    find: "      if (entry === undefined || entry.at > at) return;\n      due.push(entry.value);\n",
    replace:
      "      if (entry === undefined) return;\n      if (entry.at <= at) due.push(entry.value);\n",
  },
];

// A simulation computes for long, and now and then gives the rest of its process a turn.

// Taken when this is imported, so that a test's fake timers don't stop it. A place without timers has nothing that waits for a turn, except promises.
const { setImmediate, setTimeout } = globalThis as {
  readonly setImmediate?: (resume: () => void) => unknown;
  readonly setTimeout?: (resume: () => void, millis: number) => unknown;
};

/** Resolves when timers and signals of the process have had their turn. */
export const breath = (): Promise<void> =>
  new Promise((resolve) => {
    if (setImmediate !== undefined) setImmediate(resolve);
    else if (setTimeout !== undefined) setTimeout(resolve, 0);
    else resolve();
  });

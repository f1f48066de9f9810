// How a command that goes on is ended by signals.

export interface Ending {
  /** The first signal. */
  readonly asked: Promise<NodeJS.Signals>;
  /** The second one. */
  readonly askedAgain: Promise<void>;
}

/** SIGINT, SIGTERM and SIGHUP: the first asks, the second aborts, a third ends the process as it is. */
export const endingOf = (): Ending => {
  const asked = Promise.withResolvers<NodeJS.Signals>();
  const askedAgain = Promise.withResolvers<void>();
  let signals = 0;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      signals += 1;
      if (signals === 1) asked.resolve(signal);
      else if (signals === 2) askedAgain.resolve();
      else die();
    });
  return { asked: asked.promise, askedAgain: askedAgain.promise };
};

/** Ends this process, whatever its threads do. */
export const die = (): void => void process.kill(process.pid, "SIGKILL");

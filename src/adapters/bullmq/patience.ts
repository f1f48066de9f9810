// Waiting that leaves no timer behind, which would keep the process.

export const pause = (millis: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, millis);
  });

/** Resolves when it is done, or that time is over; rejects when it does first. */
export const atMost = async (millis: number, work: Promise<unknown>): Promise<void> => {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, millis);
  try {
    await Promise.race([work, over.promise]);
  } finally {
    clearTimeout(timer);
  }
};

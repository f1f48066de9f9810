// Entry point `detent/vitest`: a simulation as a test of vitest.
import type { App } from "../core/app.ts";
import { withPeer } from "../core/peer.ts";
import { summaryText, violationText } from "./report.ts";
import type { SimulateOptions } from "./options.ts";
import { simulate } from "./simulate.ts";

const { test } = await withPeer({ peer: "vitest", part: "detent/vitest" }, () => import("vitest"));

export interface SimTestOptions extends SimulateOptions {
  /** How long the test may take, in milliseconds. Default 120,000. */
  readonly timeout?: number;
}

/** A law was broken, or a simulation was vacuous; the message is what a person needs to see. */
export class SimulationError extends Error {
  override readonly name = "SimulationError";
}

/** A test that simulates an app: it fails if a law does not hold, and if what was asked for never happened. */
export const simTest = (name: string, app: App, options: SimTestOptions = {}): void => {
  const { timeout = 120_000, ...settings } = options;
  // oxlint-disable-next-line vitest/expect-expect, vitest/valid-title
  test(name, { timeout }, async () => {
    const report = await simulate(app, settings);
    if (report.violations.length + report.vacuous.length > 0)
      throw new SimulationError(
        [
          ...report.violations.map((violation) => violationText(violation)),
          summaryText(report),
        ].join("\n\n"),
      );
  });
};

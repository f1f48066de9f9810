// A real browser, or a line that says why there is none. Where all services must be there (DETENT_REQUIRE_SERVICES=1), none is a failure.
import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const places = [
  process.env["DETENT_CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

const found = places.find((place) => place !== undefined && existsSync(place));

if (found === undefined)
  console.warn(
    "SKIPPED: the browser tests need Chromium (apt-get install chromium, or DETENT_CHROMIUM=its path)",
  );

export const hasBrowser = found !== undefined || process.env["DETENT_REQUIRE_SERVICES"] === "1";

export const openBrowser = (): Promise<Browser> => {
  if (found === undefined)
    throw new Error("there is no Chromium, and DETENT_REQUIRE_SERVICES=1 demands it");
  // Root may not use the sandbox; the pages are our own.
  return chromium.launch({ executablePath: found, args: ["--no-sandbox"] });
};

// Builds the pages into dist/dashboard: one script, one style, no request to another host.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const place = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: place("."),
  base: "/",
  logLevel: "warn",
  build: {
    outDir: place("../../../../dist/dashboard"),
    emptyOutDir: true,
    target: "es2022",
    // An image in the style would be a request that the content policy must allow.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});

// Shows it on a page: `npx vite examples/browser` serves it, `npx vite build examples/browser` makes a bundle.
import { told } from "./pipeline.ts";

document.querySelector("#told")?.append((await told()).join("\n"));

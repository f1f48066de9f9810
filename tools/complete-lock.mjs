// Completes package-lock.json; run as `npm run lock` after every `npm install`.
//
// Packages with native binaries name one optional package per platform, in exact versions. `npm install` leaves those
// out of the lock that it couldn't have on this machine, and `npm ci` then stops with "Missing: … from lock file".
// This adds each missing one, with the platform that its name tells, so that every other machine skips it quietly.
import { readFileSync, writeFileSync } from "node:fs";

const file = process.argv[2] ?? "package-lock.json";
const lock = JSON.parse(readFileSync(file, "utf8"));
const packages = lock.packages;

const systems = /darwin|win32|windows|android|freebsd|openbsd|netbsd|sunos|aix|openharmony|linux/;
const processors = /arm64|aarch64|x64|ia32|ppc64|s390x|riscv64|loong64|mips64el|wasm32|arm/;
const exact = /^\d/;

let added = 0;
for (const [path, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const found = resolved(path, name);
    if (found !== undefined && (found.version === version || !exact.test(version))) continue;
    if (!exact.test(version)) {
      console.log(`left out, its version is a range: ${name} ${version}`);
      continue;
    }
    const platform = platformOf(name);
    if (platform === undefined) {
      console.log(`left out, its name tells no platform: ${name}`);
      continue;
    }
    const place = found === undefined ? `node_modules/${name}` : `${path}/node_modules/${name}`;
    packages[place] = { version, ...platform, ...(entry.dev && { dev: true }), optional: true };
    added += 1;
  }
}

lock.packages = Object.fromEntries(
  Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`added ${added}`);

/**
 * What `name` means to the package at `path`: the nearest node_modules upwards that has it.
 * @param {string} path
 * @param {string} name
 */
function resolved(path, name) {
  for (
    let folder = path;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))
  ) {
    const entry = packages[`${folder === "" ? "" : `${folder}/`}node_modules/${name}`];
    if (entry !== undefined || folder === "") return entry;
  }
}

/** @param {string} name */
function platformOf(name) {
  const os = systems.exec(name)?.[0];
  const cpu = processors.exec(name)?.[0];
  if (os === undefined && cpu === undefined) return undefined;
  const libc = name.includes("musl")
    ? "musl"
    : /gnu|glibc/.test(name) && os === "linux"
      ? "glibc"
      : undefined;
  return {
    ...(cpu && { cpu: [cpu === "aarch64" ? "arm64" : cpu] }),
    ...(os && { os: [os === "windows" ? "win32" : os] }),
    ...(libc && { libc: [libc] }),
  };
}

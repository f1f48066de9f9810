// What a version number has to say: semantic versions. Before 1.0.0 everything is one place lower: a minor version may break what users rely on, a patch may add to it.

/** @typedef {"patch" | "minor" | "major"} Bump */

const pattern = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$/;

/** @param {string} text */
export const isVersion = (text) => pattern.test(text);

/** What a difference of the public surface demands: one that takes something away breaks users, one that adds is new. @param {string} before @param {string} difference @returns {Bump} */
export const demandedBump = (before, difference) => {
  const lines = difference.split("\n");
  const isYoung = before.startsWith("0.");
  if (lines.some((line) => /^-(?!--)\s*\S/.test(line))) return isYoung ? "minor" : "major";
  if (lines.some((line) => /^\+(?!\+\+)\s*\S/.test(line))) return isYoung ? "patch" : "minor";
  return "patch";
};

/** Whether one version follows another by at least what is demanded. @param {{ before: string, after: string, demanded: Bump }} versions */
export const isBump = ({ before, after, demanded }) => {
  const [from, to] = [partsOf(before), partsOf(after)];
  const at = from.findIndex((part, index) => part !== to[index]);
  if (at === -1 || Number(to[at]) < Number(from[at])) return false;
  return at <= ["major", "minor", "patch"].indexOf(demanded);
};

const partsOf = (version) => (pattern.exec(version) ?? []).slice(1, 4).map(Number);

/** What the change log says of a version. @param {string} log @param {string} version @returns {{ text: string, faults: string[] }} */
export const changesOf = (log, version) => {
  const sections = log.split(/^(?=## )/m);
  const sectionOf = (name) => sections.find((it) => it.startsWith(`## [${name}]`));
  const [head = "", ...body] = (sectionOf(version) ?? "").split("\n");
  const text = body.join("\n").trim();
  const waiting = (sectionOf("Unreleased") ?? "").split("\n").slice(1).join("").trim();
  const faults = [];
  if (head === "") faults.push(`it has no section "## [${version}] - YYYY-MM-DD"`);
  else if (!/\] - \d{4}-\d\d-\d\d$/.test(head))
    faults.push(`its section ${version} has no date: "## [${version}] - YYYY-MM-DD"`);
  if (head !== "" && text === "") faults.push(`its section ${version} is empty`);
  if (waiting !== "")
    faults.push(
      "its section Unreleased is not empty: move what it says into the section of this version",
    );
  return { text, faults };
};

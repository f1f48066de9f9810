// Mutants: one-line changes of a source file, made by operators from its syntax tree, not by hand. Each says what it changes, so that it can be named again after the
// lines around it have moved.
import { parseAst } from "rolldown/parseAst";

/**
 * @typedef {{ file: string, line: number, text: string, operator: string, change: string, nth: number, source: string }} Mutant
 *   `text` is the trimmed line, `change` the piece of code before and after, `nth` which of the file's mutants that say the same (from 1), `source` the whole
 *   mutated file.
 */

const swaps = {
  "===": ["comparison", "!=="],
  "!==": ["comparison", "==="],
  "<": ["boundary", "<="],
  "<=": ["boundary", "<"],
  ">": ["boundary", ">="],
  ">=": ["boundary", ">"],
  "&&": ["boolean", "||"],
  "||": ["boolean", "&&"],
  "+": ["arithmetic", "-"],
  "-": ["arithmetic", "+"],
  "*": ["arithmetic", "/"],
  "/": ["arithmetic", "*"],
  "%": ["arithmetic", "*"],
  ">>": ["arithmetic", "<<"],
  "++": ["arithmetic", "--"],
  "--": ["arithmetic", "++"],
  "+=": ["arithmetic", "-="],
  "-=": ["arithmetic", "+="],
};
/** The opposite of a comparison, beside the shift of its boundary. */
const opposites = { "<": ">=", "<=": ">", ">": "<=", ">=": "<" };
const twins = { max: "min", min: "max", every: "some", some: "every" };
/** Calls that give a changed copy of what they are called on: without them the whole, or the unchanged, goes on. */
const droppable = new Set(["filter", "sort", "slice", "toSorted", "trim"]);

/** @returns {Mutant[]} */
export const mutantsOf = (file, source) => {
  const found = [];
  /** @type {Map<string, number>} */
  const same = new Map();
  // `shown` is what stands around the change, so that two changes on one line can be told apart.
  const replace = (operator, { start, end }, text, shown = { start, end }) => {
    const lineStart = source.lastIndexOf("\n", start) + 1;
    const lineEnd = source.indexOf("\n", start);
    const line = source.slice(lineStart, lineEnd === -1 ? undefined : lineEnd).trim();
    const change = `${shortened(source.slice(shown.start, shown.end))} → ${shortened(source.slice(shown.start, start) + text + source.slice(end, shown.end))}`;
    const key = JSON.stringify([line, operator, change]);
    const nth = (same.get(key) ?? 0) + 1;
    same.set(key, nth);
    found.push({
      file,
      line: source.slice(0, start).split("\n").length,
      text: line,
      operator,
      change,
      nth,
      source: source.slice(0, start) + text + source.slice(end),
    });
  };
  const codeOf = ({ start, end }) => source.slice(start, end);
  walk(parseAst(source, { lang: "ts" }), (node) => {
    visitors[node.type]?.(node, { source, codeOf, replace });
  });
  return found;
};

const shortened = (text) => {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 70 ? `${line.slice(0, 67)}…` : line;
};

/** The operator's own place between the two operands. */
const operatorPlace = ({ left, right, operator }, source) => {
  const start = source.indexOf(operator, left.end);
  return start === -1 || start >= right.start ? undefined : { start, end: start + operator.length };
};

const swapOperator = (node, { source, replace }) => {
  const swap = swaps[node.operator];
  const place = operatorPlace(node, source);
  if (swap === undefined || place === undefined) return;
  // Text is put together by plus signs too: minus would only make NaN of it.
  replace(swap[0], place, swap[1], node);
  const opposite = opposites[node.operator];
  if (opposite !== undefined) replace("comparison", place, opposite, node);
};

const visitors = {
  BinaryExpression: swapOperator,
  AssignmentExpression: swapOperator,
  LogicalExpression(node, context) {
    const { codeOf, replace } = context;
    if (node.operator === "??") replace("boolean", node, `(${codeOf(node.left)})`);
    else swapOperator(node, context);
  },
  UnaryExpression(node, { codeOf, replace }) {
    if (node.operator === "!") replace("boolean", node, `(${codeOf(node.argument)})`);
    if (node.operator === "-") replace("arithmetic", node, `(${codeOf(node.argument)})`);
  },
  UpdateExpression(node, { codeOf, replace }) {
    const [, other] = swaps[node.operator];
    const argument = codeOf(node.argument);
    replace("arithmetic", node, node.prefix ? other + argument : argument + other);
  },
  Literal(node, { replace }) {
    if (typeof node.value === "boolean") replace("boolean", node, String(!node.value));
    if (Number.isInteger(node.value)) replace("arithmetic", node, String(node.value + 1));
  },
  ConditionalExpression({ test, consequent, alternate, start, end }, { codeOf, replace }) {
    replace(
      "branch",
      { start, end },
      `(${codeOf(test)}) ? (${codeOf(alternate)}) : (${codeOf(consequent)})`,
    );
  },
  IfStatement({ test }, { replace }) {
    replace("branch", test, "true");
    replace("branch", test, "false");
  },
  ExpressionStatement(node, { replace }) {
    if (node.directive === undefined) replace("dropped", node, ";");
  },
  ReturnStatement(node, { replace }) {
    if (node.argument === null) replace("dropped", node, ";");
  },
  ThrowStatement(node, { replace }) {
    replace("dropped", node, ";");
  },
  BreakStatement: (node, { replace }) => replace("dropped", node, ";"),
  ContinueStatement: (node, { replace }) => replace("dropped", node, ";"),
  CallExpression(node, { codeOf, replace }) {
    const { callee } = node;
    if (callee.type !== "MemberExpression" || callee.computed) return;
    const { name } = callee.property;
    if (Object.hasOwn(twins, name)) replace("branch", callee.property, twins[name], node);
    if (droppable.has(name)) replace("dropped", node, codeOf(callee.object));
  },
};

/** Types and imports do nothing when the code runs. */
const isIdle = ({ type, importKind, exportKind }) =>
  type === "ImportDeclaration" ||
  type === "ExportAllDeclaration" ||
  importKind === "type" ||
  exportKind === "type" ||
  (type.startsWith("TS") &&
    !["TSAsExpression", "TSNonNullExpression", "TSSatisfiesExpression"].includes(type));

const walk = (node, visit) => {
  if (isIdle(node)) return;
  visit(node);
  for (const [key, value] of Object.entries(node)) {
    if (key === "typeAnnotation" || key === "returnType" || key === "typeArguments") continue;
    for (const child of Array.isArray(value) ? value : [value])
      if (typeof child?.type === "string") walk(child, visit);
  }
};

// What the page of a plan does: draws its lanes, zooms by wheel, buttons and fingers, and tells of what is under the pointer. Text gets into the page as text, never as HTML.
export const pageScript = `
const { engines, until, bodies, marks, guilty } = JSON.parse(document.getElementById("drawing").textContent);
const svg = document.querySelector("svg"), told = document.querySelector(".tools .told");
const top_ = 22, laneHeight = 46, lanes = [-2, ...Array.from({ length: engines }, (_, n) => n), -1];
const nameOf = (lane) => (lane === -2 ? "world" : lane === -1 ? "store" : "engine " + lane);
const height = top_ + lanes.length * laneHeight;
const first = Math.min(until, ...marks.map(({ at }) => at), ...bodies.map(({ from }) => from));
const pad = Math.max(20, (until - first) * 0.02);
const whole = { from: first - pad, to: until + pad };
let view = guilty === null ? { ...whole } : around(guilty.at);
const pointers = new Map();

// Bodies of one engine that run at a time lie in rows of their own.
const rowEnds = new Map();
for (const body of bodies) {
  const ends = rowEnds.get(body.engine) ?? [];
  rowEnds.set(body.engine, ends);
  let row = ends.findIndex((end) => end <= body.from);
  if (row === -1) row = ends.length;
  ends[row] = body.to;
  body.row = row;
}

function around(at) {
  const span = Math.min(whole.to - whole.from, Math.max(60000, (whole.to - whole.from) / 50));
  return clamped({ from: at - span * 0.8, to: at + span * 0.2 });
}
function clamped({ from, to }) {
  const span = Math.max(5, Math.min(to - from, whole.to - whole.from));
  const start = Math.max(whole.from, Math.min(from, whole.to - span));
  return { from: start, to: start + span };
}
function make(name, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text;
  svg.append(node);
  return node;
}
function timeText(millis) {
  const sign = millis < 0 ? "-" : "", all = Math.abs(Math.round(millis));
  const h = Math.floor(all / 3600000), m = Math.floor(all / 60000) % 60, s = Math.floor(all / 1000) % 60, ms = all % 1000;
  return sign + [h, m, s].map((n) => String(n).padStart(2, "0")).join(":") + (ms === 0 ? "" : "." + String(ms).padStart(3, "0"));
}
function stepOf(span) {
  const rough = span / Math.max(2, svg.clientWidth / 130);
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000, 10800000, 21600000, 43200000];
  return steps.find((step) => step >= rough) ?? 86400000;
}
function draw() {
  const width = svg.clientWidth || 600, left = width < 500 ? 54 : 74;
  svg.setAttribute("viewBox", "0 0 " + width + " " + height);
  svg.style.height = height + "px";
  svg.replaceChildren();
  const x = (at) => left + ((at - view.from) / (view.to - view.from)) * (width - left);
  lanes.forEach((lane, index) => {
    const y = top_ + index * laneHeight;
    make("rect", { class: "lane", x: 0, y: y + 1, width, height: laneHeight - 2 });
  });
  const step = stepOf(view.to - view.from);
  for (let at = Math.ceil(view.from / step) * step; at <= view.to; at += step) {
    make("line", { class: "grid", x1: x(at), x2: x(at), y1: top_ - 4, y2: height });
    const beside = guilty === null ? Infinity : x(guilty.at) - x(at);
    if (beside < -20 || beside > 140) make("text", { x: x(at) + 3, y: 14 }, timeText(at));
  }
  for (const body of bodies) {
    if (body.to < view.from || body.from > view.to) continue;
    const rows = Math.max(1, rowEnds.get(body.engine).length), each = Math.min(14, (laneHeight - 18) / rows);
    const from = Math.max(left, x(body.from)), to = Math.max(from + 2, x(body.to));
    const y = top_ + lanes.indexOf(body.engine) * laneHeight + 14 + body.row * each;
    const bar = make("rect", { class: body.kind, x: from, y, width: to - from, height: Math.max(2, each - 2), rx: 2 });
    bar.told = body.text;
  }
  let last = new Map();
  for (const mark of marks) {
    if (mark.at < view.from || mark.at > view.to) continue;
    const px = x(mark.at), y = top_ + lanes.indexOf(mark.lane) * laneHeight;
    const key = mark.lane + mark.kind;
    if (mark.kind !== "fault" && px - (last.get(key) ?? -9) < 1) continue;
    last.set(key, px);
    const node = mark.kind === "fault"
      ? make("path", { class: "fault", d: "M" + (px - 5) + " " + (y + 3) + "h10l-5 9z" })
      : make("rect", { class: mark.kind, x: px - 1, y: y + 4, width: 2, height: mark.lane === -1 ? laneHeight - 10 : 8 });
    node.told = mark.text;
    node.line = mark.line;
  }
  if (guilty !== null && guilty.at >= view.from && guilty.at <= view.to) {
    make("line", { class: "guilty", x1: x(guilty.at), x2: x(guilty.at), y1: 0, y2: height });
    make("text", { class: "guilty-text", x: x(guilty.at) - 4, y: 14, "text-anchor": "end" }, "▶ it broke");
  }
  lanes.forEach((lane, index) => {
    const y = top_ + index * laneHeight;
    make("rect", { class: "lane", x: 0, y: y + 1, width: left - 4, height: laneHeight - 2 });
    make("text", { x: 6, y: y + laneHeight / 2 + 4 }, nameOf(lane));
  });
}
function zoom(factor, at = (view.from + view.to) / 2) {
  view = clamped({ from: at - (at - view.from) * factor, to: at + (view.to - at) * factor });
  draw();
}
function instantAt(clientX) {
  const box = svg.getBoundingClientRect(), left = box.width < 500 ? 54 : 74;
  return view.from + ((clientX - box.left - left) / (box.width - left)) * (view.to - view.from);
}
function choose(line, isScrolled) {
  document.querySelector(".lines .here")?.classList.remove("here");
  const item = document.getElementById("line-" + line);
  item?.classList.add("here");
  const list = document.querySelector(".lines");
  if (isScrolled && item !== null) list.scrollTop = item.offsetTop - list.clientHeight / 2;
}
document.querySelector(".tools").addEventListener("click", ({ target }) => {
  const what = target.dataset?.do;
  if (what === "in") zoom(0.5);
  if (what === "out") zoom(2);
  if (what === "all") { view = { ...whole }; draw(); }
  if (what === "guilty") { view = around(guilty.at); draw(); choose(guilty.line, true); }
});
svg.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY > 0 ? 1.25 : 0.8, instantAt(event.clientX)); }, { passive: false });
svg.addEventListener("pointerdown", (event) => { pointers.set(event.pointerId, event.clientX); svg.setPointerCapture(event.pointerId); });
svg.addEventListener("pointerup", (event) => pointers.delete(event.pointerId));
svg.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
svg.addEventListener("pointermove", (event) => {
  const under = document.elementFromPoint(event.clientX, event.clientY);
  if (under?.told !== undefined) { told.textContent = under.told; }
  if (!pointers.has(event.pointerId)) return;
  const before = [...pointers.values()];
  const was = pointers.get(event.pointerId);
  pointers.set(event.pointerId, event.clientX);
  if (pointers.size === 2) {
    const now = [...pointers.values()];
    const factor = Math.abs(before[0] - before[1]) / Math.max(1, Math.abs(now[0] - now[1]));
    zoom(factor, instantAt((now[0] + now[1]) / 2));
    return;
  }
  const by = instantAt(was) - instantAt(event.clientX);
  view = clamped({ from: view.from + by, to: view.to + by });
  draw();
});
svg.addEventListener("click", (event) => {
  const under = document.elementFromPoint(event.clientX, event.clientY);
  if (under?.told === undefined) return;
  told.textContent = under.told;
  if (under.line !== null && under.line !== undefined) choose(under.line, true);
});
document.querySelector(".lines").addEventListener("click", ({ target }) => {
  const line = Number(target.id?.slice(5));
  const mark = marks.find((it) => it.line === line);
  if (mark === undefined) return;
  const span = view.to - view.from;
  view = clamped({ from: mark.at - span / 2, to: mark.at + span / 2 });
  told.textContent = mark.text;
  draw();
  choose(line, false);
});
addEventListener("resize", draw);
draw();
if (guilty !== null) choose(guilty.line, true);
`;

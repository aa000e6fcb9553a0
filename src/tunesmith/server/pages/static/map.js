// Two linked maps of the same texts, before and after tuning: drag and wheel move both, a lasso, a
// box or a click selects in both, and the arrow keys walk from point to point.

import { middles, placeNames } from "./names.js";
import { Painter, View, extentOf, rgb } from "./painter.js";
import { tell } from "./pointed.js";

const MORPH = 400; // milliseconds
const LISTED = 50;
const RESTING = 120; // milliseconds over a point before its text is fetched
const ASKING = 1000; // milliseconds between two questions for the final layout

const root = document.getElementById("map");
const count = Number(root.dataset.count);
const still = matchMedia("(prefers-reduced-motion: reduce)");
const narrow = matchMedia("(max-width: 700px)");
const view = new View();
const selected = new Uint8Array(count);
const texts = new Map();
const legend = [...root.querySelectorAll(".legend [data-label]")];
const named = root.querySelectorAll(".names")[0].children.length;
let [data, painters, tool] = [null, [], ""];

start();

async function start() {
  data = parsed(await (await fetch(root.dataset.points)).arrayBuffer());
  painters = [...root.querySelectorAll("canvas")].map((canvas) => watched(canvas));
  recolour();
  fitted();
  for (const button of root.querySelectorAll("[data-tool]")) button.addEventListener("click", use);
  for (const entry of legend) entry.addEventListener("click", toggleClass);
  root.querySelector("[name=colour]").addEventListener("change", recolour);
  root.querySelector(".selection").addEventListener("click", showPlace);
  new ResizeObserver(() => view.changed()).observe(root.querySelector(".maps"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  document.fonts.ready.then(() => {
    view.listeners.add(nameAll);
    nameAll();
  });
  list();
  requestAnimationFrame(() => root.setAttribute("data-ready", String(Math.round(performance.now()))));
  if ("draft" in root.dataset) improve();
}

/** Places before and after, the share of neighbours exchanged, labels and mistakes of each text. */
function parsed(buffer) {
  const floats = (at, length) => new Float32Array(buffer, at, length);
  return {
    before: floats(0, 2 * count),
    after: floats(8 * count, 2 * count),
    moved: floats(16 * count, count),
    labels: new Uint16Array(buffer, 20 * count, count),
    predicted: new Uint16Array(buffer, 22 * count, count),
    strangers: new Uint8Array(buffer, 24 * count, count), // 1 before, 2 after
  };
}

function watched(canvas) {
  const painter = new Painter(canvas, data[canvas.dataset.side], view);
  painter.selected = selected;
  painter.middles = middles(painter.points, data.labels, named);
  canvas.addEventListener("pointerdown", (event) => press(event, painter));
  canvas.addEventListener("pointermove", (event) => hover(event, painter));
  canvas.addEventListener("pointerleave", () => point(-1));
  canvas.addEventListener("wheel", (event) => wheel(event, canvas), { passive: false });
  canvas.addEventListener("keydown", (event) => walk(event, painter));
  return painter;
}

function fitted() {
  const { width, height } = painters[0].canvas.getBoundingClientRect();
  view.fit(extentOf(data.before, data.after), width || 1, height || 1);
}

/** The first layout is a draft: ask for the final one, and move every text to its place in it. */
async function improve() {
  const answer = await fetch(`${root.dataset.points}${root.dataset.points.includes("?") ? "&" : "?"}final=true`);
  if (answer.status === 204) return void setTimeout(improve, ASKING);
  const status = root.querySelector(".layout-status");
  if (!answer.ok) return void (status.textContent = "The layout by neighbours could not be made.");
  const buffer = await answer.arrayBuffer();
  data = parsed(buffer);
  for (const painter of painters) morph(painter, data[painter.canvas.dataset.side]);
  fitted();
  recolour();
  status.textContent = "";
  delete root.dataset.draft;
}

/** Move each text of a map to another place. */
function morph(painter, goal) {
  const [from, begun] = [painter.points, performance.now()];
  const [named0, named1] = [painter.middles, middles(goal, data.labels, named)];
  const between = (one, other, share) => one.map((value, at) => value + (other[at] - value) * share);
  painter.morphing = goal;
  const step = (now) => {
    if (painter.morphing !== goal) return;
    const share = still.matches ? 1 : Math.min(1, Math.max(0, now - begun) / MORPH);
    const eased = share * share * (3 - 2 * share);
    painter.points = share < 1 ? between(from, goal, eased) : goal;
    painter.middles = named1.map((place, at) => place && between(named0[at], place, eased));
    painter.paint();
    nameAll();
    if (share < 1) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

// Colours

const token = (name) => rgb(getComputedStyle(root).getPropertyValue(name));

function recolour() {
  const by = root.querySelector("[name=colour]").value;
  for (const painter of painters) {
    painter.paper = token("--panel");
    painter.accent = getComputedStyle(root).getPropertyValue("--accent").trim();
    [painter.palette, painter.colours] = coloured(by, painter.canvas.dataset.side);
    painter.queue();
  }
  root.dataset.colour = by;
  for (const key of root.querySelectorAll("[data-key]")) key.hidden = key.dataset.key !== by;
}

function coloured(by, side) {
  const [rest, marked] = [token("--series-other"), [token("--series-other"), token("--worse")]];
  if (by === "strangers") {
    const bit = side === "before" ? 1 : 2;
    return [marked, Uint16Array.from(data.strangers, (flags) => Number((flags & bit) > 0))];
  }
  if (by === "errors") return [marked, data.labels.map((label, at) => Number(label !== data.predicted[at]))];
  if (by === "moved") {
    const high = token("--accent");
    const steps = [...Array(11).keys()].map((step) =>
      rest.map((value, at) => Math.round(value + ((high[at] - value) * step) / 10)),
    );
    return [steps, Uint16Array.from(data.moved, (share) => Math.round(share * 10))];
  }
  const many = [...Array(10).keys()].map((number) => token(`--series-${number + 1}`));
  const shown = by === "predicted" ? data.predicted : data.labels;
  return [[...many, rest], shown.map((label) => Math.min(label, many.length))];
}

// Moving and selecting

function place(event, canvas) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

const boxed = ([[left, top]], [right, bottom]) => [[left, top], [right, top], [right, bottom], [left, bottom]];

function press(event, painter) {
  const { canvas } = painter;
  canvas.setPointerCapture(event.pointerId);
  const line = [place(event, canvas)];
  const drawing = tool || (event.shiftKey ? "lasso" : "");
  const corners = () => (drawing === "box" ? boxed(line, line.at(-1)) : line);
  let far = 0;
  const move = (next) => {
    const [x, y] = place(next, canvas);
    const [lastX, lastY] = line.at(-1);
    far += Math.hypot(x - lastX, y - lastY);
    line.push([x, y]);
    if (drawing) outline(painter, corners());
    else view.drag(x - lastX, y - lastY);
  };
  const end = (last) => {
    canvas.removeEventListener("pointermove", move);
    outline(painter, []);
    if (last.type === "pointercancel") return;
    if (far < 4) choose([painter.nearest(...line[0])].filter((index) => index >= 0), event);
    else if (drawing) choose(painter.inside(corners()), event);
  };
  canvas.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, end, { once: true });
}

function outline(painter, corners) {
  const drawn = painter.canvas.parentElement.querySelector("polygon");
  drawn.setAttribute("points", corners.map((corner) => corner.join(",")).join(" "));
}

/** How what is chosen changes the selection: Ctrl adds and Alt removes, else as the page says. */
function way({ ctrlKey, metaKey, altKey } = {}) {
  if (altKey) return "remove";
  if (ctrlKey || metaKey) return "add";
  return root.querySelector("[name=way]:checked").value;
}

function choose(indices, event) {
  select(indices, way(event));
}

function select(indices, how) {
  if (how === "replace") selected.fill(0);
  for (const index of indices) selected[index] = how === "remove" ? 0 : 1;
  chosen();
}

function chosen() {
  for (const painter of painters) painter.queue();
  list();
}

function wheel(event, canvas) {
  event.preventDefault();
  const [x, y] = place(event, canvas);
  view.zoom(Math.exp(-event.deltaY / 500), x - canvas.clientWidth / 2, y - canvas.clientHeight / 2);
}

function hold(name) {
  tool = tool === name ? "" : name;
  for (const button of root.querySelectorAll("[data-tool][aria-pressed]")) {
    button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
  }
  root.dataset.holds = tool;
}

const TOOLS = {
  lasso: () => hold("lasso"),
  box: () => hold("box"),
  fit: fitted,
  clear: () => select([], "replace"),
  invert: () => {
    for (let index = 0; index < count; index += 1) selected[index] = 1 - selected[index];
    chosen();
  },
  side: switchSide,
};

function use(event) {
  const button = event.currentTarget;
  TOOLS[button.dataset.tool](button);
}

/** On a phone one canvas shows both maps, and a text moves from one place to the other. */
function switchSide(button) {
  const painter = painters[0];
  const side = painter.canvas.dataset.side === "before" ? "after" : "before";
  const caption = root.querySelector("figcaption");
  painter.canvas.dataset.side = side;
  button.textContent = button.dataset[side];
  caption.textContent = caption.dataset[side];
  painter.canvas.setAttribute("aria-label", painter.canvas.dataset[`label${side}`]);
  morph(painter, data[side]);
  recolour();
}

// Back on a wide screen, the first map is that before tuning.
narrow.addEventListener("change", () => {
  if (painters[0]?.canvas.dataset.side === "after") switchSide(root.querySelector("[data-tool=side]"));
});

// Names, legend, list

function toggleClass(event) {
  const label = Number(event.currentTarget.dataset.label);
  const members = [];
  data.labels.forEach((own, index) => {
    if (own === label || (label < 0 && own >= named)) members.push(index);
  });
  choose(members, event);
}

function nameAll() {
  for (const { canvas, middles: places } of painters) {
    const { width, height } = canvas.getBoundingClientRect();
    if (width) placeNames([...canvas.parentElement.querySelectorAll(".names li")], places, view, width, height);
  }
}

async function list() {
  const all = [];
  const counts = new Map();
  for (let index = 0; index < count; index += 1) {
    if (!selected[index]) continue;
    all.push(index);
    const label = data.labels[index] < named ? data.labels[index] : -1;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  for (const entry of legend) {
    const part = counts.get(Number(entry.dataset.label)) ?? 0;
    const number = entry.querySelector(".count");
    number.textContent = all.length ? `${part} / ${number.dataset.all}` : number.dataset.all;
  }
  root.querySelector(".selected-count").textContent = String(all.length);
  root.querySelector(".selected-shown").hidden = all.length <= LISTED;
  root.dispatchEvent(new CustomEvent("selected", { detail: all, bubbles: true }));
  await showTexts(root.querySelector(".selection"), all.slice(0, LISTED));
}

/** Show the texts as the server renders them, so that they are escaped in one place. */
async function showTexts(panel, indices) {
  const key = indices.join(",");
  panel.dataset.rows = key;
  const html = indices.length ? await fetched(key) : "";
  if (panel.dataset.rows === key) panel.innerHTML = html;
}

async function fetched(key) {
  if (!texts.has(key)) {
    const answer = await fetch(`${root.dataset.texts}${root.dataset.texts.includes("?") ? "&" : "?"}rows=${key}`);
    if (!answer.ok) return "";
    texts.set(key, await answer.text());
  }
  return texts.get(key);
}

/** A text of the list is shown on the maps, which move if it is outside. */
function showPlace(event) {
  const entry = event.target.closest("[data-index]");
  if (!entry) return;
  const index = Number(entry.dataset.index);
  painters[0].reveal(index);
  point(index, painters[0]);
}

let resting = 0;

function hover(event, painter) {
  if (event.buttons) return;
  point(painter.nearest(...place(event, painter.canvas)), painter);
}

/** Mark a text on both maps, and show it on the one of a painter. */
function point(index, painter) {
  if (painters.every((each) => each.cursor === index)) return;
  for (const each of painters) {
    each.cursor = index;
    each.queue();
  }
  clearTimeout(resting);
  resting = setTimeout(() => read(index, painter), RESTING);
}

async function read(index, painter) {
  const html = index < 0 ? "" : await fetched(String(index));
  if (painters[0].cursor !== index) return;
  const x = html ? painter.place(index)[0] / painter.ratio : 0;
  tell(root.querySelector(".pointed"), html, { canvas: painter?.canvas, x });
}

const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
const KEYS = {
  " ": ({ cursor }) => cursor >= 0 && select([cursor], selected[cursor] ? "remove" : "add"),
  Escape: () => (tool ? hold("") : TOOLS.clear()),
  "+": () => view.zoom(1.25, 0, 0),
  "-": () => view.zoom(0.8, 0, 0),
  0: fitted,
  b: TOOLS.box,
  l: TOOLS.lasso,
  i: TOOLS.invert,
};

function walk(event, painter) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key in ARROWS) {
    const from = painter.cursor;
    const to = from < 0 ? painter.nearestToCentre() : painter.towards(from, ...ARROWS[event.key]);
    if (to >= 0) painter.reveal(to);
    if (to >= 0) point(to, painter);
  } else if (event.key.toLowerCase() in KEYS || event.key in KEYS) {
    (KEYS[event.key] ?? KEYS[event.key.toLowerCase()])(painter);
  } else {
    return;
  }
  event.preventDefault();
}

// Two linked maps of the same texts, before and after tuning: drag and wheel move both, a lasso or a
// click selects in both, and the arrow keys walk from point to point.

import { Painter, View, extentOf, rgb } from "./painter.js";

const MORPH = 400; // milliseconds
const LISTED = 50;
const RESTING = 120; // milliseconds over a point before its text is fetched

const root = document.getElementById("map");
const count = Number(root.dataset.count);
const still = matchMedia("(prefers-reduced-motion: reduce)");
const narrow = matchMedia("(max-width: 700px)");
const view = new View();
const selected = new Uint8Array(count);
const texts = new Map();
let [data, painters, lasso, side] = [null, [], false, "before"];

start();

async function start() {
  data = parsed(await (await fetch(root.dataset.points)).arrayBuffer());
  painters = [...root.querySelectorAll("canvas")].map((canvas) => watched(canvas));
  recolour();
  fitted();
  for (const tool of root.querySelectorAll("[data-tool]")) tool.addEventListener("click", use);
  for (const entry of legend()) entry.addEventListener("click", toggleClass);
  root.querySelector("[name=colour]").addEventListener("change", recolour);
  new ResizeObserver(() => view.changed()).observe(root.querySelector(".maps"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  view.listeners.add(placeNames);
  list();
  requestAnimationFrame(() => root.setAttribute("data-ready", String(Math.round(performance.now()))));
}

/** Points before and after, the share of neighbours exchanged, labels and mistakes of each text. */
function parsed(buffer) {
  const floats = (at, length) => new Float32Array(buffer, at, length);
  return {
    before: floats(0, 2 * count),
    after: floats(8 * count, 2 * count),
    moved: floats(16 * count, count),
    labels: new Uint16Array(buffer, 20 * count, count),
    wrong: new Uint8Array(buffer, 22 * count, count), // 1 before, 2 after
  };
}

function watched(canvas) {
  const painter = new Painter(canvas, data[canvas.dataset.side].slice(), view);
  painter.selected = selected;
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

// Colours

const token = (name) => getComputedStyle(root).getPropertyValue(name).trim();

function recolour() {
  const by = root.querySelector("[name=colour]").value;
  const many = [...Array(10).keys()].map((number) => rgb(token(`--series-${number + 1}`)));
  const rest = rgb(token("--series-other"));
  for (const painter of painters) {
    painter.paper = rgb(token("--panel"));
    painter.accent = token("--accent");
    [painter.palette, painter.colours] = coloured(by, painter, many, rest);
    painter.queue();
  }
  root.dataset.colour = by;
}

function coloured(by, painter, many, rest) {
  if (by === "mistakes") {
    const bit = painter.canvas.dataset.side === "before" ? 1 : 2;
    const colours = Uint16Array.from(data.wrong, (flags) => Number((flags & bit) > 0));
    return [[rest, rgb(token("--worse"))], colours];
  }
  if (by === "moved") {
    const [low, high] = [rest, rgb(token("--accent"))];
    const steps = [...Array(11).keys()].map((step) =>
      low.map((value, at) => Math.round(value + ((high[at] - value) * step) / 10)),
    );
    return [steps, Uint16Array.from(data.moved, (share) => Math.round(share * 10))];
  }
  return [[...many, rest], data.labels.map((label) => Math.min(label, many.length))];
}

// Moving and selecting

function place(event, canvas) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

function press(event, painter) {
  const { canvas } = painter;
  canvas.setPointerCapture(event.pointerId);
  const line = [place(event, canvas)];
  const drawing = lasso || event.shiftKey;
  let far = 0;
  const move = (next) => {
    const [x, y] = place(next, canvas);
    const [lastX, lastY] = line.at(-1);
    far += Math.hypot(x - lastX, y - lastY);
    line.push([x, y]);
    if (drawing) outline(painter, line);
    else view.drag(x - lastX, y - lastY);
  };
  const end = () => {
    canvas.removeEventListener("pointermove", move);
    outline(painter, []);
    if (far < 4) choose([painter.nearest(...line[0])].filter((index) => index >= 0), event);
    else if (drawing) choose(painter.inside(line), event);
  };
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", end, { once: true });
}

function outline(painter, line) {
  const drawn = painter.canvas.parentElement.querySelector("polygon");
  drawn.setAttribute("points", line.map((corner) => corner.join(",")).join(" "));
}

/** Replace the selection; with Ctrl add to it, with Alt remove from it. */
function choose(indices, { ctrlKey, metaKey, altKey } = {}) {
  const adds = ctrlKey || metaKey || altKey;
  if (!adds) selected.fill(0);
  for (const index of indices) selected[index] = altKey ? 0 : 1;
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

const TOOLS = {
  lasso: (button) => {
    lasso = !lasso;
    button.setAttribute("aria-pressed", String(lasso));
  },
  fit: fitted,
  clear: () => choose([]),
  invert: () => {
    for (let index = 0; index < count; index += 1) selected[index] = 1 - selected[index];
    chosen();
  },
  side: (button) => {
    side = side === "before" ? "after" : "before";
    button.textContent = button.dataset[side];
    morph(side);
  },
};

function use(event) {
  const button = event.currentTarget;
  TOOLS[button.dataset.tool](button);
}

/** On a phone one canvas shows both maps, and a text moves from one place to the other. */
function morph(to) {
  const painter = painters[0];
  const [from, goal] = [painter.points.slice(), data[to]];
  const begun = performance.now();
  const step = (now) => {
    const share = still.matches ? 1 : Math.min(1, (now - begun) / MORPH);
    const eased = share * share * (3 - 2 * share);
    painter.points = from.map((value, at) => value + (goal[at] - value) * eased);
    painter.paint();
    if (share < 1) requestAnimationFrame(step);
  };
  painter.canvas.dataset.side = to;
  const captions = [...root.querySelectorAll("figcaption")].map((caption) => caption.textContent);
  root.querySelector("figcaption").textContent = captions[1];
  root.querySelectorAll("figcaption")[1].textContent = captions[0];
  recolour();
  requestAnimationFrame(step);
}

// Names, legend, list

function legend() {
  return [...root.querySelectorAll(".legend [data-label]")];
}

function toggleClass(event) {
  const label = Number(event.currentTarget.dataset.label);
  const members = [...data.labels.keys()].filter((index) => data.labels[index] === label);
  choose(members, event);
}

function placeNames() {
  for (const painter of painters) {
    const { width, height } = painter.canvas.getBoundingClientRect();
    const points = narrow.matches ? side : painter.canvas.dataset.side;
    for (const name of painter.canvas.parentElement.querySelectorAll(".names li")) {
      const [x, y] = [Number(name.dataset[`${points}X`]), Number(name.dataset[`${points}Y`])];
      const left = (x - view.x) * view.scale + width / 2;
      const top = (y - view.y) * view.scale + height / 2;
      name.style.transform = `translate(${left}px, ${top}px) translate(-50%, -50%)`;
      name.hidden = left < 0 || top < 0 || left > width || top > height;
    }
  }
  hideOverlapping();
}

function hideOverlapping() {
  for (const names of root.querySelectorAll(".names")) {
    const taken = [];
    for (const name of names.querySelectorAll("li:not([hidden])")) {
      const box = name.getBoundingClientRect();
      const free = taken.every(
        (other) => box.right < other.left || box.left > other.right || box.bottom < other.top || box.top > other.bottom,
      );
      name.hidden = !free;
      if (free) taken.push(box);
    }
  }
}

async function list() {
  const chosenOnes = [...selected.keys()].filter((index) => selected[index]);
  const counts = new Map();
  for (const index of chosenOnes) counts.set(data.labels[index], (counts.get(data.labels[index]) ?? 0) + 1);
  for (const entry of legend()) {
    const part = counts.get(Number(entry.dataset.label)) ?? 0;
    const all = entry.querySelector(".count");
    all.textContent = chosenOnes.length ? `${part} / ${all.dataset.all}` : all.dataset.all;
  }
  root.querySelector(".selected-count").textContent = String(chosenOnes.length);
  root.querySelector(".selected-shown").hidden = chosenOnes.length <= LISTED;
  root.dispatchEvent(new CustomEvent("selected", { detail: chosenOnes, bubbles: true }));
  await showTexts(root.querySelector(".selection"), chosenOnes.slice(0, LISTED));
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
    const answer = await fetch(`${root.dataset.texts}?rows=${key}`);
    if (!answer.ok) return "";
    texts.set(key, await answer.text());
  }
  return texts.get(key);
}

let resting = 0;

function hover(event, painter) {
  if (event.buttons) return;
  point(painter.nearest(...place(event, painter.canvas)));
}

function point(index) {
  if (painters.every((painter) => painter.cursor === index)) return;
  for (const painter of painters) {
    painter.cursor = index;
    painter.queue();
  }
  clearTimeout(resting);
  resting = setTimeout(() => showTexts(root.querySelector(".pointed"), index < 0 ? [] : [index]), RESTING);
}

const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

function walk(event, painter) {
  if (event.key in ARROWS) {
    const from = painter.cursor < 0 ? painter.nearestToCentre() : painter.cursor;
    const to = painter.cursor < 0 ? from : painter.towards(from, ...ARROWS[event.key]);
    if (to >= 0) point(to);
  } else if (event.key === " " && painter.cursor >= 0) {
    choose([painter.cursor], { ctrlKey: !selected[painter.cursor], altKey: selected[painter.cursor] === 1 });
  } else if (event.key === "Escape") {
    choose([]);
  } else if (event.key === "+" || event.key === "-") {
    view.zoom(event.key === "+" ? 1.25 : 0.8, 0, 0);
  } else {
    return;
  }
  event.preventDefault();
}

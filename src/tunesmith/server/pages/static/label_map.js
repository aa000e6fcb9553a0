// The map of the texts that are labelled: lasso, arrow keys, and the names of the labels.

import { cutMiddle } from "./cut_middle.js";
import { Painter, View, extentOf, rgb } from "./painter.js";

const COLOURS = 10;
const NAMED = 30;
const NONE = 65535;
const RESTING = 120; // milliseconds over a point before its text is fetched
const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

export class LabelMap {
  /**
   * @param {HTMLElement} root
   * @param {number} count
   * @param {{select: Function, point: Function}} on what a selection and a pointed text do
   */
  constructor(root, count, on) {
    this.root = root;
    this.canvas = root.querySelector("canvas");
    this.outline = root.querySelector("polygon");
    this.names = root.querySelector("[data-names]");
    this.selected = new Uint8Array(count);
    this.on = on;
    this.lasso = true;
    this.painter = null;
    this.resting = 0;
  }

  open(points) {
    this.view = new View();
    this.painter = new Painter(this.canvas, points, this.view);
    this.painter.selected = this.selected;
    this.view.listeners.add(() => this.placeNames());
    this.canvas.addEventListener("pointerdown", (event) => this.press(event));
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => this.point(-1));
    this.canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.canvas.addEventListener("keydown", (event) => this.walk(event));
    new ResizeObserver(() => this.view.changed()).observe(this.canvas);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", () => this.recolour(this.codes, this.labels));
    this.fitted();
    if (this.codes) this.recolour(this.codes, this.labels);
  }

  fitted() {
    if (!this.painter) return;
    const { width, height } = this.canvas.getBoundingClientRect();
    this.view.fit(extentOf(this.painter.points), width || 1, height || 1);
  }

  toggleLasso() {
    this.lasso = !this.lasso;
    return this.lasso;
  }

  token(name) {
    return rgb(getComputedStyle(this.root).getPropertyValue(name));
  }

  /** Colour the points by the label of each text, an index of the labels. */
  recolour(codes, labels) {
    [this.codes, this.labels] = [codes, labels];
    if (!this.painter) return;
    const series = [...Array(COLOURS).keys()].map((at) => this.token(`--series-${at + 1}`));
    const [paper, muted] = [this.token("--panel"), this.token("--muted")];
    const bare = paper.map((value, at) => Math.round(value + (muted[at] - value) * 0.35));
    this.painter.paper = paper;
    this.painter.accent = getComputedStyle(this.root).getPropertyValue("--accent").trim();
    this.painter.palette = [...series, this.token("--series-other"), bare];
    this.painter.colours = codes.map((code) => (code === NONE ? COLOURS + 1 : Math.min(code, COLOURS)));
    this.painter.queue();
    this.nameLabels();
  }

  show(places) {
    this.selected.fill(0);
    for (const index of places) this.selected[index] = 1;
    this.painter?.queue();
  }

  // Names: in the middle of the texts of each label, where they do not overlap

  nameLabels() {
    const { points } = this.painter;
    const members = this.labels.map(() => [[], []]);
    this.codes.forEach((code, index) => {
      members[code]?.[0].push(points[2 * index]);
      members[code]?.[1].push(points[2 * index + 1]);
    });
    const order = this.labels.map((_, at) => at).sort((one, other) => this.labels[other].texts - this.labels[one].texts);
    this.names.replaceChildren(
      ...order.slice(0, NAMED).filter((at) => members[at][0].length).map((at) => {
        const name = document.createElement("li");
        name.textContent = cutMiddle(this.labels[at].name, 28);
        [name.dataset.x, name.dataset.y] = members[at].map((values) => String(median(values)));
        return name;
      }),
    );
    this.placeNames();
  }

  placeNames() {
    const { width, height } = this.canvas.getBoundingClientRect();
    const taken = [];
    for (const name of this.names.children) {
      const left = (Number(name.dataset.x) - this.view.x) * this.view.scale + width / 2;
      const top = (Number(name.dataset.y) - this.view.y) * this.view.scale + height / 2;
      name.hidden = left < 0 || top < 0 || left > width || top > height;
      if (name.hidden) continue;
      const [wide, high] = [name.offsetWidth, name.offsetHeight];
      const across = Math.min(Math.max(left - wide / 2, 0), width - wide);
      const down = Math.min(Math.max(top - high / 2, 0), height - high);
      name.style.transform = `translate(${across}px, ${down}px)`;
      const box = name.getBoundingClientRect();
      name.hidden = taken.some(
        (other) => box.right > other.left && box.left < other.right && box.bottom > other.top && box.top < other.bottom,
      );
      if (!name.hidden) taken.push(box);
    }
  }

  // Mouse and keys

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    const line = [this.place(event)];
    const drawing = this.lasso !== event.shiftKey;
    let far = 0;
    const move = (next) => {
      const [x, y] = this.place(next);
      const [lastX, lastY] = line.at(-1);
      far += Math.hypot(x - lastX, y - lastY);
      line.push([x, y]);
      if (drawing) this.draw(line);
      else this.view.drag(x - lastX, y - lastY);
    };
    const end = () => {
      this.canvas.removeEventListener("pointermove", move);
      this.draw([]);
      if (far < 4) this.choose([this.painter.nearest(...line[0])].filter((index) => index >= 0), event);
      else if (drawing) this.choose(this.painter.inside(line), event);
    };
    this.canvas.addEventListener("pointermove", move);
    this.canvas.addEventListener("pointerup", end, { once: true });
  }

  draw(line) {
    this.outline.setAttribute("points", line.map((corner) => corner.join(",")).join(" "));
  }

  choose(places, { ctrlKey, metaKey, altKey }) {
    this.on.select(places, { adds: ctrlKey || metaKey, removes: altKey });
  }

  wheel(event) {
    event.preventDefault();
    const [x, y] = this.place(event);
    const { clientWidth, clientHeight } = this.canvas;
    this.view.zoom(Math.exp(-event.deltaY / 500), x - clientWidth / 2, y - clientHeight / 2);
  }

  hover(event) {
    if (!event.buttons) this.point(this.painter.nearest(...this.place(event)));
  }

  point(index) {
    if (this.painter.cursor === index) return;
    this.painter.cursor = index;
    this.painter.queue();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.on.point(index), RESTING);
  }

  walk(event) {
    const { painter } = this;
    if (event.key in ARROWS) {
      const to = painter.cursor < 0 ? painter.nearestToCentre() : painter.towards(painter.cursor, ...ARROWS[event.key]);
      if (to >= 0) this.point(to);
    } else if (event.key === " " && painter.cursor >= 0) {
      const chosen = this.selected[painter.cursor] === 1;
      this.on.select([painter.cursor], { adds: !chosen, removes: chosen });
    } else if (event.key === "+" || event.key === "-") {
      this.view.zoom(event.key === "+" ? 1.25 : 0.8, 0, 0);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

function median(values) {
  const sorted = values.sort((one, other) => one - other);
  return sorted[sorted.length >> 1];
}

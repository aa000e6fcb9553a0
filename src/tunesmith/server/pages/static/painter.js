// Paints the points of a map into the pixels of a canvas: 100,000 points in a few milliseconds,
// without WebGL. Positions stay Float32; a view maps them to the canvas.

const GRID = 256;

/** The part of the map that is shown: centre and pixels per unit, shared by linked maps. */
export class View {
  constructor() {
    this.x = 0;
    this.y = 0;
    this.scale = 1;
    this.listeners = new Set();
  }

  changed() {
    for (const listener of this.listeners) listener();
  }

  fit(extent, width, height) {
    const [left, top, right, bottom] = extent;
    this.x = (left + right) / 2;
    this.y = (top + bottom) / 2;
    const span = Math.max((right - left) / width, (bottom - top) / height, 1e-9);
    this.scale = 0.92 / span;
    this.changed();
  }

  drag(dx, dy) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.changed();
  }

  /** Zoom by a factor around a place of the canvas, measured from its centre in pixels. */
  zoom(factor, dx, dy) {
    const scale = Math.min(Math.max(this.scale * factor, 1e-3), 1e6);
    const applied = scale / this.scale;
    this.x += (dx / this.scale) * (1 - 1 / applied);
    this.y += (dy / this.scale) * (1 - 1 / applied);
    this.scale = scale;
    this.changed();
  }
}

/** The left, top, right and bottom of all points of several maps. */
export function extentOf(...maps) {
  const extent = [Infinity, Infinity, -Infinity, -Infinity];
  for (const points of maps) {
    for (let index = 0; index < points.length; index += 2) {
      extent[0] = Math.min(extent[0], points[index]);
      extent[2] = Math.max(extent[2], points[index]);
      extent[1] = Math.min(extent[1], points[index + 1]);
      extent[3] = Math.max(extent[3], points[index + 1]);
    }
  }
  return Number.isFinite(extent[0]) ? extent : [-1, -1, 1, 1];
}

/** A disc as rows of coverage from 0 to 1, so that its edge is smooth. */
function disc(radius) {
  const reach = Math.ceil(radius);
  const cells = [];
  for (let dy = -reach; dy <= reach; dy += 1) {
    for (let dx = -reach; dx <= reach; dx += 1) {
      const cover = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(dx, dy)));
      if (cover > 0) cells.push([dx, dy, cover]);
    }
  }
  return cells;
}

/** Parse a CSS colour such as #2f6fb2 or rgb(47, 111, 178) into three numbers. */
export function rgb(colour) {
  const hex = /^#([0-9a-f]{6})$/i.exec(colour.trim());
  if (hex) return [0, 2, 4].map((at) => parseInt(hex[1].slice(at, at + 2), 16));
  const parts = colour.match(/[\d.]+/g) ?? ["128", "128", "128"];
  return parts.slice(0, 3).map(Number);
}

const mixed = (from, to, share) => from.map((value, at) => Math.round(value + (to[at] - value) * share));

export class Painter {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Float32Array} points x and y of each text
   * @param {View} view
   */
  constructor(canvas, points, view) {
    this.canvas = canvas;
    this.points = points;
    this.view = view;
    this.colours = null; // of each point, an index of the palette, Uint16Array
    this.palette = [];
    this.paper = [255, 255, 255];
    this.selected = null; // Uint8Array shared by linked maps
    this.cursor = -1;
    this.queued = false;
    view.listeners.add(() => this.queue());
  }

  queue() {
    if (this.queued) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      this.paint();
    });
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    const { width, height } = this.canvas.getBoundingClientRect();
    const wide = Math.max(1, Math.round(width * ratio));
    const high = Math.max(1, Math.round(height * ratio));
    if (wide !== this.canvas.width || high !== this.canvas.height || !this.pixels) {
      this.canvas.width = wide;
      this.canvas.height = high;
      this.context = this.canvas.getContext("2d", { alpha: false });
      this.image = this.context.createImageData(wide, high);
      this.pixels = new Int32Array(this.image.data.buffer);
      this.ratio = ratio;
    }
  }

  /** The place of a point on the canvas, in device pixels. */
  place(index) {
    const scale = this.view.scale * this.ratio;
    return [
      (this.points[2 * index] - this.view.x) * scale + this.canvas.width / 2,
      (this.points[2 * index + 1] - this.view.y) * scale + this.canvas.height / 2,
    ];
  }

  paint() {
    this.resize();
    this.pixels.fill(packed(this.paper));
    const some = this.selected?.includes(1) ?? false;
    const cells = disc(this.radius());
    // Unselected ones first, in a tint of their class, so that the context stays.
    if (some) this.paintPart(cells, 0, this.palette.map((colour) => mixed(this.paper, colour, 0.3)));
    this.paintPart(cells, some ? 1 : -1, this.palette);
    this.context.putImageData(this.image, 0, 0);
    if (this.cursor >= 0) this.ring(this.cursor);
  }

  radius() {
    const few = Math.sqrt(20_000 / Math.max(this.points.length / 2, 1));
    return this.ratio * Math.min(5, Math.max(1.4, 2.2 * few ** 0.5));
  }

  /** Paint the points of which the selection has this value; -1 for all. */
  paintPart(cells, wanted, palette) {
    const { points, colours, selected, pixels } = this;
    const { width, height } = this.canvas;
    const scale = this.view.scale * this.ratio;
    const left = this.view.x - width / 2 / scale;
    const top = this.view.y - height / 2 / scale;
    const reach = Math.ceil(this.radius());
    const inks = palette.map((colour) => this.inks(cells, colour));
    for (let index = 0, count = points.length / 2; index < count; index += 1) {
      if (wanted >= 0 && selected[index] !== wanted) continue;
      const x = ((points[2 * index] - left) * scale) | 0;
      const y = ((points[2 * index + 1] - top) * scale) | 0;
      if (x < reach || y < reach || x >= width - reach || y >= height - reach) continue;
      const ink = inks[colours[index]];
      const at = y * width + x;
      for (let cell = 0; cell < cells.length; cell += 1) {
        pixels[at + cells[cell][1] * width + cells[cell][0]] = ink[cell];
      }
    }
  }

  inks(cells, colour) {
    return Int32Array.from(cells, ([, , cover]) => packed(mixed(this.paper, colour, cover)));
  }

  ring(index) {
    const [x, y] = this.place(index);
    this.context.lineWidth = 2 * this.ratio;
    this.context.strokeStyle = this.accent;
    this.context.beginPath();
    this.context.arc(x, y, this.radius() + 4 * this.ratio, 0, 2 * Math.PI);
    this.context.stroke();
  }

  /** The point nearest to a place of the canvas (CSS pixels), or -1 if none is within 12. */
  nearest(x, y) {
    const grid = this.grid();
    const wantedX = (x - this.canvas.width / this.ratio / 2) / this.view.scale + this.view.x;
    const wantedY = (y - this.canvas.height / this.ratio / 2) / this.view.scale + this.view.y;
    const reach = 12 / this.view.scale;
    let [best, distance] = [-1, reach * reach];
    for (const index of grid.within(wantedX, wantedY, reach)) {
      const dx = this.points[2 * index] - wantedX;
      const dy = this.points[2 * index + 1] - wantedY;
      if (dx * dx + dy * dy < distance) [best, distance] = [index, dx * dx + dy * dy];
    }
    return best;
  }

  /** Move the view if a point is not on the canvas. */
  reveal(index) {
    const [x, y] = this.place(index);
    const { width, height } = this.canvas;
    if (x >= 0 && y >= 0 && x <= width && y <= height) return;
    this.view.drag((width / 2 - x) / this.ratio, (height / 2 - y) / this.ratio);
  }

  /** The point nearest to the middle of what is shown. */
  nearestToCentre() {
    let [best, least] = [-1, Infinity];
    for (let index = 0; index < this.points.length / 2; index += 1) {
      const far = Math.hypot(this.points[2 * index] - this.view.x, this.points[2 * index + 1] - this.view.y);
      if (far < least) [best, least] = [index, far];
    }
    return best;
  }

  /** The nearest point to the right, left, below or above of another: for the arrow keys. */
  towards(from, dx, dy) {
    let [best, least] = [-1, Infinity];
    for (let index = 0; index < this.points.length / 2; index += 1) {
      if (index === from) continue;
      const x = this.points[2 * index] - this.points[2 * from];
      const y = this.points[2 * index + 1] - this.points[2 * from + 1];
      const along = x * dx + y * dy;
      const across = Math.abs(x * dy) + Math.abs(y * dx);
      if (along > 0 && across <= along && along + 2 * across < least) {
        [best, least] = [index, along + 2 * across];
      }
    }
    return best;
  }

  /** The points inside a closed line of places on the canvas (CSS pixels), by the even-odd rule. */
  inside(line) {
    const corners = line.map(([x, y]) => [
      (x - this.canvas.width / this.ratio / 2) / this.view.scale + this.view.x,
      (y - this.canvas.height / this.ratio / 2) / this.view.scale + this.view.y,
    ]);
    const [left, top, right, bottom] = extentOf(Float32Array.from(corners.flat()));
    const found = [];
    for (let index = 0; index < this.points.length / 2; index += 1) {
      const [x, y] = [this.points[2 * index], this.points[2 * index + 1]];
      if (x < left || x > right || y < top || y > bottom) continue;
      if (encloses(corners, x, y)) found.push(index);
    }
    return found;
  }

  grid() {
    if (this.cells?.points !== this.points) this.cells = new Grid(this.points);
    return this.cells;
  }
}

const packed = ([red, green, blue]) => (255 << 24) | (blue << 16) | (green << 8) | red;

function encloses(corners, x, y) {
  let within = false;
  for (let one = 0, other = corners.length - 1; one < corners.length; other = one, one += 1) {
    const [x1, y1] = corners[one];
    const [x2, y2] = corners[other];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) within = !within;
  }
  return within;
}

/** Points by the cells of a square grid, so that the mouse finds the nearest at once. */
class Grid {
  constructor(points) {
    this.points = points;
    [this.left, this.top, this.right, this.bottom] = extentOf(points);
    const count = points.length / 2;
    const cells = new Uint32Array(count);
    this.starts = new Uint32Array(GRID * GRID + 1);
    for (let index = 0; index < count; index += 1) {
      cells[index] = this.row(points[2 * index + 1]) * GRID + this.column(points[2 * index]);
      this.starts[cells[index] + 1] += 1;
    }
    for (let cell = 0; cell < GRID * GRID; cell += 1) this.starts[cell + 1] += this.starts[cell];
    const next = this.starts.slice();
    this.members = new Uint32Array(count);
    for (let index = 0; index < count; index += 1) this.members[next[cells[index]]++] = index;
  }

  column(x) {
    return clamped(((x - this.left) / (this.right - this.left || 1)) * GRID);
  }

  row(y) {
    return clamped(((y - this.top) / (this.bottom - this.top || 1)) * GRID);
  }

  *within(x, y, reach) {
    for (let row = this.row(y - reach); row <= this.row(y + reach); row += 1) {
      const first = this.starts[row * GRID + this.column(x - reach)];
      const last = this.starts[row * GRID + this.column(x + reach) + 1];
      yield* this.members.subarray(first, last);
    }
  }
}

const clamped = (value) => Math.min(GRID - 1, Math.max(0, Math.floor(value)));

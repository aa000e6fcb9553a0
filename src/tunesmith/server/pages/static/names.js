// The names of the labels on a map: near the middle of their texts, and never on each other.

const STEPS = [0, 1, -1]; // lines; a name farther from its texts would mislead
const GAP = 2; // pixels between two names

/** The median place of the texts of each of the first labels, or null without a text. */
export function middles(points, labels, count) {
  const found = Array.from({ length: count }, () => [[], []]);
  labels.forEach((label, index) => {
    if (label >= count) return;
    found[label][0].push(points[2 * index]);
    found[label][1].push(points[2 * index + 1]);
  });
  return found.map(([across, down]) => (across.length ? [median(across), median(down)] : null));
}

function median(values) {
  return Float32Array.from(values).sort()[values.length >> 1];
}

/** Put the names of one map at their places in a view; one without room is hidden. */
export function placeNames(items, places, view, width, height) {
  const taken = [];
  items.forEach((item, number) => {
    const [wide, high] = measured(item);
    const spot = places[number] && free(places[number], view, [width, height], [wide, high], taken);
    item.style.visibility = spot ? "visible" : "hidden";
    if (!spot) return;
    taken.push(spot);
    item.style.transform = `translate(${spot.left}px, ${spot.top}px)`;
  });
}

function free([x, y], view, [width, height], [wide, high], taken) {
  const across = (x - view.x) * view.scale + width / 2;
  const down = (y - view.y) * view.scale + height / 2;
  if (across < 0 || down < 0 || across > width || down > height) return null;
  const left = Math.round(Math.min(Math.max(across - wide / 2, GAP), width - wide - GAP));
  for (const step of STEPS) {
    const top = Math.round(down - high / 2 + step * (high + GAP));
    const box = { left, top, right: left + wide + GAP, bottom: top + high + GAP };
    const covers = (other) =>
      box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top;
    if (top >= GAP && box.bottom <= height && !taken.some(covers)) return box;
  }
  return null;
}

/** The size of a name, which is measured once: that of each frame would cost its time. */
function measured(item) {
  if (!item.size?.[0]) item.size = [item.offsetWidth, item.offsetHeight];
  return item.size;
}

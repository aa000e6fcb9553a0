// The text at the cursor, in a corner of its map that neither the point nor the mouse is in.

const GAP = 12; // pixels around the box, and as near as a point can be to the mouse
const WIDEST = 340;

/** Show the text of a rendered entry; without one, nothing. */
export function tell(box, html, place) {
  const entry = document.createElement("template");
  entry.innerHTML = html;
  const parts = ["span", "small"].map((name) => entry.content.querySelector(name)).filter(Boolean);
  box.replaceChildren(
    ...parts.map((part) => Object.assign(document.createElement(part.localName), { textContent: part.textContent })),
  );
  if (parts.length) put(box, place);
}

/** Put the box at the top of what is seen of the map, on the side with more room. */
function put(box, { canvas, x }) {
  const [map, all] = [canvas.getBoundingClientRect(), box.parentElement.getBoundingClientRect()];
  const right = x < map.width / 2;
  const width = Math.min(WIDEST, (right ? map.width - x : x) - 3 * GAP);
  const left = right ? map.width - GAP - width : GAP;
  box.style.width = `${width}px`;
  box.style.left = `${map.left - all.left + left}px`;
  box.style.top = `${map.top - all.top + GAP + Math.max(0, -map.top)}px`;
}

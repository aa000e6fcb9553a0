"use strict";
const all = (query, root = document) => [...root.querySelectorAll(query)];

// Copy buttons.
for (const block of all("pre")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.onclick = async () => {
    await navigator.clipboard.writeText(block.innerText);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  };
  block.closest(".use").append(button);
}

// A link opens the section that it leads to, and printing opens all.
const open = (section) => all(":scope > details", section).forEach((fold) => (fold.open = true));
const reveal = (hash) => {
  const section = hash.length > 1 && document.getElementById(hash.slice(1));
  if (section) open(section);
};
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  if (link) reveal(link.hash);
});
window.addEventListener("beforeprint", () => all("main > section").forEach(open));
reveal(location.hash);
const switcher = document.createElement("button");
switcher.type = "button";
switcher.className = "open-all";
switcher.textContent = "Open all sections";
switcher.onclick = () => all("main > section").forEach(open);
document.querySelector("nav").after(switcher);

// A note at tables that are wider than the screen.
const measure = new ResizeObserver((entries) => {
  for (const { target } of entries) target.classList.toggle("cut", target.scrollWidth > target.clientWidth + 1);
});
all(".box").forEach((box) => measure.observe(box));

// Tables sorted by a click on a heading.
const shown = (row, column) => row.cells[column].innerText.trim().replace("\u2212", "-").replaceAll(",", "");
for (const table of all("table[data-sortable]")) {
  const body = table.tBodies[0];
  const heads = all("th[data-sort]", table);
  heads.forEach((head) => {
    const column = Number(head.dataset.sort);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.onclick = () => {
      const descending = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const order = (a, b) => shown(a, column).localeCompare(shown(b, column), undefined, { numeric: true });
      const number = (a, b) => parseFloat(shown(a, column)) - parseFloat(shown(b, column));
      const rows = [...body.rows].sort(column ? number : order);
      body.append(...(descending ? rows.reverse() : rows));
    };
  });
}

// Maps: the same text is marked on every map, and the arrow keys go to the nearest one.
const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const middle = (mark) => {
  const box = mark.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
};
const nearest = (marks, from, [dx, dy]) => {
  const [x, y] = middle(marks[from]);
  let best = from;
  let least = Infinity;
  marks.forEach((mark, index) => {
    const [right, down] = middle(mark);
    const ahead = (right - x) * dx + (down - y) * dy;
    const aside = Math.abs((right - x) * dy) + Math.abs((down - y) * dx);
    if (ahead > 0.5 && aside <= 2 * ahead && ahead + 2 * aside < least) [best, least] = [index, ahead + 2 * aside];
  });
  return best;
};
for (const maps of all(".maps")) {
  const charts = all(".marks", maps);
  const marks = charts.map((chart) => all(".s > *", chart));
  const readout = maps.querySelector("[role=status]");
  let picked = null;
  const pick = (index) => {
    marks.forEach((own) => own[picked]?.classList.remove("picked"));
    marks.forEach((own) => own[index].classList.add("picked"));
    readout.textContent = marks[0][index].textContent;
    picked = index;
  };
  charts.forEach((chart, number) => {
    chart.tabIndex = 0;
    chart.setAttribute("role", "application");
    chart.addEventListener("keydown", (event) => {
      const direction = directions[event.key];
      if (!direction) return;
      event.preventDefault();
      pick(picked === null ? 0 : nearest(marks[number], picked, direction));
    });
    for (const kind of ["pointerover", "click"]) {
      chart.addEventListener(kind, (event) => {
        const index = marks[number].indexOf(event.target);
        if (index >= 0) pick(index);
      });
    }
  });
}

"use strict";
for (const block of document.querySelectorAll("pre")) {
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
const shown = (row, column) => row.cells[column].innerText.trim().replace("\u2212", "-").replaceAll(",", "");
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const body = table.tBodies[0];
  const heads = [...table.querySelectorAll("th[data-sort]")];
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

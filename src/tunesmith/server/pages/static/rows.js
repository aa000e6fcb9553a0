// Chosen rows of a table: ranges with Shift, arrow keys between them, and how many there are.

const form = document.querySelector("[data-rows]");
const boxes = [...form.querySelectorAll("input[name=row]")];
const state = form.querySelector("[data-chosen]");
let last = null;

function count() {
  const number = boxes.filter((box) => box.checked).length;
  const hint = "Tick rows to change them; Shift ticks all rows between.";
  form.toggleAttribute("data-none", !number);
  // A table without rows has no place for the number.
  if (state) state.textContent = number ? `${number} ${number === 1 ? "row" : "rows"} chosen` : hint;
}

function range(from, to, checked) {
  const [first, end] = [boxes.indexOf(from), boxes.indexOf(to)].sort((a, b) => a - b);
  for (const box of boxes.slice(first, end + 1)) box.checked = checked;
}

form.addEventListener("click", (event) => {
  if (!boxes.includes(event.target)) return;
  if (event.shiftKey && last) range(last, event.target, event.target.checked);
  last = event.target;
  count();
});
form.addEventListener("keydown", (event) => {
  const place = boxes.indexOf(event.target);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (place < 0 || !step || !boxes[place + step]) return;
  event.preventDefault();
  const next = boxes[place + step];
  if (event.shiftKey) {
    range(event.target, next, true);
    last = next;
    count();
  }
  next.focus();
});
count();

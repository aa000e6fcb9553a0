// A box in the head of a table that checks all boxes of its rows.

const all = document.getElementById("check-all");
const boxes = [...document.querySelectorAll("input[name=row]")];
all.hidden = false;
all.addEventListener("change", () => {
  for (const box of boxes) box.checked = all.checked;
});
for (const box of boxes) {
  box.addEventListener("change", () => {
    all.checked = boxes.every((each) => each.checked);
  });
}

// The plan of a fit follows the form: what would be tried, and how long it takes on this machine.
// (A field called "dataset" hides the property `dataset` of its form.)

const AGAIN_MS = 700;
const form = document.querySelector("form[data-plan]");
let asking = new AbortController();

function asked() {
  const fields = new URLSearchParams(new FormData(form));
  fields.delete("once");
  return fields;
}

function show(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const piece of [...template.content.children]) {
    document.getElementById(piece.id)?.replaceWith(piece);
  }
}

async function update() {
  asking.abort();
  asking = new AbortController();
  try {
    const answer = await fetch(`${form.getAttribute("data-plan")}?${asked()}`, { signal: asking.signal });
    if (answer.ok) show(await answer.text());
  } catch (error) {
    if (error.name === "AbortError") return; // a later question is on its way
  }
  if (document.querySelector("#plan[data-wait]")) setTimeout(update, AGAIN_MS);
}

if (form) {
  form.querySelector("[data-update]").hidden = true;
  form.addEventListener("change", ({ target }) => {
    // The recipes depend on the data set, so another one is another page.
    if (target.name === "dataset") return location.assign(`?${asked()}`);
    history.replaceState(null, "", `?${asked()}`);
    update();
  });
  if (document.querySelector("#plan[data-wait]")) update();
}

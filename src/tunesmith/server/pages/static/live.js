// A page that changes by itself: each event is HTML with an id, which replaces the element of it.

const AGAIN_MS = 2000;

function replace(event) {
  const template = document.createElement("template");
  template.innerHTML = event.data;
  for (const piece of [...template.content.children]) {
    const old = document.getElementById(piece.id);
    if (old && !old.isEqualNode(piece)) exchange(old, piece);
  }
}

// Who is on a button with the keyboard stays on it.
function exchange(old, piece) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(piece);
  if (!focused) return;
  const same = (one) => one.name === focused.name && one.textContent === focused.textContent;
  [...piece.querySelectorAll(focused.localName)].find(same)?.focus();
}

function follow(address) {
  const source = new EventSource(address);
  source.addEventListener("message", replace);
  source.addEventListener("end", () => source.close());
  // A browser connects again after a lost connection, but not after an answer that is an error.
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(follow, AGAIN_MS, address);
    }
  });
}

for (const element of document.querySelectorAll("[data-events]")) {
  follow(element.dataset.events);
}

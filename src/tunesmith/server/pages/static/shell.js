// Keys of every page: "/" finds words, "?" shows the keys. Without this module, links lead to both.

const find = document.getElementById("find-dialog");
const keys = document.getElementById("keys-dialog");

function typing(element) {
  return element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
}

function open(dialog) {
  if (document.querySelector("dialog[open]")) return;
  dialog.showModal();
  dialog.querySelector("input")?.select();
}

// A page describes its own keys in a template with the id "keys".
const own = document.querySelector("template#keys");
if (keys && own) keys.querySelector("[data-own]").append(own.content.cloneNode(true));

// On the window, after the listeners of the document: a page's own key wins.
window.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (typing(event.target)) return;
  const dialog = { "/": find, "?": keys }[event.key];
  if (!dialog) return;
  event.preventDefault();
  open(dialog);
});

for (const link of document.querySelectorAll("[data-opens]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // in a tab of its own
    event.preventDefault();
    open(document.getElementById(link.dataset.opens));
  });
}

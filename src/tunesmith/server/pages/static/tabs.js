// On a narrow screen, the tab of the page is scrolled into view.

const current = document.querySelector(".tabs [aria-current]");
if (current) {
  const tabs = current.parentElement;
  tabs.scrollLeft = current.offsetLeft - (tabs.clientWidth - current.offsetWidth) / 2;
}

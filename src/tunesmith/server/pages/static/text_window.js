// A long list of texts: only the parts near the visible ones are in the page.

const PART = 50; // texts fetched at a time
const MARGIN = "600px 0px"; // around what is visible
const MOST = 200_000; // a browser cannot scroll much farther

export class TextWindow {
  /**
   * @param {HTMLElement} panel that scrolls
   * @param {Function} fetched returns the HTML of some texts, from their numbers and that of the first
   * @param {Function} filled is called with each part that was filled
   */
  constructor(panel, fetched, filled) {
    [this.panel, this.fetched, this.filled] = [panel, fetched, filled];
    this.places = [];
    this.parts = [];
    this.rowHeight = 64;
    this.observer = new IntersectionObserver((seen) => seen.forEach((one) => this.turn(one)), {
      root: panel,
      rootMargin: MARGIN,
    });
  }

  /** Show these texts; the same list again is only filled again, and stays where it is. */
  async show(places) {
    if (places === this.places) {
      await Promise.all(this.parts.filter((part) => part.childElementCount).map((part) => this.fill(part)));
      return;
    }
    this.places = places;
    this.observer.disconnect();
    this.parts = Array.from({ length: Math.ceil(Math.min(places.length, MOST) / PART) }, (_, at) => this.made(at));
    this.panel.replaceChildren(...(places.length ? [this.table()] : []));
    this.panel.scrollTop = 0;
    if (this.parts.length) await this.fill(this.parts[0]);
    for (const part of this.parts) this.observer.observe(part);
  }

  table() {
    const table = document.createElement("div");
    table.className = "texts";
    table.setAttribute("role", "table");
    table.setAttribute("aria-label", "Selected texts");
    table.setAttribute("aria-rowcount", String(this.places.length));
    table.append(...this.parts);
    return table;
  }

  made(at) {
    const part = document.createElement("div");
    part.dataset.start = String(at * PART);
    this.hold(part);
    return part;
  }

  numbers(part) {
    const start = Number(part.dataset.start);
    return this.places.slice(start, Math.min(start + PART, MOST));
  }

  /** Give an empty part the height that it will have, so that the others stay where they are. */
  hold(part) {
    part.style.height = `${part.offsetHeight || this.numbers(part).length * this.rowHeight}px`;
    part.replaceChildren();
  }

  async fill(part) {
    const { places } = this;
    const html = await this.fetched(this.numbers(part), Number(part.dataset.start));
    if (places !== this.places || !html) return;
    part.innerHTML = html;
    part.style.height = "";
    if (part.offsetHeight) this.rowHeight = part.offsetHeight / part.childElementCount;
    this.filled(part);
  }

  turn({ target, isIntersecting }) {
    const isFilled = target.childElementCount > 0;
    if (isIntersecting && !isFilled) this.fill(target);
    else if (!isIntersecting && isFilled && !target.contains(document.activeElement)) this.hold(target);
  }
}

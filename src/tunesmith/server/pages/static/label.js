// Labelling: texts are selected on the map, by search or by a label, and a key gives them a label.
// The server holds the labels; after each act the page asks for what has changed.

import { cutMiddle } from "./cut_middle.js";
import { LabelMap } from "./label_map.js";
import { LabelServer } from "./label_server.js";
import { TextWindow } from "./text_window.js";

const AGAIN_MS = 1500;
const NEAREST = 10; // selected at first of the texts that are nearest: one key labels them all
const NAMED = 60; // characters of a label that are shown; its title has all
const NONE = 65535;

const root = document.getElementById("label");
const count = Number(root.dataset.texts);
const may = "may" in root.dataset;
const $ = (name, within = document) => within.querySelector(`[data-${name}]`);
const number = new Intl.NumberFormat("en");

let state = null;
let codes = new Uint16Array(count).fill(NONE);
let marks = new Uint8Array(count);
let doubts = new Float32Array(count);
let found = []; // positions in the order of the list
let ranked = null; // positions by their score, of which the nearest are selected
let skipped = new Set();
let asking = 0;
const unticked = new Set();
const map = new LabelMap(root, count, { select: selectOnMap, point });
const server = new LabelServer(root.dataset, complain);
const texts = new TextWindow($("list"), listed, ticked);
const empty = $("empty").textContent;

start();

async function start() {
  await refresh(await server.asked("state"));
  document.addEventListener("keydown", press);
  root.addEventListener("click", click);
  root.addEventListener("change", changed);
  document.addEventListener("submit", submit);
  $("ranked").addEventListener("input", () => nearest(Number(root.querySelector("#how-many").value)));
}

function complain(message) {
  const note = $("problem");
  note.textContent = message;
  note.hidden = !message;
}

// The state

async function refresh(next) {
  if (!next) return later();
  const before = state;
  state = next;
  if (before?.revision !== next.revision) await labels();
  if (before?.considered !== next.considered) await guesses();
  if (next.has_map && !map.painter) map.open(new Float32Array(await server.bytes("places")));
  if (before?.revision !== next.revision || before?.considered !== next.considered || !before) {
    map.recolour(codes, next.labels);
    if (before) await card();
    await list();
  }
  facts();
  if (map.painter || next.problem) whenPainted(() => root.setAttribute("data-ready", ""));
  if (!next.problem && (next.working || !next.has_map)) later();
}

/** What is queued is painted in the next frame. */
function whenPainted(then) {
  requestAnimationFrame(() => requestAnimationFrame(then));
}

function later() {
  clearTimeout(asking);
  asking = setTimeout(async () => refresh(await server.asked("state")), AGAIN_MS);
}

async function labels() {
  const buffer = await server.bytes("codes");
  if (!buffer) return;
  codes = new Uint16Array(buffer.slice(0, 2 * count));
  marks = new Uint8Array(buffer, 2 * count, count);
  if (state.revision) $("acts").innerHTML = await server.html("acts");
}

async function guesses() {
  const buffer = await server.bytes("guesses");
  if (buffer) doubts = new Float32Array(buffer.slice(0, 4 * count));
}

function facts() {
  const { labelled, unsure, texts, outlook, working, problem } = state;
  const numbers = { labelled, unsure, unlabelled: texts - labelled, changed: state.new, new: state.new };
  for (const [name, value] of Object.entries(numbers)) $(name).textContent = number.format(value);
  $("new-word").textContent = state.new === 1 ? "label" : "labels";
  $("outlook").textContent = outlook;
  $("open").textContent = String(state.suggestions.length);
  $("working").textContent = working;
  $("working").hidden = !working;
  $("waiting").hidden = state.has_map;
  if (problem) complain(problem);
  if (may) {
    $("undo").disabled = !state.can_undo;
    $("redo").disabled = !state.can_redo;
    $("fit").disabled = state.new === 0;
  }
  names();
}

function names() {
  const lines = state.labels.map((label, at) => {
    const line = document.createElement("li");
    const assign = element("button", { className: "label-name", disabled: !may });
    assign.dataset.assign = label.name;
    assign.append(element("i", { className: `swatch ${label.colour}` }), element("span", { textContent: cutMiddle(label.name, NAMED) }));
    assign.title = label.name;
    if (label.key) assign.append(element("kbd", { textContent: label.key }));
    const select = element("button", { className: "label-count", textContent: number.format(label.texts) });
    select.dataset.of = String(at);
    select.setAttribute("aria-label", `Select ${number.format(label.texts)} labelled ${label.name}`);
    line.append(assign, select);
    return line;
  });
  const { assign, of } = document.activeElement?.dataset ?? {};
  $("labels").replaceChildren(...lines);
  if (assign) lines.find((line) => line.firstChild.dataset.assign === assign)?.firstChild.focus();
  if (of) lines[of]?.lastChild.focus();
  document.getElementById("label-names")?.replaceChildren(
    ...state.labels.map((label) => element("option", { value: label.name })),
  );
}

function element(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

// Selecting

const kept = () => found.filter((index) => !unticked.has(index));
const onList = () => !root.querySelector("[data-panel=list]").hidden;

function select(places, { inOrder = false, near = null, none = empty } = {}) {
  ranked = near;
  $("empty").textContent = none;
  unticked.clear();
  found = inOrder ? [...places] : [...places].sort((one, other) => doubts[other] - doubts[one] || one - other);
  open("list");
  return list();
}

function selectOnMap(places, { adds, removes }) {
  const now = new Set(adds || removes ? kept() : []);
  for (const index of places) {
    if (removes) now.delete(index);
    else now.add(index);
  }
  return select(now);
}

function selectNearest(places) {
  const near = places.length ? places : null;
  return select(places.slice(0, NEAREST), { inOrder: true, near, none: "No text is similar enough." });
}

function nearest(many) {
  unticked.clear();
  found = ranked.slice(0, many);
  return list();
}

async function list() {
  const chosen = kept();
  map.show(chosen);
  $("selected").textContent = number.format(chosen.length);
  $("empty").hidden = found.length > 0;
  $("selection-acts")?.toggleAttribute("hidden", found.length === 0);
  $("ranked").hidden = !ranked;
  if (ranked) {
    const slider = root.querySelector("#how-many");
    slider.max = String(ranked.length);
    slider.value = String(found.length);
    $("how-many").textContent = number.format(found.length);
  }
  target();
  await texts.show(found);
}

/** The HTML of some texts of the list. */
function listed(places, first) {
  return server.html("texts", { rows: places.join(","), first: String(first) });
}

function ticked(part) {
  for (const box of part.querySelectorAll("input")) box.checked = !unticked.has(Number(box.dataset.place));
}

function target() {
  $("target").textContent = onList() ? selectedTexts(kept()) : "for the suggestion";
}

/** What an act would change, with the number of texts whose label it would replace. */
function selectedTexts(places) {
  if (!places.length) return "select texts first";
  const labelled = places.filter(PICKS.labelled).length;
  if (places.length === 1) return `for the selected text${labelled ? ", which has a label already" : ""}`;
  const rest = labelled && `, ${number.format(labelled)} of which ${labelled === 1 ? "has" : "have"} a label already`;
  return `for ${number.format(places.length)} selected texts${rest || ""}`;
}

function open(tab) {
  for (const button of root.querySelectorAll("[data-tab]")) {
    button.setAttribute("aria-pressed", String(button.dataset.tab === tab));
  }
  for (const panel of root.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== tab;
  target();
}

// Acts

async function act(kind, label = null) {
  const one = $("card").dataset.place;
  const places = onList() ? kept() : one === undefined ? [] : [Number(one)];
  if (!may || !places.length) return;
  complain("");
  await refresh(await server.asked("acts", {}, { kind, places, label }));
}

async function turn(redo, act_number = null) {
  if (!may) return;
  complain("");
  await refresh(await server.asked("turn", {}, { redo, number: act_number }));
}

/** Show the next suggestion that was neither looked at nor skipped. */
async function card() {
  const open = state.suggestions;
  const next = open.find((index) => !skipped.has(index)) ?? open[0];
  if (next === undefined) return $("card").replaceChildren(element("p", { className: "empty", textContent: emptied() }));
  const template = document.createElement("template");
  template.innerHTML = await server.html("texts", { rows: String(next), card: "true" });
  const within = $("card").contains(document.activeElement);
  $("card").replaceWith(template.content);
  if (within) $("approve")?.focus();
}

function emptied() {
  delete $("card").dataset.place;
  return state.working
    ? "New suggestions appear here when they are ready."
    : "There is nothing left to suggest: every suggestion was looked at.";
}

function skip() {
  const one = $("card").dataset.place;
  if (one !== undefined) skipped.add(Number(one));
  if (state.suggestions.every((index) => skipped.has(index))) skipped = new Set();
  return card();
}

const PICKS = {
  labelled: (index) => codes[index] !== NONE,
  unlabelled: (index) => codes[index] === NONE,
  unsure: (index) => (marks[index] & 1) > 0,
  changed: (index) => (marks[index] & 4) > 0 && codes[index] !== NONE,
};

const TOOLS = {
  lasso: (button) => button.setAttribute("aria-pressed", String(map.toggleLasso())),
  fit: () => map.fitted(),
  invert: () => {
    const now = new Set(kept());
    return select([...codes.keys()].filter((index) => !now.has(index)));
  },
  clear: () => select([]),
  unsure: () => act("unsure"),
  remove: () => act("clear"),
  like: async () => {
    const rejected = [...unticked].slice(0, 1000);
    const hits = await server.asked("like", {}, { positives: kept().slice(0, 1000), rejected });
    if (hits) await selectNearest(hits.places);
  },
};

function click(event) {
  const button = event.target.closest("button, a");
  if (!button) return;
  const { assign, of, pick, tab, tool } = button.dataset;
  if (assign !== undefined) act("assign", assign);
  else if (of !== undefined) select([...codes.keys()].filter((index) => codes[index] === Number(of)));
  else if (pick) select([...codes.keys()].filter(PICKS[pick]));
  else if (tab) open(tab);
  else if (tool) TOOLS[tool](button);
  else if ("skip" in button.dataset) {
    event.preventDefault();
    skip();
  }
}

function changed(event) {
  const box = event.target.closest("[data-list] input");
  if (!box) return;
  const index = Number(box.dataset.place);
  if (box.checked) unticked.delete(index);
  else unticked.add(index);
  map.show(kept());
  $("selected").textContent = number.format(kept().length);
  target();
}

async function submit(event) {
  const form = event.target;
  const { submitter } = event;
  if (form.matches("[data-search]")) {
    event.preventDefault();
    await search();
  } else if (form.matches("[data-new-label]")) {
    event.preventDefault();
    const field = form.querySelector("input");
    await act("assign", field.value);
    field.value = "";
    field.blur();
  } else if (form.matches("[data-card-form]")) {
    event.preventDefault();
    open("card");
    if (submitter && "unsure" in submitter.dataset) await act("unsure");
    else await act("assign", submitter?.dataset.approve ?? form.elements.new.value);
  } else if (form.matches("[data-turn]")) {
    event.preventDefault();
    const one = form.elements.number?.value;
    const redo = submitter?.name === "redo" || form.querySelector("input[name=redo]") !== null;
    await turn(redo, one === undefined ? null : Number(one));
  }
}

async function search() {
  const words = root.querySelector("#search").value.trim();
  if (!words) return;
  complain("");
  const by = root.querySelector("#search-by").value;
  const hits = await server.asked("find", { [by]: words });
  if (!hits) return;
  if (by === "words") await select(hits.places, { none: "No text has these words." });
  else await selectNearest(hits.places);
}

async function point(index) {
  const panel = $("pointed");
  panel.dataset.index = String(index);
  const line = index < 0 ? "" : await server.html("texts", { rows: String(index) });
  if (panel.dataset.index !== String(index)) return;
  if (line) panel.innerHTML = `<ul class="texts">${line}</ul>`;
  for (const box of panel.querySelectorAll("input")) box.remove();
}

// Keys

const KEYS = {
  u: () => act("unsure"),
  z: () => turn(false),
  y: () => turn(true),
  s: () => skip(),
  n: () => document.getElementById("new-label")?.focus(),
  "/": () => root.querySelector("#search").focus(),
};

function press(event) {
  if (document.querySelector("dialog[open]")) return;
  const typing = event.target.matches("input:not([type=checkbox], [type=range]), select, textarea");
  if (typing) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const key = event.key.toLowerCase();
  const undoing = (event.ctrlKey || event.metaKey) && (key === "z" || key === "y");
  if ((event.ctrlKey || event.metaKey || event.altKey) && !undoing) return;
  if (/^[1-9]$/.test(key) && state?.labels[key - 1]) act("assign", state.labels[key - 1].name);
  else if (key === "enter" && event.target === document.body && !onList() && $("approve")) act("assign", $("approve").dataset.approve);
  else if (key === "escape") select([]);
  else if (key === "z" && event.shiftKey) turn(true);
  else if (key in KEYS) KEYS[key]();
  else return;
  event.preventDefault();
}

"use strict";
// Without this script the page is a plain document: links lead to the entries, and each opens by its own summary.

const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
const byId = (id) => document.getElementById(id);

function say(text) {
  byId("status").textContent = text;
}

// Where there is room, a panel beside the map shows a copy of the entry; elsewhere the entry itself is opened.
function show(number, moveFocus) {
  const entry = byId("entry-" + number);
  if (!entry) return;
  fill(number, entry);
  mark(number);
  if (!moveFocus) return;
  if (byId("why").offsetParent) {
    byId("why-title").focus({ preventScroll: true });
    byId("why").scrollIntoView({ block: "nearest" });
  } else {
    entry.open = true;
    entry.querySelector("summary").focus({ preventScroll: true });
    entry.scrollIntoView();
  }
  say("Entry " + number + ", " + entry.dataset.verdict + ": " + entry.querySelector("h3").textContent);
}

function fill(number, entry) {
  byId("why-title").textContent = number + ". " + entry.querySelector("h3").textContent;
  const badge = entry.querySelector("summary .badge").cloneNode(true);
  byId("why-body").replaceChildren(badge, ...entry.querySelector(".why").cloneNode(true).childNodes);
  byId("why").className = "v-" + entry.dataset.verdict;
  byId("why").scrollTop = 0;
}

function mark(number) {
  all(".chosen").forEach((item) => item.classList.remove("chosen"));
  all('svg a[data-entry="' + number + '"], tr[data-entry="' + number + '"]').forEach((item) => {
    item.classList.add("chosen");
  });
  all("a[data-entry]").forEach((item) => {
    if (item.dataset.entry === String(number)) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
  });
}

// A sign and its line are two links: pointing at one lights up both.
function light(event) {
  const link = event.target.closest("svg a[data-entry]");
  all(".hot").forEach((item) => item.classList.remove("hot"));
  if (link) all('svg a[data-entry="' + link.dataset.entry + '"]').forEach((item) => item.classList.add("hot"));
}

function onClick(event) {
  const link = event.target.closest("a[data-entry]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(link.dataset.entry, true);
}

function filter(word) {
  all("[data-filter]").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.filter === word));
  });
  let shown = 0;
  all("[data-verdict]").forEach((item) => {
    const isShown = word === "all" || item.dataset.verdict === word;
    item.classList.toggle("off", !isShown);
    if (item.tagName === "TR" && isShown) shown += 1;
  });
  say(shown === 1 ? "1 entry shown" : shown + " entries shown");
}

// Paper cannot be clicked: everything is opened for printing and closed again.
let opened = [];
function openAll() {
  opened = all("details.entry:not([open])");
  opened.forEach((item) => { item.open = true; });
}
function closeAgain() {
  opened.forEach((item) => { item.open = false; });
}

function openTarget() {
  const target = location.hash.startsWith("#entry-") ? byId(location.hash.slice(1)) : null;
  if (target) target.open = true;
}

function start() {
  document.documentElement.classList.add("js");
  byId("why").hidden = false;
  all(".filters").forEach((item) => { item.hidden = false; });
  document.addEventListener("click", onClick);
  ["pointerover", "focusin"].forEach((kind) => document.addEventListener(kind, light));
  all("[data-filter]").forEach((button) => button.addEventListener("click", () => filter(button.dataset.filter)));
  window.addEventListener("beforeprint", openAll);
  window.addEventListener("afterprint", closeAgain);
  window.addEventListener("hashchange", openTarget);
  all(".scroll").forEach((item) => { item.scrollLeft = (item.scrollWidth - item.clientWidth) / 2; });
  openTarget();
  if (byId("why").offsetParent) show(1, false);
}

start();

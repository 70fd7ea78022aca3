// Shortcuts. A list page walks its questions; a question's page goes to the one before or after.
// From the search box the arrow keys walk the hits, and back.
const summaries = () => [...document.querySelectorAll(".entry > summary")];
const dialog = document.querySelector("dialog.shortcuts");
const onOff = dialog.querySelector("[type=checkbox]");
const box = document.querySelector(".search input");

const keys = {
  j: () => go(1),
  k: () => go(-1),
  ArrowDown: ({ target }) => (isEntry(target) && go(1)) || (target === box && toHits()),
  ArrowUp: ({ target }) => isEntry(target) && (go(-1) || toBox()),
  Escape: ({ target }, text) => target === box && (text ? clear() : leave()),
  o: () => current()?.click(), // Enter does so by itself
  e: () => (document.querySelector("[data-show=all]:not([aria-current])") ?? document.querySelector("[data-show=titles]"))?.click(),
  "?": () => showHelp(),
};

// Answer one key, pressed where `text` stood. This file is loaded at the first key: its event may be
// over, and the focus elsewhere. If no earlier key has moved it there, the reader has gone on.
export function press(event, text) {
  const { activeElement } = document;
  if (activeElement !== event.target && !isEntry(activeElement)) return;
  if (keys[event.key]?.(event, text)) event.preventDefault();
}

export function showHelp() {
  onOff.checked = document.documentElement.dataset.shortcuts !== "off";
  dialog.showModal();
}

onOff.addEventListener("change", () => {
  const { dataset } = document.documentElement;
  if (onOff.checked) delete dataset.shortcuts;
  else dataset.shortcuts = "off";
  try {
    localStorage.setItem("shortcuts", onOff.checked ? "on" : "off");
  } catch {
    // Blocked: it lasts as long as the page.
  }
});

const isEntry = (element) => element.matches(".entry > summary");

// The question that has the focus, or around the focus; else the one at the top of the window.
function current() {
  const entry = document.activeElement.closest(".entry");
  return entry ? entry.querySelector("summary") : summaries().find(isInView);
}

function isInView(summary) {
  const top = document.querySelector(".site-header").getBoundingClientRect().bottom;
  const box = summary.getBoundingClientRect();
  return box.top >= top && box.bottom <= innerHeight;
}

function toHits() {
  const first = document.querySelector(".hits .entry > summary");
  first?.focus();
  return Boolean(first);
}

function toBox() {
  if (document.querySelector(".hits")) box.focus();
  return Boolean(document.querySelector(".hits"));
}

function clear() {
  if (!box.value) return false;
  box.value = "";
  box.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
}

function leave() {
  box.blur();
  return true;
}

function go(step) {
  const all = summaries();
  if (!all.length) {
    document.querySelector(`[rel=${step > 0 ? "next" : "prev"}]`)?.click();
    return false;
  }
  const focused = document.activeElement.closest(".entry");
  const from = focused ? all.indexOf(focused.querySelector("summary")) : -1;
  const first = Math.max(all.findIndex(isInView), 0);
  const next = from < 0 ? all[first] : all[from + step];
  next?.focus();
  return Boolean(next);
}

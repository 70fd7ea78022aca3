// Shortcuts. A list page walks its questions; a question's page goes to the one before or after.
const summaries = () => [...document.querySelectorAll(".entry > summary")];
const dialog = document.getElementById("shortcuts");
const onOff = dialog.querySelector("[type=checkbox]");

const keys = {
  j: () => go(1),
  k: () => go(-1),
  ArrowDown: (event) => isEntry(event.target) && go(1),
  ArrowUp: (event) => isEntry(event.target) && go(-1),
  o: () => current()?.click(), // Enter does so by itself
  e: () => document.getElementById("expand-all")?.click(),
  "?": () => showHelp(),
};

// Answer one key. Its event may be over: this file is loaded at the first key.
export function press(event) {
  if (keys[event.key]?.(event)) event.preventDefault();
}

export function showHelp() {
  onOff.checked = localStorage.getItem("shortcuts") !== "off";
  dialog.showModal();
}

onOff.addEventListener("change", () => {
  if (onOff.checked) localStorage.removeItem("shortcuts");
  else localStorage.setItem("shortcuts", "off");
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

function go(step) {
  const all = summaries();
  if (!all.length) {
    document.querySelector(`.neighbors [rel=${step > 0 ? "next" : "prev"}]`)?.click();
    return false;
  }
  const focused = document.activeElement.closest(".entry");
  const from = focused ? all.indexOf(focused.querySelector("summary")) : -1;
  const first = Math.max(all.findIndex(isInView), 0);
  const next = from < 0 ? all[first] : all[from + step];
  next?.focus();
  return Boolean(next);
}

// On every page: `/` goes to the search box, Escape clears it, arrow keys walk the hits from there
// and back. Enter opens a hit by itself: hits are <details>.
(() => {
  const box = () => document.getElementById("q");
  const hits = () => [...document.querySelectorAll(".hits .entry > summary")];

  // Single keys have an off switch: a voice that dictates presses many (WCAG 2.1.4).
  function singleKeysAreOff() {
    try {
      return localStorage.getItem("shortcuts") === "off";
    } catch {
      return false; // storage is blocked
    }
  }

  const isTyping = (element) =>
    element.isContentEditable || element.matches("input:not([type=radio], [type=checkbox]), select, textarea");

  function clear() {
    box().value = "";
    box().dispatchEvent(new Event("input", { bubbles: true }));
  }

  // The neighbor of `element` in the row that the box and the hits make.
  function step(element, by) {
    const row = [box(), ...hits()];
    return row[row.indexOf(element) + by];
  }

  function answer(event) {
    const { key, target } = event;
    if (key === "/" && !isTyping(target) && !singleKeysAreOff()) {
      box().focus();
      box().select();
      return true;
    }
    if (key === "Escape" && target === box() && target.value) {
      clear();
      return true;
    }
    const by = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (!by || !(target === box() || hits().includes(target))) return false;
    const next = step(target, by);
    next?.focus();
    return Boolean(next);
  }

  // On the way down, before others: one key does one thing.
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      if (answer(event)) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    },
    true,
  );
})();

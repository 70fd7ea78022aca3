// The state of a question, as a shape and a word; and on lists, of each that was practised.
// schedule.js writes down what is read here.
const WORDS = { due: "Due", learning: "Learning", known: "Known", new: "New" };
const SHAPES = {
  due: '<path class="solid" d="M6 .6 11.4 6 6 11.4.6 6z"/>',
  learning: '<circle cx="6" cy="6" r="4.5"/><path class="solid" d="M6 1.5a4.5 4.5 0 0 1 0 9z"/>',
  known: '<circle class="solid" cx="6" cy="6" r="5"/><path class="check" d="m3.8 6.2 1.6 1.6 3-3.4"/>',
  new: '<circle cx="6" cy="6" r="4.5" stroke-dasharray="2 1.7"/>',
};

export function badge(state, text = WORDS[state]) {
  const badge = document.createElement("span");
  badge.className = `state ${state}`;
  badge.innerHTML = `<svg viewBox="0 0 12 12" aria-hidden="true">${SHAPES[state]}</svg>`;
  badge.append(text);
  return badge;
}

// Mark the entries in `root`, or anew where they have changed.
export function mark(root = document) {
  let states = {};
  try {
    states = JSON.parse(localStorage.getItem("practised")) ?? {};
  } catch {
    // blocked
  }
  const now = Date.now();
  for (const level of root.querySelectorAll(".entry > summary > .level")) {
    const { slug } = level.closest(".entry").dataset;
    if (level.nextElementSibling?.matches(".state")) level.nextElementSibling.remove();
    if (!Object.hasOwn(states, slug)) continue;
    const [due, isKnown] = states[slug];
    level.after(badge(due <= now ? "due" : isKnown ? "known" : "learning"));
  }
}

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

// Mark the entries of the list, again after each change of it. Without any practice none is marked.
export function mark() {
  let states = {};
  try {
    states = JSON.parse(localStorage.getItem("practised")) ?? {};
  } catch {
    // blocked
  }
  const now = Date.now();
  const hasPractised = Object.keys(states).length > 0;
  for (const level of document.querySelectorAll(".entry > summary > .level")) {
    const { slug } = level.closest(".entry").dataset;
    if (level.previousElementSibling.matches(".state")) level.previousElementSibling.remove();
    if (!hasPractised) continue;
    const [due, isKnown] = Object.hasOwn(states, slug) ? states[slug] : [];
    level.before(badge(due === undefined ? "new" : due <= now ? "due" : isKnown ? "known" : "learning"));
  }
}

// Called by site.js, where there is something to show.
export function watch() {
  const { statesStyle: href, statesStyleIntegrity: integrity } = document.documentElement.dataset;
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href, integrity });
  style.addEventListener("load", mark);
  document.head.append(style);
  const isEntry = (node) => node.matches?.(".entry") || node.querySelector?.(".entry");
  const changes = new MutationObserver((changed) => {
    if (changed.some(({ addedNodes }) => [...addedNodes].some(isEntry))) mark();
  });
  changes.observe(document.querySelector("main"), { childList: true, subtree: true });
  addEventListener("storage", ({ key }) => key === "practised" && mark());
}

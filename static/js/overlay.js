// One search on every page: a dialog over it, live, with what was searched and read before. It asks
// for the list page's own hits, and shows the first. Loaded when it is first opened.
const TYPING = 150; // ms without a key until what was typed is searched for
const HITS = 6;
const BEFORE = 32; // characters of a passage before the first word that was found
const RECENT = 5;

let made, dialog, box, panel, status, loadModule;
let asked = null; // the request that is under way
let typing = null;
let answered = ""; // the text that the hits on the screen are for

// Open the overlay with what `take` returns in its box, unless that is null; `load` loads a module of
// the site by its name.
export async function open(load, take) {
  loadModule = load;
  await (made ??= make());
  const text = dialog.open ? null : take();
  if (text === null) return;
  box.value = text;
  dialog.showModal();
  search();
}

async function make() {
  const { overlayStyle: href, overlayStyleIntegrity: integrity } = document.documentElement.dataset;
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href, integrity });
  dialog = document.createElement("dialog");
  dialog.className = "overlay";
  dialog.ariaLabel = "Search";
  dialog.setAttribute("closedby", "any");
  dialog.innerHTML = `
    <form action="" role="search">
      <svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="9" cy="9" r="5.5"/><path d="m13.2 13.2 3.8 3.8"/></svg>
      <input type="search" name="q" aria-label="Search questions and answers" maxlength="200"
        autocomplete="off" spellcheck="false">
      <button type="button" data-close aria-label="Close"><kbd>Esc</kbd></button>
    </form>
    <p class="visually-hidden" role="status"></p>
    <div class="panel"></div>
    <p class="keys" aria-hidden="true"><span><kbd>↑</kbd> <kbd>↓</kbd> choose</span> <span><kbd>Enter</kbd> open</span>
      <span><kbd>Shift</kbd> <kbd>Enter</kbd> all in the list</span></p>`;
  box = dialog.querySelector("input");
  box.placeholder = document.querySelector(".site-header .search input")?.placeholder ?? box.ariaLabel;
  panel = dialog.querySelector(".panel");
  status = dialog.querySelector("[role=status]");
  dialog.addEventListener("input", onType);
  dialog.addEventListener("compositionend", onType);
  dialog.addEventListener("keydown", onKey);
  dialog.addEventListener("click", onClick);
  dialog.addEventListener("close", () => asked?.abort());
  dialog.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  await new Promise((done) => {
    for (const event of ["load", "error"]) style.addEventListener(event, done);
    document.head.append(style);
  });
  document.body.append(dialog);
}

const typed = () => box.value.trim().replace(/\s+/g, " ");
const words = () => typed().toLowerCase().split(" ");

function listAddress(text = typed()) {
  const url = new URL(document.querySelector(".brand").href);
  if (text) url.searchParams.set("q", text);
  return url;
}

// Keys and clicks

function onType({ isComposing }) {
  clearTimeout(typing);
  if (!isComposing) typing = setTimeout(search, TYPING);
}

const links = () => [...panel.querySelectorAll("a")];

function onKey(event) {
  if (event.isComposing || event.keyCode === 229) return; // the input method's own
  const { key, target } = event;
  const at = links().indexOf(target);
  if (key === "ArrowDown" || (key === "ArrowUp" && target !== box)) {
    event.preventDefault();
    // In the box the first is marked, as Enter opens it.
    const next = key === "ArrowDown" ? (at < 0 ? Math.min(1, links().length - 1) : at + 1) : at - 1;
    if (next < 0 || (key === "ArrowUp" && next === 0)) box.focus();
    else links()[next]?.focus();
  } else if (key === "Enter" && target === box) {
    event.preventDefault();
    enter(event);
  } else if (key === "Escape" && target === box) {
    event.preventDefault(); // which would empty the box first
    dialog.close();
  } else if (key === "Delete" && target.dataset.forget !== undefined) {
    forget(target.dataset.forget);
  } else if (target.matches("a") && key.length === 1 && key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) {
    box.focus(); // and the letter goes there
  }
}

// What Enter opens: the first, or the list where its hits are not here yet.
function enter(event) {
  const isCurrent = answered === typed();
  const link = event.shiftKey || !isCurrent ? null : links()[0];
  if (link) {
    const { ctrlKey, metaKey } = event;
    link.dispatchEvent(new MouseEvent("click", { ctrlKey, metaKey, bubbles: true, cancelable: true }));
  } else if (typed()) {
    remember(typed());
    location.assign(listAddress());
  }
}

function onClick(event) {
  const button = event.target.closest("button");
  if (button?.dataset.close !== undefined) dialog.close();
  else if (button?.dataset.forget !== undefined) forget(button.dataset.forget);
  const link = event.target.closest("a");
  if (!link) return;
  const isModified = event.ctrlKey || event.metaKey || event.shiftKey;
  if (typed()) remember(typed());
  if (isModified) return;
  if (link.dataset.search === undefined) return dialog.close();
  event.preventDefault();
  box.value = link.textContent;
  box.focus();
  search();
}

// What is kept on the device

function recent(name) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? [];
  } catch {
    return []; // blocked
  }
}

function keep(name, list) {
  try {
    localStorage.setItem(name, JSON.stringify(list));
  } catch {
    // blocked or full
  }
}

const remember = (text) => keep("searches", [text, ...recent("searches").filter((t) => t !== text)].slice(0, RECENT));

// Forget a search by its text, a question by its address, or all ("").
function forget(what) {
  keep("searches", recent("searches").filter((text) => what && text !== what));
  keep("read", recent("read").filter(({ address }) => what && address !== what));
  showRecent();
  box.focus();
}

// What is shown

async function search() {
  clearTimeout(typing);
  asked?.abort();
  const text = typed();
  if (!text) return showRecent();
  const request = (asked = new AbortController());
  panel.ariaBusy = "true";
  try {
    const answer = await fetch(listAddress(text), { headers: { "HX-Request": "true" }, signal: request.signal });
    if (!answer.ok) throw new Error(answer.status);
    const list = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (request === asked) showHits(list, text);
  } catch {
    if (request === asked && !request.signal.aborted) await showKept(request);
  }
}

function show(text, ...parts) {
  const focused = panel.contains(document.activeElement) && document.activeElement.href;
  panel.replaceChildren(...parts);
  if (focused) (links().find(({ href }) => href === focused) ?? box).focus();
  panel.ariaBusy = null;
  answered = typed();
  if (status.textContent !== text) status.textContent = text;
}

function showHits(list, text) {
  const found = list.querySelector(".status")?.textContent.trim() ?? "";
  // The hits and, below their heading, the less close ones.
  const cards = [...list.querySelectorAll(".hits > .card")].map((card) => [...card.querySelectorAll(".entry")]);
  const [hits = [], lessClose = []] = cards;
  if (!hits.length) {
    return show(found, element("p", "note", list.querySelector(".nothing h2")?.textContent || "No question matches."));
  }
  const notes = [...list.querySelectorAll(".corrected")].map((note) => element("p", "note", note.textContent));
  const parts = [...notes, element("ul", "", ...hits.slice(0, HITS).map(hit))];
  const others = lessClose.slice(0, Math.max(0, HITS - hits.length)).map(hit);
  if (others.length) parts.push(heading(list.querySelector(".category-head h2").textContent), element("ul", "", ...others));
  const count = Number(found.match(/\d+/)?.[0] ?? 0) + lessClose.length;
  const number = found.startsWith("At least") ? "" : ` ${count}`; // in a large bank not all are counted
  const seeAll = count > 1 ? `See all${number} in the list` : "See it in the list";
  show(found, ...parts, element("ul", "all", row(listAddress(text), element("span", "title", seeAll))));
}

function hit(entry) {
  const part = (selector) => entry.querySelector(selector);
  const title = element("span", "title", ...part("h3").childNodes);
  Object.assign(title, { lang: part("h3").lang, dir: "auto" });
  const main = element("span", "main", title);
  if (part(".passage")?.textContent.trim()) main.append(shorten(part(".passage")));
  return row(part("[rel=bookmark]").getAttribute("href"), part(".number"), main, part(".level"));
}

// There is one line for a passage: what was found stands near its beginning.
function shorten(passage) {
  const mark = passage.querySelector("mark");
  if (!mark) return passage;
  const before = new Range();
  before.setStart(passage, 0);
  before.setEndBefore(mark);
  const text = before.toString();
  const most = text.length - BEFORE;
  if (most <= 0) return passage;
  const texts = document.createTreeWalker(passage, NodeFilter.SHOW_TEXT);
  for (let rest = text.indexOf(" ", most) + 1 || most; rest > 0; ) {
    const node = texts.nextNode();
    const length = Math.min(rest, node.length);
    node.deleteData(0, length);
    rest -= length;
  }
  passage.prepend("… ");
  return passage;
}

function showRecent() {
  asked = null;
  const searches = recent("searches").map((text) => {
    const item = removable(text, row(listAddress(text), element("span", "title", text)));
    item.firstChild.dataset.search = "";
    return item;
  });
  const read = recent("read").map(({ address, title }) =>
    removable(address, row(address, element("span", "title", title))));
  const parts = [];
  if (searches.length) parts.push(heading("Recent searches"), element("ul", "", ...searches));
  if (read.length) parts.push(heading("Recently read"), element("ul", "", ...read));
  if (parts.length) {
    const button = element("button", "forget", "Forget all");
    Object.assign(button, { type: "button" }).dataset.forget = "";
    parts.push(element("p", "note", "Kept on this device only. ", button));
  }
  show("", ...parts);
}

// Without the server: say so, and offer the titles that are kept.
async function showKept(request) {
  const why = navigator.onLine ? "The search could not be done." : "You are offline: the text of answers can't be searched.";
  let titles = new Map();
  try {
    titles = await (await loadModule("keep")).titles();
  } catch {
    // nothing is kept
  }
  if (request !== asked) return;
  const rows = [...titles]
    .filter(([address, title]) => address.startsWith("/questions/") && words().every((word) => title.toLowerCase().includes(word)))
    .slice(0, 4 * HITS)
    .map(([address, title]) => row(address, element("span", "title", title)));
  const what = rows.length ? "These titles on this device have your words." : "No title on this device has your words.";
  show(`${why} ${what}`, element("p", "note", `${why} ${what}`), element("ul", "", ...rows));
}

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function row(address, ...children) {
  const link = element("a", "", ...children);
  link.href = address;
  return element("li", "", link);
}

function removable(what, item) {
  item.firstChild.dataset.forget = what;
  const button = element("button", "", "×");
  Object.assign(button, { type: "button", ariaLabel: `Forget ${item.textContent}` }).dataset.forget = what;
  item.append(button);
  return item;
}

const heading = (text) => element("h2", "", text);

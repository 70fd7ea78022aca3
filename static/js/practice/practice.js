// /practice/: what the address asks for. Without a number of questions one chooses first.
import { openLog } from "./log.js";
import { Bank } from "./questions.js";
import { cards, remember } from "./schedule.js";
import { Session, leftToday } from "./session.js";
import { badge } from "./states.js";

const SEEDS = 10_000;
const MOST = { cards: 100, interview: 20 };
const USUAL = { cards: 20, interview: 8 };

const main = document.querySelector("main.practice");
const [choose, session, interview] = ["choose", "session", "interview"].map((name) => main.querySelector(`[data-room=${name}]`));
const parameters = new URLSearchParams(location.search);
const mode = parameters.get("mode") === "interview" ? "interview" : "cards";
const only = new URLSearchParams(location.hash.slice(1)).get("only")?.split(",").filter((slug) => /^[-\w]{1,80}$/.test(slug)) ?? [];

// A value that the form does not offer is dropped, as on the server.
for (const name of ["category", "level"]) {
  const offered = [...choose.elements[name].options].map(({ value }) => value);
  if (!offered.includes(parameters.get(name))) parameters.delete(name);
}

const log = await openLog();
const bank = new Bank(main.dataset, log);
tell();
log.addEventListener("trouble", tell);

if (!parameters.has("n")) {
  open(choose);
  fillForm();
} else if (mode === "interview") {
  if (!/^\d{1,9}$/.test(parameters.get("seed") ?? "")) {
    parameters.set("seed", chance());
    history.replaceState(null, "", `?${parameters}`);
  }
  parameters.set("n", size());
  open(interview);
  const { Interview } = await loadInterview();
  new Interview(interview, { bank, parameters, n: size(), minutes: Number(main.dataset.minutes) }).start();
} else {
  parameters.set("seed", chance());
  parameters.delete("n");
  open(session);
  new Session(session, { log, bank, parameters, n: size(), only }).start();
}

// Most sessions need no interview. import() takes no hash: what is preloaded by its hash is what it
// gets.
async function loadInterview() {
  const { interview: href, interviewIntegrity: integrity } = main.dataset;
  const link = Object.assign(document.createElement("link"), { rel: "modulepreload", href, integrity });
  await new Promise((resolve, reject) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", () => reject(new Error(`${href} was not loaded`)));
    document.head.append(link);
  });
  return import(href);
}

function chance() {
  return Math.floor(Math.random() * SEEDS);
}

// How many questions the address asks for; nonsense asks for the usual number.
function size() {
  const asked = new URLSearchParams(location.search).get("n");
  return Math.min((/^\d{1,9}$/.test(asked) && Number(asked)) || USUAL[mode], MOST[mode]);
}

// The server opens the room that the address asks for. A page kept for offline may have another one
// open.
function open(room) {
  for (const other of [choose, session, interview]) other.hidden = other !== room;
}

function tell() {
  const trouble = main.querySelector(".trouble");
  trouble.textContent = log.trouble;
  trouble.hidden = !log.trouble;
}

function fillForm() {
  const counts = choose.querySelector("[data-part=counts]");
  const show = () => {
    const own = cards(log);
    remember(own);
    const now = Date.now();
    const dueNow = [...own.values()].filter(({ due }) => due <= now).length;
    const left = Math.min(leftToday(log, own), Math.max(0, Number(counts.dataset.total) - own.size));
    counts.replaceChildren(badge("due", `${dueNow} due`), badge("new", `${left} new today`));
  };
  show();
  log.addEventListener("change", show);
  // A page kept for offline knows no parameters.
  for (const name of ["category", "level", "q"]) {
    const field = choose.elements[name];
    if (field && parameters.has(name)) field.value = parameters.get(name);
  }
  // The address says what was chosen, and nothing else.
  choose.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (["", "cards"].includes(value)) formData.delete(name);
  });
  const n = choose.elements.n;
  choose.addEventListener("change", ({ target }) => {
    if (target.name !== "mode") return;
    n.max = MOST[target.value];
    if (Object.values(USUAL).includes(Number(n.value))) n.value = USUAL[target.value];
  });
}

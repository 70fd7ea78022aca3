// /progress/: what is known, learned and due, from the log of this browser; and the log as a file.
import { openLog } from "./log.js";
import { Bank } from "./questions.js";
import { Scheduler, addDays, amount, cards, remember, startOfDay, state } from "./schedule.js";
import { badge } from "./states.js";

const STATES = ["known", "learning", "due", "new"];
const WEEKS = 53;
const MOST = 6; // reviews of a day that the darkest square stands for
const ASKED = 100; // unknown slugs of a file that the server is asked about
const AT_ONCE = 4;

const main = document.querySelector("main.practice");
const part = Object.fromEntries([...main.querySelectorAll("[data-part]")].map((element) => [element.dataset.part, element]));
const file = document.getElementById("import:file");
const dialog = main.querySelector("dialog");

const log = await openLog();
const bank = new Bank(main.dataset, log);
let scheduler;

for (const head of main.querySelectorAll("th[data-state]")) head.replaceChildren(badge(head.dataset.state, head.textContent));
show();
tell();
log.addEventListener("change", show);
log.addEventListener("trouble", tell);
setInterval(show, 60_000);
look();

const actions = {
  import: () => file.click(),
  export: () => exportFile(),
  askToForget: () => askToForget(1),
  forget: () => forget(),
};
main.addEventListener("click", ({ target }) => actions[target.closest("button")?.dataset.do]?.());
file.addEventListener("change", () => file.files[0] && importFile(file.files[0]));
part.settings.addEventListener("submit", (event) => event.preventDefault());
part.settings.addEventListener("change", ({ target }) => {
  if (target.value === "" || !target.checkValidity()) target.value = log.settings[target.name];
  log.set(target.name, Number(target.value));
});

function tell() {
  const trouble = main.querySelector(".trouble");
  trouble.textContent = log.trouble;
  trouble.hidden = !log.trouble;
}

function say(text) {
  part.status.textContent = text;
}

function show() {
  const { retention, daily } = log.settings;
  if (scheduler?.retention !== retention) scheduler = new Scheduler(retention);
  const own = [...remembered(cards(log, scheduler)).values()];
  const now = Date.now();
  for (const card of own) card.state = state(card, now);
  showCategories(own);
  showDays(own, now);
  showYear(now);
  const dueNow = own.filter((card) => card.state === "due").length;
  part.practise.textContent = dueNow ? `Practise ${dueNow} due` : "Practise";
  const { elements } = part.settings;
  const choices = [...elements.retention.options].map(({ value }) => Number(value));
  if (!choices.includes(retention)) elements.retention.append(new Option(`${Math.round(retention * 100)} in 100`, retention));
  elements.retention.value = String(retention);
  if (document.activeElement !== elements.daily) elements.daily.value = daily;
}

function remembered(found) {
  remember(found);
  return found;
}

function showCategories(own) {
  const rows = [...part.categories.rows].filter((row) => row.dataset.category);
  const slugs = rows.map((row) => row.dataset.category);
  for (const row of rows) fillRow(row, own.filter(({ category }) => category === row.dataset.category));
  main.querySelector("[data-elsewhere]")?.remove();
  const elsewhere = own.filter(({ category }) => !slugs.includes(category));
  if (elsewhere.length) {
    const row = rows[0]?.cloneNode(true) ?? main.querySelector("tfoot tr").cloneNode(true);
    delete row.dataset.category;
    row.dataset.elsewhere = "";
    row.dataset.total = elsewhere.length;
    row.cells[0].textContent = "In no category of this bank";
    part.categories.append(row);
    fillRow(row, elsewhere);
  }
  fillRow(main.querySelector("tfoot tr"), own.filter(({ category }) => slugs.includes(category)));
}

function fillRow(row, own) {
  const numbers = Object.fromEntries(STATES.map((name) => [name, own.filter((card) => card.state === name).length]));
  const total = Math.max(Number(row.dataset.total), own.length);
  numbers.new = total - own.length;
  for (const [index, name] of STATES.entries()) row.cells[index + 2].textContent = numbers[name];
  let x = 0;
  const bars = STATES.filter((name) => numbers[name]).map((name) => {
    const width = (216 * numbers[name]) / total;
    const bar = svg("rect", { class: name, x, y: 0, width: Math.max(1, width - 2), height: 8, rx: 2 });
    x += width;
    return bar;
  });
  const picture = svg("svg", { viewBox: "0 0 216 8", preserveAspectRatio: "none", "aria-hidden": "true" });
  picture.append(...bars);
  row.cells[1].replaceChildren(picture);
}

function showDays(own, now) {
  const today = startOfDay(now);
  const days = Array.from({ length: 7 }, (_, index) => addDays(today, index));
  const counts = days.map((day, index) => {
    const end = addDays(day, 1);
    return own.filter(({ due }) => due < end && (index === 0 || due >= day)).length;
  });
  const most = Math.max(1, ...counts);
  const rows = days.map((day, index) => {
    const row = document.createElement("tr");
    const name = index ? new Date(day).toLocaleDateString("en-GB", { weekday: "short", day: "numeric" }) : "Today";
    const picture = svg("svg", { viewBox: "0 0 156 8", preserveAspectRatio: "none", "aria-hidden": "true" });
    if (counts[index]) picture.append(svg("rect", { y: 0, width: (156 * counts[index]) / most, height: 8, rx: 2 }));
    const head = Object.assign(document.createElement("th"), { scope: "row", textContent: name });
    row.append(head, cell(picture), cell(counts[index]));
    return row;
  });
  part.days.replaceChildren(...rows);
}

function showYear(now) {
  const perDay = new Map();
  for (const { time } of log.reviews.values()) {
    const day = startOfDay(time);
    perDay.set(day, (perDay.get(day) ?? 0) + 1);
  }
  const today = startOfDay(now);
  const weekday = (new Date(today).getDay() + 6) % 7; // from Monday
  const first = addDays(today, -7 * (WEEKS - 1) - weekday);
  const recent = [...perDay].filter(([day]) => day >= first).sort((a, b) => b[0] - a[0]);
  const reviews = recent.reduce((sum, [, number]) => sum + number, 0);
  const streak = inARow(perDay, today);
  const summary = `${amount(reviews, "review")} on ${amount(recent.length, "day")}`;
  part.tally.textContent = streak > 1 ? `${summary}, the last ${amount(streak, "day")} in a row` : summary;
  const picture = svg("svg", { class: "year", viewBox: "0 0 826 122", role: "img", "aria-label": `Reviews per day for a year: ${summary}` });
  for (const [row, name] of [[0, "Mon"], [2, "Wed"], [4, "Fri"]]) picture.append(svg("text", { x: 0, y: 27.5 + 15 * row }, name));
  let month = new Date(first).getMonth();
  for (let index = 0; index < 7 * WEEKS; index += 1) {
    const day = addDays(first, index);
    if (day > today) break;
    const [x, y] = [30 + 15 * Math.floor(index / 7), 18 + 15 * (index % 7)];
    const date = new Date(day);
    if (index % 7 === 0 && date.getMonth() !== month) {
      month = date.getMonth();
      picture.append(svg("text", { x, y: 11 }, date.toLocaleDateString("en-GB", { month: "short" }).slice(0, 3)));
    }
    const number = perDay.get(day) ?? 0;
    const shade = number && Math.min(4, Math.ceil((4 * number) / MOST));
    picture.append(svg("rect", { class: `c${shade}`, x, y, width: 12, height: 12, rx: 2.5 }));
  }
  part.year.replaceChildren(picture);
  part.year.scrollLeft = part.year.scrollWidth; // on a phone: today
  part.yearTable.replaceChildren(
    ...recent.map(([day, number]) => {
      const row = document.createElement("tr");
      const name = new Date(day).toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "long", year: "numeric" });
      row.append(Object.assign(document.createElement("th"), { scope: "row", textContent: name }), cell(number));
      return row;
    }),
  );
}

// Days in a row up to today, or to yesterday while today may still come.
function inARow(perDay, today) {
  let [day, days] = [perDay.has(today) ? today : addDays(today, -1), 0];
  for (; perDay.has(day); day = addDays(day, -1)) days += 1;
  return days;
}

function exportFile() {
  const href = URL.createObjectURL(new Blob([log.toFile()], { type: "application/json" }));
  const download = `progress-${new Date().toISOString().slice(0, 10)}.json`;
  Object.assign(document.createElement("a"), { href, download }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

async function importFile(chosen) {
  file.value = ""; // or the same one can't be chosen again
  try {
    const { read, added } = await log.addFile(chosen);
    const known = read - added;
    say(`${amount(added, "review")} imported${known ? `, ${known.toLocaleString("en")} were here already` : ""}.`);
    const missing = await look();
    if (missing) say(`${part.status.textContent} ${amount(missing, "question")} of the file ${missing === 1 ? "is" : "are"} not in this bank: the reviews are kept.`);
  } catch (error) {
    say(error.message);
  }
}

// Ask the server about questions that nothing is known of. Return how many there are not.
async function look() {
  const unknown = [...log.bySlug().keys()].filter((slug) => !log.questions.has(slug)).slice(0, ASKED);
  let missing = 0;
  const next = async () => {
    for (let slug = unknown.shift(); slug; slug = unknown.shift()) {
      try {
        if (!(await bank.question(slug))) missing += 1;
        else if (!log.questions.has(slug)) await learn(await bank.question(slug));
      } catch {
        // No connection: it is found out when its turn comes.
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return missing;
}

const learn = ({ slug, category, level }) => log.learn([{ slug, category, level }]);

function askToForget(time) {
  const reviews = amount(log.reviews.size, "review");
  dialog.dataset.time = time;
  part.forgetTitle.textContent = time === 1 ? "Forget everything?" : "Really forget everything?";
  part.forgetText.textContent = time === 1 ? `${reviews} and your settings go from this browser. Export keeps them in a file.` : "There is no way back without a file.";
  part.forgetButton.textContent = time === 1 ? "Forget" : `Forget ${reviews}`;
  if (!dialog.open) dialog.showModal();
}

async function forget() {
  if (dialog.dataset.time === "1") return askToForget(2);
  dialog.close();
  await log.forget();
  say("Everything is forgotten.");
}

function cell(content) {
  const made = document.createElement("td");
  made.append(content);
  return made;
}

function svg(name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text) element.textContent = text;
  return element;
}

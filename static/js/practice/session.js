// A session of cards: what is due first, then new questions. One says the answer aloud, reveals it,
// and grades oneself.
import { copy } from "./questions.js";
import { AHEAD, GRADES, Scheduler, amount, cards, interval, remember, startOfDay } from "./schedule.js";
import { badge } from "./states.js";

const SPARE = 100; // questions that may take the place of those that can't be shown
const UNDO = 3_600_000; // ms before a session in which a grade can be taken back by it
const root = document.documentElement;

export class Session {
  // `n` questions at most; `only` may name them. `isExtra` is beyond the new ones of today.
  constructor(section, { log, bank, parameters, n, only = [], isExtra = false }) {
    Object.assign(this, { section, log, bank, parameters, n, only, isExtra });
    this.part = Object.fromEntries([...section.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
    this.grades = [...section.querySelectorAll("[data-grade]")];
    this.stop = new AbortController();
    this.done = []; // slugs
    this.waiting = new Map(); // slugs in steps of minutes, and when they come
    this.began = Date.now();
    this.given = log.since(this.began - UNDO); // reviews that can be taken back
    this.shown = null;
  }

  async start() {
    this.compute();
    this.drawn = this.only.length ? { questions: this.only.map((slug) => ({ slug })) } : await this.bank.draw(this.parameters);
    this.compute(); // the draw may have told of former slugs
    const planned = this.plan();
    this.todo = planned.slice(0, this.n);
    this.spare = planned.slice(this.n, this.n + SPARE);
    this.listen();
    await this.next();
    this.section.removeAttribute("aria-busy");
  }

  compute() {
    const { retention } = this.log.settings;
    if (this.scheduler?.retention !== retention) this.scheduler = new Scheduler(retention);
    this.cards = cards(this.log, this.scheduler);
    this.reviews = this.log.bySlug();
  }

  get size() {
    return this.done.length + this.waiting.size + this.todo.length;
  }

  // What the session may ask, in its order.
  plan() {
    const slugs = [...new Set(this.drawn.questions.map(({ slug }) => this.log.current(slug)))];
    if (this.only.length) return slugs;
    const now = Date.now();
    const isDue = (card) => card.due <= now && this.fits(card);
    const dueNow = [...this.cards.values()].filter(isDue).sort((a, b) => a.due - b.due).map(({ slug }) => slug);
    const left = this.isExtra ? this.n : leftToday(this.log, this.cards);
    return [...dueNow, ...slugs.filter((slug) => !this.cards.has(slug)).slice(0, left)];
  }

  // A search only draws new ones: nobody knows here what it would find.
  fits(card) {
    const isAsked = (name) => [null, "", card[name]].includes(this.parameters.get(name));
    return !this.parameters.get("q") && ["category", "level"].every(isAsked);
  }

  listen() {
    const { signal } = this.stop;
    this.section.addEventListener("click", ({ target }) => this.click(target.closest("button")), { signal });
    document.addEventListener("keydown", (event) => this.press(event), { signal });
    this.log.addEventListener("change", () => this.changedElsewhere(), { signal });
  }

  click(button) {
    if (!button) return;
    if (button.dataset.grade) this.grade(Number(button.dataset.grade));
    else if (button.dataset.do) this[button.dataset.do]();
  }

  press(event) {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || root.dataset.shortcuts === "off") return;
    if (document.querySelector("dialog[open]") || target.matches("input, select, textarea")) return;
    const isPressed = key === " " && target.closest("a, button, summary");
    const action = { " ": () => this.showMore(), u: () => this.undo() }[key] ?? (/^[1-4]$/.test(key) && (() => this.grade(Number(key))));
    if (action && !isPressed && action()) event.preventDefault();
  }

  // Show the question that comes next. Of those that wait some minutes one comes early rather than
  // never.
  async next() {
    const now = Date.now();
    const [soonest] = [...this.waiting].sort((a, b) => a[1] - b[1]);
    const isReady = soonest && soonest[1] <= now;
    const slug = isReady || !this.todo.length ? soonest && soonest[1] <= now + AHEAD && soonest[0] : this.todo[0];
    if (!slug) return this.end();
    const turn = (this.turn = {});
    let question;
    try {
      question = await this.bank.question(slug);
    } catch {
      const why = "A question could not be loaded, and is left out: there is no connection, and it is not kept on this device.";
      if (this.turn === turn) await this.leaveOut(slug, why);
      return;
    }
    if (this.turn !== turn) return;
    if (!question) {
      await this.leaveOut(slug, "A question that you practised is not in the bank any more.");
      return;
    }
    this.show(slug, question);
    const following = this.todo.find((other) => other !== slug);
    if (following) this.bank.question(following).catch(() => {});
  }

  drop(slug) {
    this.todo = this.todo.filter((other) => other !== slug);
    this.waiting.delete(slug);
  }

  // Another one takes its place, where there is one.
  async leaveOut(slug, why) {
    this.drop(slug);
    const other = this.spare.shift();
    if (other) this.todo.push(other);
    this.say(why);
    await this.next();
  }

  show(slug, question) {
    this.shown = { slug, question, revealed: 0, time: 0 };
    const { part } = this;
    const times = (this.reviews.get(this.log.current(slug)) ?? []).length;
    const title = question.titles[times % question.titles.length];
    this.counts();
    const facts = [Object.assign(document.createElement("span"), { className: "level", textContent: word(question.level) })];
    facts[0].dataset.level = question.level;
    if (times && question.titles.length > 1) facts.push(span("Asked in another way than last time"));
    part.facts.replaceChildren(...facts);
    part.title.replaceChildren(copy(title));
    part.prompt.replaceChildren(copy(question.prompt));
    part.prompt.hidden = !question.prompt;
    part.revealed.hidden = true;
    part.asking.hidden = false;
    part.grading.hidden = true;
    this.offerUndo();
    part.title.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  // Each press shows more: the short answer, then the whole one.
  showMore() {
    const { shown, part } = this;
    if (!shown || shown.revealed === 2 || (shown.revealed && !shown.question.answer)) return false;
    shown.revealed += 1;
    if (shown.revealed === 1) {
      shown.time = Date.now(); // of the review: so the intervals on the buttons are those it gets
      part.category.textContent = shown.question.categoryName.trim();
      part.whole.href = this.bank.addresses.question.replace("SLUG", shown.question.slug);
      part.whole.replaceChildren(copy(shown.question.titles[0]));
      part.short.replaceChildren(copy(shown.question.shortAnswer));
      part.answer.hidden = true;
      part.more.hidden = !shown.question.answer;
      part.revealed.hidden = false;
      part.asking.hidden = true;
      part.grading.hidden = false;
      const { slug, time } = shown;
      const outcomes = this.scheduler.outcomes(slug, this.reviews.get(slug) ?? [], time);
      for (const button of this.grades) {
        button.querySelector("span").textContent = interval(time, outcomes[button.dataset.grade]);
      }
      focusOn(part.short);
    } else {
      part.answer.replaceChildren(copy(shown.question.answer));
      part.answer.hidden = false;
      part.more.hidden = true;
      focusOn(part.answer);
    }
    return true;
  }

  grade(grade) {
    const { shown } = this;
    if (!shown?.revealed) return false;
    this.shown = null;
    const review = { slug: shown.question.slug, time: shown.time, grade };
    const slug = this.log.current(shown.slug);
    this.given.push(review);
    this.drop(shown.slug);
    this.log.add(review);
    this.compute();
    const card = this.cards.get(slug);
    if (card?.inSteps) this.waiting.set(slug, card.due);
    else this.done.push(slug);
    remember(this.cards);
    this.say("");
    this.next();
    return true;
  }

  offerUndo() {
    for (const undo of this.section.querySelectorAll("[data-do=undo]")) undo.hidden = !this.given.length;
  }

  undo() {
    const last = this.given.pop();
    if (!last) return false;
    const slug = this.log.current(last.slug);
    this.done = this.done.filter((other) => other !== slug);
    this.drop(slug);
    this.todo.unshift(slug);
    this.log.remove(last);
    this.compute();
    remember(this.cards);
    this.section.hidden = false;
    this.part.end.hidden = true;
    this.part.card.hidden = false;
    this.say("Undone.");
    this.next();
    return true;
  }

  // Another tab has practised, or imported, or forgotten.
  changedElsewhere() {
    if (this.shown === null && this.part.end.hidden) return; // it is ours
    const before = this.reviews;
    this.compute();
    const now = Date.now();
    const isNew = (slug) => (this.reviews.get(slug)?.length ?? 0) > (before.get(slug)?.length ?? 0);
    const wasDone = (slug) => isNew(slug) && this.cards.get(slug)?.due > now;
    const taken = [...this.todo, ...this.waiting.keys()].filter(wasDone);
    for (const slug of taken) {
      this.drop(slug);
      this.done.push(slug);
    }
    if (this.shown && taken.includes(this.shown.slug)) {
      this.say("That one was practised in another tab just now.");
      this.shown = null;
      this.next();
    } else if (this.shown) this.counts();
  }

  counts() {
    const left = [...this.todo];
    const fresh = left.filter((slug) => !this.cards.has(slug)).length;
    const numbers = { due: left.length - fresh, learning: this.waiting.size, new: fresh };
    const met = this.size - left.length + Number(left.includes(this.shown?.slug));
    this.part.place.textContent = `${met} of ${this.size}`;
    this.part.bar.max = Math.max(this.size, 1);
    this.part.bar.value = this.done.length;
    this.part.counts.replaceChildren(
      ...Object.entries(numbers).map(([state, number]) => badge(state, `${number} ${state}`)),
    );
  }

  end() {
    this.shown = null;
    this.counts();
    this.part.card.hidden = true;
    this.part.end.hidden = false;
    const now = Date.now();
    const [title, text] = this.size ? this.summary(now) : this.nothing(now);
    this.part.endTitle.textContent = title;
    this.part.endText.textContent = text;
    const left = leftToday(this.log, this.cards);
    this.part.extra.hidden = Boolean(this.only.length) || (this.size > 0 && left > 0) || !this.drawn.questions.some(({ slug }) => !this.cards.has(this.log.current(slug)));
    this.offerUndo();
    this.part.endTitle.focus({ preventScroll: true });
  }

  summary(now) {
    const own = this.given.filter(({ time }) => time >= this.began);
    const words = Object.entries(GRADES).map(([name, grade]) => [name, own.filter((review) => review.grade === grade).length]);
    const said = words.filter(([, number]) => number).map(([name, number]) => `${number} ${name}`);
    const text = said.length ? `You graded yourself ${list(said)}.` : "";
    return [`${amount(this.done.length, "question")} practised`, `${text} ${this.comesNext(now)}`.trim()];
  }

  nothing(now) {
    if (!this.drawn.questions.length && ![...this.cards.values()].some((card) => this.fits(card))) {
      return ["There is no question to practise", whyNone(this.drawn)];
    }
    const { daily } = this.log.settings;
    const isLimit = daily > 0 && !leftToday(this.log, this.cards);
    const limit = `Today’s ${amount(daily, "new question")} ${daily === 1 ? "is" : "are"} done. `;
    return ["Nothing is due", `${isLimit ? limit : ""}${this.comesNext(now)}`];
  }

  comesNext(now) {
    const later = [...this.cards.values()].filter(({ due }) => due > now).sort((a, b) => a.due - b.due);
    if (!later.length) return "";
    const [{ due }] = later;
    const number = later.filter((card) => startOfDay(card.due) === startOfDay(due)).length;
    const days = Math.round((startOfDay(due) - startOfDay(now)) / 86_400_000);
    const when = days === 0 ? "later today" : days === 1 ? "tomorrow" : `in ${days} days`;
    return `${amount(number, "question")} will be due ${when}.`;
  }

  async extra() {
    this.stop.abort();
    this.part.end.hidden = true;
    this.part.card.hidden = false;
    const { section, log, bank, n } = this;
    const parameters = new URLSearchParams(this.parameters);
    parameters.set("seed", Math.floor(Math.random() * 10_000));
    await new Session(section, { log, bank, parameters, n: Math.min(n, 10), isExtra: true }).start();
  }

  say(text) {
    this.part.status.textContent = text;
  }
}

// What is revealed has the focus. Where it begins at the window's end or below, it comes into sight.
function focusOn(element) {
  element.focus({ preventScroll: true });
  const { top } = element.getBoundingClientRect();
  if (top > 0.75 * innerHeight) scrollBy(0, top - innerHeight / 2);
}

// Why a draw has no question.
export function whyNone({ isKept }) {
  if (isKept) return "There is no connection, and none is kept on this device.";
  const { total } = document.querySelector("[data-total]").dataset;
  return Number(total) ? "Choose another category or level, or other words." : "The bank is empty.";
}

// How many new questions of today's number are left.
export function leftToday({ settings }, cards) {
  const today = startOfDay(Date.now());
  const begun = [...cards.values()].filter(({ first }) => first >= today).length;
  return Math.max(0, settings.daily - begun);
}

export const word = (level) => level.charAt(0).toUpperCase() + level.slice(1);

export function span(text, className = "") {
  return Object.assign(document.createElement("span"), { textContent: text, className });
}

export const list = (items) => (items.length > 1 ? `${items.slice(0, -1).join(", ")} and ${items.at(-1)}` : items.join(""));

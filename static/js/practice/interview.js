// A mock interview: the questions of a draw, with clocks and without answers until the end. What one
// writes stays in this tab, through a reload too.
import { copy } from "./questions.js";
import { amount } from "./schedule.js";
import { span, whyNone, word } from "./session.js";
import { badge } from "./states.js";

const VERDICTS = { missed: ["Missed", "due"], partly: ["Partly", "learning"], said: ["Said it", "known"] };

export class Interview {
  constructor(section, { bank, parameters, n, minutes }) {
    Object.assign(this, { section, bank, parameters, n, limit: 60 * minutes });
    this.part = Object.fromEntries([...section.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
    this.key = `interview?${parameters}`;
  }

  async start() {
    const drawn = await this.bank.draw(this.parameters);
    const { questions, isKept } = drawn;
    this.part.same.hidden = isKept; // that is a draw of this device
    this.slugs = questions.slice(0, this.n).map(({ slug }) => slug);
    this.state = this.restored() ?? { at: 0, said: [], isOver: false };
    this.questions = [];
    this.part.next.addEventListener("click", () => this.go());
    this.part.pass.addEventListener("click", () => this.go({ isPassed: true }));
    this.part.finish.addEventListener("click", () => this.state.isOver || this.finish());
    this.part.own.addEventListener("input", () => this.keep());
    this.part.aloud.addEventListener("change", () => this.keep());
    this.section.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.go();
    });
    this.part.draw.textContent = this.parameters.get("seed");
    const address = new URLSearchParams(this.parameters);
    address.set("mode", "interviewer");
    this.part.interviewer.href = `?${address}`;
    this.clock = setInterval(() => this.tick(), 1000);
    if (!this.slugs.length) {
      clearInterval(this.clock);
      this.part.title.textContent = "There is no question to ask";
      const link = Object.assign(document.createElement("a"), { href: location.pathname, textContent: "Choose others" });
      this.part.prompt.replaceChildren(`${whyNone(drawn)} `, link);
      this.part.prompt.hidden = false;
      this.section.setAttribute("aria-busy", "false"); // and nothing to answer: the rest stays away
      return;
    }
    await (this.state.isOver ? this.finish() : this.show());
    this.section.removeAttribute("aria-busy");
  }

  restored() {
    try {
      const state = JSON.parse(sessionStorage.getItem(this.key));
      return state && state.slugs.join() === this.slugs.join() ? state : null;
    } catch {
      return null;
    }
  }

  keep() {
    const own = (this.state.said[this.state.at] ??= { text: "", isAloud: false, seconds: 0 });
    own.text = this.part.own.value;
    own.isAloud = this.part.aloud.checked;
    this.store();
  }

  store() {
    try {
      sessionStorage.setItem(this.key, JSON.stringify({ ...this.state, slugs: this.slugs }));
    } catch {
      // It lasts as long as the page.
    }
  }

  tick() {
    if (this.since === undefined) return;
    const own = (this.state.said[this.state.at] ??= { text: "", isAloud: false, seconds: 0 });
    own.seconds = this.before + Math.round((Date.now() - this.since) / 1000);
    this.times();
    this.store();
  }

  times() {
    const seconds = this.state.said[this.state.at]?.seconds ?? 0;
    this.part.time.textContent = clock(seconds);
    this.part.limit.textContent = ` of ${clock(this.limit)}`;
    this.part.time.classList.toggle("over", seconds > this.limit);
    this.part.total.textContent = clock(this.spent());
    this.part.totalLimit.textContent = ` of ${clock(this.limit * this.slugs.length)}`;
  }

  spent() {
    return this.state.said.reduce((sum, own) => sum + (own?.seconds ?? 0), 0);
  }

  async question(at) {
    try {
      this.questions[at] ??= await this.bank.question(this.slugs[at]);
    } catch {
      // There is no connection, and it is not kept.
    }
    return this.questions[at];
  }

  async show() {
    const { part, state } = this;
    this.since = undefined;
    // At once: what is typed from now on is said to this question.
    part.own.value = state.said[state.at]?.text ?? "";
    part.aloud.checked = state.said[state.at]?.isAloud ?? false;
    const question = await this.question(state.at);
    if (!question) {
      part.title.textContent = "This question could not be loaded.";
      part.prompt.replaceChildren();
    } else {
      part.title.replaceChildren(copy(question.titles[0]));
      part.prompt.replaceChildren(copy(question.prompt));
      part.prompt.hidden = !question.prompt;
      part.level.textContent = word(question.level);
      part.level.dataset.level = question.level;
    }
    part.place.textContent = `Question ${state.at + 1} of ${this.slugs.length}`;
    part.bar.max = this.slugs.length;
    part.bar.value = state.at;
    part.nextLabel.textContent = state.at + 1 < this.slugs.length ? "Next question" : "To the answers";
    this.before = state.said[state.at]?.seconds ?? 0;
    this.since = Date.now();
    this.times();
    this.list();
    part.title.focus({ preventScroll: true });
    scrollTo(0, 0);
    if (state.at + 1 < this.slugs.length) this.question(state.at + 1);
  }

  // What was asked, and how many are to come: not which.
  list() {
    const { at, said } = this.state;
    const items = this.slugs.slice(0, at + 1).map((slug, index) => {
      const item = document.createElement("li");
      item.classList.toggle("on", index === at);
      const title = span("", "topic");
      title.append(this.questions[index] ? copy(this.questions[index].titles[0]) : "…");
      item.append(span(String(index + 1), "number"), title, span(index === at ? "now" : clock(said[index]?.seconds ?? 0), "clock"));
      return item;
    });
    const left = this.slugs.length - at - 1;
    if (left) {
      const item = document.createElement("li");
      item.append(span("", "number"), span(`${left} more`, "topic"));
      items.push(item);
    }
    this.part.list.replaceChildren(...items);
  }

  async go({ isPassed = false } = {}) {
    if (this.state.isOver || this.since === undefined) return;
    this.keep();
    this.tick();
    this.state.said[this.state.at].isPassed = isPassed;
    if (this.state.at + 1 === this.slugs.length) return this.finish();
    this.state.at += 1;
    this.store();
    await this.show();
  }

  async finish() {
    if (!this.state.isOver && this.since !== undefined) {
      this.keep();
      this.tick();
    }
    this.since = undefined;
    clearInterval(this.clock);
    this.state.isOver = true;
    this.store();
    await Promise.all(this.slugs.map((_, at) => this.question(at)));
    this.part.asking.hidden = true;
    this.part.summary.hidden = false;
    const day = new Date().toLocaleDateString("en-GB", { day: "numeric", month: "long" });
    this.part.heading.textContent = `Mock interview, ${day}`;
    this.part.rows.replaceChildren(...this.slugs.flatMap((_, at) => this.row(at)));
    this.part.print.addEventListener("click", () => print());
    this.part.save.addEventListener("click", () => this.save());
    this.part.rows.addEventListener("change", ({ target }) => this.judge(Number(target.name.slice(8)), target.value));
    this.part.rows.addEventListener("click", (event) => this.click(event));
    this.open(this.slugs.findIndex((_, at) => !this.state.said[at]?.verdict));
    this.sumUp();
    this.part.heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  row(at) {
    const [row, pair] = this.part.row.content.cloneNode(true).children;
    const question = this.questions[at];
    const own = this.state.said[at];
    const part = (name) => row.querySelector(`[data-cell=${name}]`) ?? pair.querySelector(`[data-cell=${name}]`);
    part("number").textContent = at + 1;
    const button = part("title");
    button.replaceChildren(question ? copy(question.titles[0]) : "A question that could not be loaded");
    button.setAttribute("aria-controls", `answer:${at}`);
    pair.id = `answer:${at}`;
    part("level").textContent = question ? word(question.level) : "";
    part("level").dataset.level = question?.level ?? "";
    part("time").textContent = own ? clock(own.seconds) : "";
    part("own").textContent = own?.text || (own?.isAloud ? "You said it aloud." : own?.isPassed ? "You passed." : at > this.state.at ? "It was not asked." : "You wrote nothing.");
    part("short").replaceChildren(copy(question?.shortAnswer));
    const page = part("page");
    page.href = this.bank.addresses.question.replace("SLUG", this.slugs[at]);
    for (const radio of pair.querySelectorAll("input")) {
      radio.name = `verdict-${at}`;
      radio.checked = radio.value === own?.verdict;
    }
    this.mark(part("you"), own?.verdict);
    return [row, pair];
  }

  mark(cell, verdict) {
    const [text, state] = VERDICTS[verdict] ?? [];
    cell.replaceChildren(text ? badge(state, text) : "");
  }

  // The row of one question is open, of the others closed.
  open(at) {
    for (const [index, row] of [...this.part.rows.rows].entries()) {
      if (index % 2) row.hidden = (index - 1) / 2 !== at;
      else row.querySelector("button").setAttribute("aria-expanded", String(index / 2 === at));
    }
  }

  click({ target, detail }) {
    const button = target.closest("[data-cell=title]");
    if (button) {
      const at = Math.floor(button.closest("tr").rowIndex / 2); // below the head
      this.open(button.getAttribute("aria-expanded") === "true" ? -1 : at);
    } else if (target.matches("input") && detail) {
      // By pointer; arrow keys go through all three.
      const next = this.slugs.findIndex((_, at) => !this.state.said[at]?.verdict);
      if (next >= 0) this.open(next);
    }
  }

  judge(at, verdict) {
    (this.state.said[at] ??= { text: "", isAloud: false, seconds: 0 }).verdict = verdict;
    this.store();
    this.mark(this.part.rows.rows[2 * at].querySelector("[data-cell=you]"), verdict);
    this.sumUp();
  }

  verdicts(verdict) {
    return this.slugs.filter((_, at) => this.state.said[at]?.verdict === verdict);
  }

  sumUp() {
    const [said, partly, missed] = ["said", "partly", "missed"].map((verdict) => this.verdicts(verdict));
    const judged = said.length + partly.length + missed.length;
    const grades = judged ? ` You said ${said.length}, partly ${partly.length}, and missed ${missed.length}.` : " How close was each? Compare, and say so.";
    const asked = this.state.at + 1 < this.slugs.length ? `${this.state.at + 1} of ` : "";
    this.part.lead.textContent = `${asked}${amount(this.slugs.length, "question")} in ${clock(this.spent())} of ${clock(this.limit * this.slugs.length)}.${grades}`;
    const again = [...missed, ...partly];
    this.part.again.hidden = !again.length;
    this.part.again.textContent = `Practise the ${again.length} I missed`;
    this.part.again.href = `?n=${again.length}#only=${again.join()}`;
  }

  save() {
    const lines = [`# ${this.part.heading.textContent}`, "", this.part.lead.textContent, ""];
    for (const [at, slug] of this.slugs.entries()) {
      const own = this.state.said[at];
      const question = this.questions[at];
      const title = question?.titles[0].textContent.trim() ?? slug;
      const [verdict = "Not graded"] = VERDICTS[own?.verdict] ?? [];
      lines.push(`## ${at + 1}. ${title}`, "", `${verdict}, ${clock(own?.seconds ?? 0)}`, "", "You said:", "", own?.text || "–", "");
      lines.push("Short answer:", "", question?.shortAnswer.textContent.trim() ?? "", "");
    }
    download("mock-interview.md", "text/markdown", lines.join("\n"));
  }
}

export function download(name, type, text) {
  const href = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

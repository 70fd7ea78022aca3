// Cards, computed from the log of reviews by FSRS-6 (ts-fsrs.js). The same log gives the same cards
// on every device: what FSRS adds by chance is seeded by the slug and the time of the review.
import { StrategyMode, createEmptyCard, fsrs } from "./ts-fsrs.js";

const REVIEW = 2; // a card's state once it has left the steps of minutes
const KNOWN = 7; // days for which one is likely to remember what counts as known
export const AHEAD = 20 * 60_000; // ms by which a card in the steps of minutes may come early
export const GRADES = { again: 1, hard: 2, good: 3, easy: 4 };

export class Scheduler {
  constructor(retention, { fuzz = true } = {}) {
    this.retention = retention;
    this.fsrs = fsrs({ request_retention: retention, enable_fuzz: fuzz });
    this.fsrs.useStrategy(StrategyMode.SEED, () => this.seed);
    this.known = new Map(); // by slug: to replay a long log takes a second
  }

  // The card after `reviews` of one question, in the order of time; null without any.
  card(slug, reviews) {
    const { time, grade } = reviews.at(-1) ?? {};
    const key = `${reviews.length} ${time} ${grade}`;
    const known = this.known.get(slug);
    if (known?.key === key) return known.card;
    const card = this.replayed(slug, reviews);
    this.known.set(slug, { key, card });
    return card;
  }

  replayed(slug, reviews) {
    let card = null;
    for (const { time, grade } of reviews) {
      this.seed = `${slug} ${time}`;
      card = this.fsrs.next(card ?? createEmptyCard(local(time)), local(time), grade).card;
    }
    return card;
  }

  // When it would come again after each grade, given at `time`.
  outcomes(slug, reviews, time) {
    const card = this.card(slug, reviews) ?? createEmptyCard(local(time));
    this.seed = `${slug} ${time}`;
    const after = this.fsrs.repeat(card, local(time));
    return Object.fromEntries(Object.values(GRADES).map((grade) => [grade, due(after[grade].card, time)]));
  }
}

// FSRS counts the days between reviews as UTC has them. This makes them the days of the device.
const local = (time) => new Date(time - new Date(time).getTimezoneOffset() * 60_000);

// All cards of the log, by slug. What is gone from the bank has none.
export function cards(log, scheduler = new Scheduler(log.settings.retention)) {
  const found = new Map();
  for (const [slug, reviews] of log.bySlug()) {
    const { category = "", level = "", gone = false } = log.questions.get(slug) ?? {};
    if (gone) continue;
    const card = scheduler.card(slug, reviews);
    found.set(slug, {
      slug,
      category,
      level,
      first: reviews[0].time,
      last: reviews.at(-1).time,
      count: reviews.length,
      due: due(card, reviews.at(-1).time),
      isKnown: card.state === REVIEW && card.stability >= KNOWN,
      inSteps: card.state !== REVIEW,
    });
  }
  return found;
}

// When a card that was reviewed at `time` comes again: after some minutes, or at the start of a day.
export const due = (card, time) =>
  card.scheduled_days ? addDays(startOfDay(time), card.scheduled_days) : time + (card.due - card.last_review);

export const state = ({ due, isKnown }, now) => (due <= now ? "due" : isKnown ? "known" : "learning");

export const startOfDay = (time) => new Date(time).setHours(0, 0, 0, 0);

export function addDays(time, days) {
  const date = new Date(time);
  return date.setDate(date.getDate() + days);
}

// Tell lists which state each question is in: see states.js, which knows no FSRS.
export function remember(cards) {
  const states = Object.fromEntries([...cards.values()].map(({ slug, due, isKnown }) => [slug, [due, Number(isKnown)]]));
  try {
    if (cards.size) localStorage.setItem("practised", JSON.stringify(states));
    else localStorage.removeItem("practised");
  } catch {
    // Blocked or full: lists show no states.
  }
}

// "10 min", "15 days", "1 month": about, as people say it.
export function interval(from, to) {
  const minutes = Math.max(1, Math.round((to - from) / 60_000));
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return amount(Math.round(minutes / 60), "hour");
  const days = Math.round(minutes / (24 * 60));
  if (days < 30) return amount(days, "day");
  const months = days / 30.44;
  if (months < 11.5) return amount(Math.max(1, Math.round(months)), "month");
  return amount(Math.round(days / 36.525) / 10, "year");
}

export const amount = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

// What somebody has practised, kept in this browser and nowhere else (IndexedDB). The log of reviews
// is the data: cards are computed from it (schedule.js). Beside it stands what one has to know of a
// question to practise without the server: category, level, and where a former slug leads.
//
// All of it is in memory too: where the browser stores nothing, or no more, practice goes on there.
const NAME = "practice";
const VERSION = 1;
const FORMAT = "qabank-progress";
const MOST_REVIEWS = 200_000; // that a file may have
const MOST_BYTES = 50_000_000;
const FIRST = Date.UTC(2020); // no review is older
const DAY = 86_400_000;
const DEFAULTS = { retention: 0.9, daily: 10 };

export const BLOCKED = "This browser keeps nothing for the site: what you practise is forgotten when you close the page.";
const FULL = "This browser has no room left for the site: what you practise from now on is forgotten when you close the page.";
const NEWER = "Another tab has a newer version of the site: reload this page to keep what you practise.";

export async function openLog() {
  const log = new Log();
  try {
    log.database = await openDatabase(log);
    await log.load();
  } catch (error) {
    log.trouble = error.name === "VersionError" ? NEWER : BLOCKED;
  }
  return log;
}

function openDatabase(log) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("reviews", { keyPath: ["time", "slug"] });
      request.result.createObjectStore("questions", { keyPath: "slug" });
      request.result.createObjectStore("settings", { keyPath: "name" });
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => {
        request.result.close();
        log.fail(NEWER);
      };
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("Another tab holds the older version."));
  });
}

const keyOf = ({ time, slug }) => `${time} ${slug}`;

class Log extends EventTarget {
  reviews = new Map(); // by time and slug: { slug, time, grade }
  questions = new Map(); // by slug: { slug, category, level } or { slug, became } or { slug, gone }
  settings = { ...DEFAULTS };
  trouble = ""; // why nothing is kept, in one sentence
  database = null;
  channel = null;

  async load() {
    const transaction = this.database.transaction(["reviews", "questions", "settings"]);
    const all = (name) =>
      new Promise((resolve, reject) => {
        const request = transaction.objectStore(name).getAll();
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const [reviews, questions, settings] = await Promise.all(["reviews", "questions", "settings"].map(all));
    this.reviews = new Map(reviews.map((review) => [keyOf(review), review]));
    this.questions = new Map(questions.map((question) => [question.slug, question]));
    this.settings = { ...DEFAULTS, ...Object.fromEntries(settings.map(({ name, value }) => [name, value])) };
    if (this.channel) return;
    this.channel = new BroadcastChannel(NAME);
    this.channel.onmessage = async () => {
      if (!this.database || this.trouble) return; // what is only here would be lost
      await this.load();
      this.changed();
    };
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  fail(trouble) {
    this.trouble = trouble;
    this.database = null;
    this.dispatchEvent(new Event("trouble"));
  }

  // Write, all or nothing. `work` gets the stores that are named.
  async write(names, work) {
    if (this.database) {
      try {
        await new Promise((resolve, reject) => {
          const transaction = this.database.transaction(names, "readwrite");
          transaction.oncomplete = resolve;
          transaction.onabort = () => reject(transaction.error ?? new Error("It was not written."));
          work(...names.map((name) => transaction.objectStore(name)));
        });
        this.channel.postMessage("changed");
      } catch (error) {
        this.fail(error?.name === "QuotaExceededError" ? FULL : BLOCKED);
      }
    }
    this.changed();
  }

  async add(...reviews) {
    for (const review of reviews) this.reviews.set(keyOf(review), review);
    await this.write(["reviews"], (store) => reviews.forEach((review) => store.put(review)));
    askToStay();
  }

  async remove(review) {
    this.reviews.delete(keyOf(review));
    await this.write(["reviews"], (store) => store.delete([review.time, review.slug]));
  }

  // Remember what the server says of questions. What is known already costs nothing.
  async learn(questions) {
    const news = questions.filter((question) => {
      const known = this.questions.get(question.slug);
      return JSON.stringify(known) !== JSON.stringify(question);
    });
    if (!news.length) return;
    for (const question of news) this.questions.set(question.slug, question);
    await this.write(["questions"], (store) => news.forEach((question) => store.put(question)));
  }

  async set(name, value) {
    this.settings[name] = value;
    await this.write(["settings"], (store) => store.put({ name, value }));
  }

  async forget() {
    this.reviews.clear();
    this.questions.clear();
    this.settings = { ...DEFAULTS };
    await this.write(["reviews", "questions", "settings"], (...stores) => stores.forEach((store) => store.clear()));
  }

  // The slug that a question has today.
  current(slug) {
    for (let steps = 0; steps < 20; steps += 1) {
      const next = this.questions.get(slug)?.became;
      if (!next) break;
      slug = next;
    }
    return slug;
  }

  // Reviews since a time, in the order of time.
  since(time) {
    const found = [...this.reviews.values()].filter((review) => review.time >= time);
    return found.sort((a, b) => a.time - b.time || (a.slug < b.slug ? -1 : 1));
  }

  // Reviews by the slug of today, each list in the order of time.
  bySlug() {
    const found = new Map();
    for (const review of this.since(0)) {
      const slug = this.current(review.slug);
      if (found.has(slug)) found.get(slug).push(review);
      else found.set(slug, [review]);
    }
    return found;
  }

  toFile() {
    return JSON.stringify({
      format: FORMAT,
      version: VERSION,
      exported: new Date().toISOString(),
      settings: this.settings,
      questions: [...this.questions.values()],
      reviews: this.since(0).map(({ slug, time, grade }) => [slug, time, grade]),
    });
  }

  // Add what a file has to what is here. Throws, with one line for people, where it is not one of
  // ours; nothing has changed then.
  async addFile(file) {
    const { reviews, questions, settings } = await read(file);
    const before = this.reviews.size;
    for (const review of reviews) this.reviews.set(keyOf(review), review);
    const unknown = questions.filter(({ slug }) => !this.questions.has(slug));
    for (const question of unknown) this.questions.set(question.slug, question);
    // What somebody has chosen here stays.
    const chosen = settings.filter(([name]) => this.settings[name] === DEFAULTS[name]);
    for (const [name, value] of chosen) this.settings[name] = value;
    await this.write(["reviews", "questions", "settings"], (reviewStore, questionStore, settingStore) => {
      reviews.forEach((review) => reviewStore.put(review));
      unknown.forEach((question) => questionStore.put(question));
      chosen.forEach(([name, value]) => settingStore.put({ name, value }));
    });
    askToStay();
    return { read: reviews.length, added: this.reviews.size - before };
  }
}

// Ask once there is something to lose; a browser that says no is asked again another day.
let asked = false;

async function askToStay() {
  if (asked) return;
  asked = true;
  try {
    if (!(await navigator.storage.persisted())) await navigator.storage.persist();
  } catch {
    // It has no such thing, or forbids it.
  }
}

async function read(file) {
  if (file.size > MOST_BYTES) throw new Error("The file is too large to be the progress of one person. Nothing was imported.");
  let data;
  try {
    data = JSON.parse(await file.text());
  } catch {
    throw new Error("The file can’t be read: it is no progress file, or a part of one. Nothing was imported.");
  }
  if (data?.format !== FORMAT) throw new Error("The file is of another program: it is not what Export writes here. Nothing was imported.");
  if (!Number.isInteger(data.version) || data.version > VERSION) {
    throw new Error("The file is of a newer version of the site: reload the page and try again. Nothing was imported.");
  }
  const { reviews, questions = [], settings = {} } = data;
  if (!Array.isArray(reviews) || !Array.isArray(questions)) {
    throw new Error("The file lacks its reviews. Nothing was imported.");
  }
  if (reviews.length > MOST_REVIEWS) {
    throw new Error(`The file has ${reviews.length.toLocaleString("en")} reviews, more than ${MOST_REVIEWS.toLocaleString("en")}. Nothing was imported.`);
  }
  const latest = Date.now() + DAY; // another device's clock may be ahead
  const bad = reviews.findIndex((review) => !isReview(review, latest));
  if (bad >= 0) throw new Error(`Review ${bad + 1} of the file makes no sense. Nothing was imported.`);
  return {
    reviews: reviews.map(([slug, time, grade]) => ({ slug, time, grade })),
    questions: questions.filter(isQuestion),
    settings: Object.entries(settings ?? {}).filter(([name, value]) => isSetting(name, value)),
  };
}

const isSlug = (slug) => typeof slug === "string" && /^[-\w]{1,80}$/.test(slug);

const isReview = (review, latest) =>
  Array.isArray(review) &&
  isSlug(review[0]) &&
  Number.isInteger(review[1]) &&
  review[1] >= FIRST &&
  review[1] <= latest &&
  [1, 2, 3, 4].includes(review[2]);

const isQuestion = (question) =>
  isSlug(question?.slug) && (isSlug(question.became) || question.gone === true || (isSlug(question.category) && isSlug(question.level)));

const isSetting = (name, value) =>
  typeof value === "number" && ((name === "retention" && value >= 0.7 && value <= 0.97) || (name === "daily" && value >= 0 && value <= 9999));

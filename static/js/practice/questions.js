// Questions: drawn by the server or, without a connection, from what is kept for offline; and read
// from their own pages, which both have.
const PATIENCE = 8000; // ms for a page, where one that is kept could be shown
const MOST_KEPT = 100; // drawn from the kept bank, as from the server

export class Bank {
  // `addresses`: of a draw, and of the question "SLUG".
  constructor(addresses, log) {
    this.addresses = addresses;
    this.log = log;
    this.read = new Map();
  }

  // Return { questions, isKept }; `parameters` are those of the page's address.
  async draw(parameters) {
    try {
      const answer = await fetch(`${this.addresses.draw}?${parameters}`);
      if (!answer.ok) throw new Error(answer.status);
      const { questions } = await answer.json();
      await this.log.learn(questions.flatMap(known));
      return { questions, isKept: false };
    } catch {
      return { questions: await this.drawKept(parameters), isKept: true };
    }
  }

  // A draw from the pages that are kept, by chance. It may differ from the server's.
  async drawKept(parameters) {
    const found = [];
    for (const slug of shuffled(await this.keptSlugs())) {
      const question = await this.question(slug, { isKept: true });
      const matches = ["category", "level"].every((name) => [null, "", question?.[name]].includes(parameters.get(name)));
      const words = (parameters.get("q") ?? "").toLowerCase().split(/\s+/);
      if (question && matches && words.every((word) => question.text.includes(word))) found.push(question);
      if (found.length === MOST_KEPT) break;
    }
    await this.log.learn(found.map(({ slug, category, level }) => ({ slug, category, level })));
    return found;
  }

  async keptSlugs() {
    const [before, after] = new URL(this.addresses.question, location).pathname.split("SLUG");
    const slugs = new Set();
    for (const name of await cacheNames()) {
      for (const { url } of await (await caches.open(name)).keys()) {
        const { pathname, search } = new URL(url);
        if (!search && pathname.startsWith(before) && pathname.endsWith(after)) {
          slugs.add(pathname.slice(before.length, -after.length));
        }
      }
    }
    return [...slugs];
  }

  // Return the parts of a question, with its slug of today; null if there is no such question any
  // more. Throws where it can't be had now.
  async question(slug, { isKept = false } = {}) {
    if (!this.read.has(slug)) {
      const found = this.fetchQuestion(slug, isKept);
      this.read.set(slug, found);
      found.catch(() => this.read.delete(slug));
    }
    return this.read.get(slug);
  }

  async fetchQuestion(slug, isKept) {
    const address = this.addresses.question.replace("SLUG", slug);
    let page = null;
    if (!isKept) {
      try {
        page = await fetch(address, { signal: AbortSignal.timeout(PATIENCE) });
        if (page.status === 404) {
          await this.log.learn([{ slug, gone: true }]);
          return null;
        }
      } catch {
        // It may be kept.
      }
    }
    if (!page?.ok) page = (await cacheNames()).length ? await caches.match(address, { ignoreVary: true }) : null;
    if (!page) throw new Error(`${address} can't be had now`);
    const question = parse(new DOMParser().parseFromString(await page.text(), "text/html"));
    if (question.slug !== slug) await this.log.learn(known({ ...question, was: [slug] }));
    return question;
  }
}

// What the log remembers of a question, and of each slug that leads to it.
const known = ({ slug, category, level, was = [] }) => [
  { slug, category, level },
  ...was.map((former) => ({ slug: former, became: slug })),
];

function parse(page) {
  const article = page.querySelector("article[data-slug]");
  const find = (selector) => article.querySelector(selector);
  const { slug, category, categoryName, level } = article.dataset;
  return {
    slug,
    category,
    categoryName,
    level,
    titles: [find("h1"), ...article.querySelectorAll(".asked li")],
    prompt: find(".prompt"),
    shortAnswer: find(".short-answer"),
    answer: find(".answer"),
    text: article.textContent.toLowerCase(),
  };
}

// Where there is no secure connection, or none is allowed, there are no caches.
async function cacheNames() {
  try {
    return await caches.keys();
  } catch {
    return [];
  }
}

export function shuffled(list) {
  const result = [...list];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [result[last], result[other]] = [result[other], result[last]];
  }
  return result;
}

// What is shown is a copy, of which ids are left out.
export function copy(element) {
  const content = document.createDocumentFragment();
  for (const node of element?.cloneNode(true).childNodes ?? []) content.append(document.importNode(node, true));
  for (const named of content.querySelectorAll("[id]")) named.removeAttribute("id");
  return content;
}

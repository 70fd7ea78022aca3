// "Keep for offline": the whole bank in a cache of its own, which the service worker reads.
// A bank is kept whole or not at all: until all has arrived, the earlier one stays.
const AT_ONCE = 4;

const keptBank = () => JSON.parse(localStorage.getItem("kept") || "null");

let isBusy = false;

// Keep the bank, or remove it where it is kept. Whoever has seen nothing happen yet clicks again.
export async function change(button) {
  if (isBusy) return;
  isBusy = true;
  try {
    if (keptBank()) await remove(button);
    else await keep(button, await ask(button));
  } finally {
    isBusy = false;
  }
}

// Say what is kept, and bring it up to date where the bank or the site has changed.
export async function refresh(button) {
  show(button);
  const bank = navigator.onLine && (await ask(button, { quietly: true }));
  const kept = keptBank(); // null if it was removed meanwhile
  if (bank && kept && bank.version !== kept.version) await keep(button, bank);
}

// The pages that can be read without a connection: their titles by address.
export async function titles() {
  const found = new Map();
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const { pathname, search } = new URL(request.url);
      if (!/^\/(questions|categories)\//.test(pathname) || search) continue;
      const page = new DOMParser().parseFromString(await (await cache.match(request)).text(), "text/html");
      found.set(pathname, page.querySelector("h1")?.textContent.trim() || pathname);
    }
  }
  return found;
}

// Fill in links to what can be read without a connection.
export async function list(nav) {
  const kept = await titles();
  for (const [address, title] of kept) {
    const item = document.createElement("li");
    item.append(Object.assign(document.createElement("a"), { href: address, textContent: title }));
    nav.querySelector("ul").append(item);
  }
  nav.hidden = !kept.size;
}

async function ask(button, { quietly = false } = {}) {
  try {
    const answer = await fetch(button.dataset.bank, { cache: "no-cache" });
    if (!answer.ok) throw new Error(answer.status);
    return await answer.json();
  } catch {
    if (!quietly) say(button, "That needs a connection. Try again later.");
    return null;
  }
}

async function keep(button, bank) {
  if (!bank) return;
  if (bank.too_large) {
    say(button, "The bank is too large to keep whole. Pages that you visit are kept.");
    return;
  }
  const asked = [
    ...[...bank.assets, ...bank.pages].map((address) => ({ address, key: address })),
    // Parts of a list have the address of a page: see the service worker.
    ...bank.answers.map((address) => ({ address, key: `${address}?answer`, headers: { "HX-Request": "true" } })),
  ];
  const name = `kept-${bank.version}`;
  const cache = await caches.open(name);
  let [done, bytes] = [0, 0];
  const waiting = [...asked];
  const fetchNext = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const answer = await fetch(next.address, { cache: "no-cache", headers: next.headers });
      if (!answer.ok) throw new Error(`The server answered with an error (${answer.status})`);
      const content = await answer.clone().blob();
      await cache.put(next.key, answer);
      bytes += content.size; // after waiting: others add to it meanwhile
      done += 1;
      progress(button, `Keeping ${Math.round((100 * done) / asked.length)} %, ${size(bytes)}`);
    }
  };
  button.disabled = true;
  say(button, "");
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, fetchNext));
    const after = await ask(button, { quietly: true });
    if (after?.version !== bank.version) throw new Error("The bank changed meanwhile");
  } catch (error) {
    await caches.delete(name);
    say(button, keptBank() ? "" : `${reason(error)}, and nothing was kept. Try again.`);
    return;
  } finally {
    button.disabled = false;
    progress(button, "");
  }
  await removeOthers(name);
  // What was visited is older than what was just kept.
  const visited = await caches.open("pages");
  await Promise.all(asked.map(({ key }) => visited.delete(key)));
  localStorage.setItem("kept", JSON.stringify({ version: bank.version, questions: bank.answers.length, bytes }));
  show(button);
}

// Why it could not be kept. A failed fetch() is a TypeError, whatever the cause.
function reason(error) {
  if (error.name === "QuotaExceededError") return "There is no room left on this device";
  return error instanceof TypeError ? "The connection was lost" : error.message;
}

async function remove(button) {
  localStorage.removeItem("kept");
  await removeOthers("");
  button.textContent = "Keep for offline";
  say(button, "Removed");
}

async function removeOthers(current) {
  for (const name of await caches.keys()) {
    if (name.startsWith("kept-") && name !== current) await caches.delete(name);
  }
}

function show(button) {
  const { questions, bytes } = keptBank();
  button.textContent = "Remove from this device";
  say(button, `${questions} questions kept, ${size(bytes)}`);
}

const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

// Read out: once, not at each step.
function say(button, text) {
  button.parentElement.querySelector("[role=status]").textContent = text;
}

function progress(button, text) {
  button.parentElement.querySelector(".progress").textContent = text;
}

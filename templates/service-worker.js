{% load bank static %}// Release {{ release }}. Keeps visited pages for reading offline; with a connection the server's
// answer always comes first. Pages name their files by hash, so that a page kept under one release
// never gets the files of another.
const OFFLINE = "{% url 'offline' %}";
const PRACTICE = "{% url 'practice' %}";
const ASSETS = {{ assets|as_json }};
const STATIC = "{% get_static_prefix %}";
const MOST_PAGES = 100; // visited and kept; the oldest go first
const PATIENCE = 5000; // ms that a page may take where a kept one could be shown

addEventListener("install", (event) => {
  const install = async () => {
    await (await caches.open("assets")).addAll(ASSETS);
    const answer = await fetch(OFFLINE, { cache: "no-cache" });
    if (!answer.ok) throw new Error(`${OFFLINE}: ${answer.status}`);
    await (await caches.open("shell")).put(OFFLINE, answer);
    await skipWaiting();
  };
  event.waitUntil(install());
});

addEventListener("activate", (event) => {
  const activate = async () => {
    await clients.claim();
    // The pages that are open were loaded before there was a worker to see them.
    for (const client of await clients.matchAll({ type: "window" })) {
      await fetch(client.url).then((answer) => keep(client.url, answer)).catch(() => {});
    }
    await removeUnusedAssets();
  };
  event.waitUntil(activate());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith(STATIC)) event.respondWith(asset(request, event));
  else if (request.mode === "navigate") event.respondWith(page(request, event));
  else if (isAnswer(request, url)) event.respondWith(answer(request, event));
  else if (request.headers.has("HX-Request")) event.respondWith(list(request));
});

// An answer that htmx puts into the list, not a list that it filters.
const isAnswer = (request, url) => request.headers.has("HX-Request") && url.pathname.startsWith("/questions/");

// A hashed name never changes its content. What can't be kept, as the device is full, is passed on.
async function asset(request, event) {
  const kept = await find(request);
  if (kept) return kept;
  const answer = await fetch(request);
  const copy = answer.clone();
  if (answer.ok) event.waitUntil(caches.open("assets").then((cache) => cache.put(request, copy)).catch(() => {}));
  return answer;
}

// A part of a list: a kept page of that address holds it too.
async function list(request) {
  try {
    return await fetch(request);
  } catch {
    return (await keptPage(request.url)) || Response.error();
  }
}

async function page(request, event) {
  const kept = await keptPage(request.url);
  try {
    return await fromServer(request, request.url, event, kept);
  } catch {
    return kept || (await find(OFFLINE)) || Response.error();
  }
}

// The same address as the page's, and kept beside it under another one: Chromium keeps one answer
// for an address, whatever Vary says. keep.js does likewise.
async function answer(request, event) {
  const key = `${request.url}?answer`;
  const kept = await find(key);
  try {
    return await fromServer(request, key, event, kept);
  } catch {
    return kept || Response.error();
  }
}

// The server's answer, which is kept as `key`. Rejects where there is none, or where there is a
// kept one and the server fails or takes long. The browser's own cache is asked for nothing that is
// not today's: a worker would get what `stale-while-revalidate` allows a CDN.
async function fromServer(request, key, event, kept) {
  const asked = fetch(request, { cache: "no-cache" }).then((answer) => {
    if (kept && answer.status >= 500) throw new Error(answer.status);
    return answer;
  });
  event.waitUntil(asked.then((answer) => keep(key, answer.clone())).catch(() => {}));
  const slow = kept && new Promise((_, reject) => setTimeout(reject, PATIENCE));
  return await (slow ? Promise.race([asked, slow]) : asked);
}

// The address also says which entries are open, or what is practised. Without a copy of just that
// address the plain page does, and its script reads the address. An interviewer's page has no script.
async function keptPage(address) {
  const { pathname, searchParams } = new URL(address);
  const isPractice = pathname === PRACTICE && searchParams.get("mode") !== "interviewer";
  const isEnough = isPractice || [...searchParams.keys()].every((name) => name === "open" || name === "until");
  return (await find(address)) || (isEnough ? await find(pathname) : undefined);
}

const find = (key) => caches.match(key, { ignoreVary: true }).catch(() => undefined);

async function keep(key, answer) {
  const control = answer.headers.get("Cache-Control") || "";
  const isPage = (answer.headers.get("Content-Type") || "").startsWith("text/html");
  if (!answer.ok || answer.redirected || !isPage || /no-store|no-cache/.test(control)) return;
  const pages = await caches.open("pages");
  await pages.put(key, answer);
  const excess = (await pages.keys()).slice(0, -MOST_PAGES);
  for (const old of excess) await pages.delete(old);
}

// After a release: files that neither this release nor a kept page names.
async function removeUnusedAssets() {
  const pages = await caches.open("pages");
  const texts = await Promise.all((await pages.matchAll()).map((answer) => answer.text()));
  const assets = await caches.open("assets");
  for (const request of await assets.keys()) {
    const { pathname } = new URL(request.url);
    const isUsed = ASSETS.includes(pathname) || texts.some((text) => text.includes(pathname));
    if (!isUsed) await assets.delete(request);
  }
}

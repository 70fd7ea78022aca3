// On list pages the address is the state. An action changes it at once, and then asks for the list of
// the address: one request at a time, so that the last action wins.
(() => {
  const TYPING = 150; // ms without a key until what was typed is searched for
  const PATIENCE = 15000; // ms that a list may take

  const form = document.querySelector("form.search");
  const box = form.elements.q;
  const results = () => document.querySelector(".results");
  const entries = (selector = "") => [...document.querySelectorAll(`.entry${selector}`)];

  // The address

  const page = ({ pathname, search } = location) => pathname + search;
  const [navigation] = performance.getEntriesByType("navigation");
  // What the list on the screen belongs to, or is about to. At first that is what the server was asked
  // for: a step of the history may have come before this script.
  let shown = page(new URL(navigation?.name ?? location));

  const opened = () => new URL(location).searchParams.getAll("open");

  function withAll(url, name, values) {
    url.searchParams.delete(name);
    for (const value of new Set(values)) url.searchParams.append(name, value);
    return url;
  }

  function replaceAddress(url) {
    history.replaceState(history.state, "", url);
    shown = page();
  }

  // Show the list of `url`. A step of the history knows where in the page the reader left it.
  function go(url, { replace = false, control = null } = {}) {
    clearTimeout(typing);
    typing = null;
    const isSame = url.pathname + url.search === page();
    if (isSame && (asked || !document.querySelector(".failure[data-list]"))) return;
    if (isSame || replace) replaceAddress(url);
    else {
      history.replaceState({ ...history.state, scroll: scrollY }, "");
      history.pushState(null, "", url);
      shown = page();
    }
    fillForm();
    load(control);
  }

  // A step to another list loads the page anew: see docs/decisions. Browsers have clamped the place
  // where one was reading to the shorter list by then.
  function loadStep() {
    history.scrollRestoration = "manual";
    location.reload();
  }

  const isStep = () => page() !== shown;
  addEventListener("popstate", () => isStep() && loadStep());

  function restorePlace() {
    scrollTo(0, history.state?.scroll ?? 0);
    addEventListener("load", () => setTimeout(() => (history.scrollRestoration = "auto")));
  }

  // Search and filters

  let typing = null;

  // What is typed, and of the address what it goes on to say: category, level, what is open.
  function searched() {
    const url = new URL(form.action);
    const text = box.value.trim().replace(/\s+/g, " ");
    if (text) url.searchParams.append("q", text);
    // A category's own page has the category in its path.
    const { category } = form.elements;
    if (category && location.pathname !== url.pathname) url.searchParams.append("category", category.value);
    for (const [name, value] of new URL(location).searchParams) {
      if (!["q", "start", "until"].includes(name)) url.searchParams.append(name, value);
    }
    return url;
  }

  // Each search is one step of the history, not each letter of it.
  function search() {
    const url = searched();
    const [before, after] = [new URL(location), url].map(({ searchParams }) => searchParams.get("q"));
    go(url, { replace: Boolean(before && after && before !== after) });
  }

  function fillForm() {
    const text = new URL(location).searchParams.get("q") ?? "";
    if (box.value.trim().replace(/\s+/g, " ") !== text) box.value = text;
  }

  // A word that is being composed is no search yet.
  const onType = ({ isComposing }) => {
    clearTimeout(typing);
    typing = isComposing ? null : setTimeout(search, TYPING);
  };
  box.addEventListener("input", onType);
  box.addEventListener("compositionend", () => onType({}));
  box.addEventListener("search", search);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });

  // Links

  const isModified = (event) => event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;

  // What the browser does with a link that is clicked like this.
  function openElsewhere(href, event) {
    Object.assign(document.createElement("a"), { href }).dispatchEvent(new MouseEvent("click", event));
  }

  document.addEventListener("click", (event) => {
    const { target } = event;
    if (event.defaultPrevented) return;
    const title = target.closest(".entry > summary");
    const link = target.closest("a");
    if (title && (isModified(event) || isSelected(title, event))) {
      event.preventDefault();
      if (isModified(event)) openElsewhere(title.parentElement.querySelector("[rel=bookmark]").href, event);
    } else if (title) {
      keepHead(title);
    } else if (link && !isModified(event) && link.matches("[data-list], [data-show], [data-toggle], .show-more")) {
      event.preventDefault();
      if (link.matches(".show-more")) showMore(link);
      else if (link.dataset.toggle) toggleCategory(link);
      else if (link.dataset.show) showAs(link);
      else choose(link);
    }
  });

  // The title of a long answer is at the window's top while one reads; it stays there when it closes.
  function keepHead(title) {
    const { top } = title.getBoundingClientRect();
    requestAnimationFrame(() => scrollBy({ top: title.getBoundingClientRect().top - top, behavior: "instant" }));
  }

  // The click that ends a selection is not meant for the entry.
  let pressed = null;
  document.addEventListener("pointerdown", (event) => (pressed = event));

  function isSelected(title, { detail, clientX, clientY }) {
    const selection = getSelection();
    const isDragged = detail && pressed && Math.hypot(clientX - pressed.clientX, clientY - pressed.clientY) > 3;
    return (isDragged || detail > 2) && selection.type === "Range" && selection.containsNode(title, true);
  }

  // Open entries

  const covers = (slugs, { slug, category }) =>
    slugs.includes("all") || slugs.includes(category) || slugs.includes(slug);

  // `slugs` without what `isClosed` names: "all" and categories become their entries.
  function without(slugs, isClosed) {
    const open = entries().filter((entry) => covers(slugs, entry.dataset));
    const touched = open.filter(isClosed).map((entry) => entry.dataset.category);
    const whole = (slug) => slug === "all" || touched.includes(slug);
    const replaced = slugs.includes("all")
      ? open
      : open.filter(({ dataset: { category } }) => slugs.includes(category) && touched.includes(category));
    const closed = new Set(open.filter(isClosed).map((entry) => entry.dataset.slug));
    return [...slugs.filter((slug) => !whole(slug)), ...replaced.map((entry) => entry.dataset.slug)]
      .filter((slug) => !closed.has(slug));
  }

  // `toggle` does not bubble, but it can be caught on the way down.
  document.addEventListener(
    "toggle",
    ({ target }) => {
      // A long list in a popover begins where one is.
      if (target.popover) target.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
      if (target.matches(".entry")) note(target);
    },
    true,
  );

  // Let the address say whether an entry is open.
  function note(entry) {
    const slugs = opened();
    const byFragment = location.hash === `#${entry.dataset.slug}`;
    let url = null;
    if (entry.open && !covers(slugs, entry.dataset) && !byFragment) {
      url = withAll(new URL(location), "open", [...slugs, entry.dataset.slug]);
    } else if (!entry.open && (covers(slugs, entry.dataset) || byFragment)) {
      url = withAll(new URL(location), "open", without(slugs, (other) => other === entry));
      if (byFragment) url.hash = "";
    }
    if (url) replaceAddress(url);
  }

  // A filter leads where its link says. One beside the list keeps the search, which may be on its way.
  function choose(link) {
    const isBeside = link.closest(".sidebar");
    if (typing && isBeside) search();
    const url = withAll(new URL(link.href), "open", opened());
    const [own, now] = [url, new URL(location)].map(({ searchParams }) => searchParams.get("q"));
    if (isBeside && own !== now) withAll(url, "q", now ? [now] : []);
    go(url);
  }

  // Open or close all entries of a category: what the link says.
  function toggleCategory(link) {
    if (typing) search();
    const name = link.dataset.toggle;
    const isMeant = ({ dataset }) => dataset.category === name;
    const isOpen = entries().filter(isMeant).every((entry) => entry.open);
    const slugs = isOpen ? without(opened(), isMeant) : [...opened(), name];
    goOn(withAll(new URL(location), "open", slugs), link);
  }

  // Show titles, short answers or everything.
  function showAs(link) {
    if (typing) search();
    const { show } = link.dataset;
    const url = withAll(new URL(location), "open", show === "all" ? ["all"] : []);
    goOn(withAll(url, "show", show === "short" ? ["short"] : []), link);
  }

  // Go to `url`, where what "Show more" has brought stays.
  function goOn(url, control) {
    url.hash = "";
    const last = [...document.querySelectorAll("[data-longer] > .entry:nth-last-child(1 of .entry)")];
    withAll(url, "until", [...url.searchParams.getAll("until"), ...last.map((entry) => entry.dataset.slug)]);
    go(url, { control });
  }

  // "Close" at the end of an answer.
  document.addEventListener("click", ({ target }) => {
    const entry = target.closest("button.close")?.closest(".entry");
    if (!entry) return;
    const title = entry.querySelector("summary");
    title.click();
    title.focus({ preventScroll: true });
  });

  // What a button on a phone opened has done its work when something in it was chosen.
  document.addEventListener("click", ({ target }) => {
    const list = target.closest("a")?.closest("[popover]");
    if (list?.matches(":popover-open")) list.hidePopover();
  });

  // Whatever was pressed meanwhile; and a page that was kept may be of another address.
  function openEntries() {
    const slugs = opened();
    for (const entry of entries()) {
      if (entry.open !== covers(slugs, entry.dataset)) entry.open = !entry.open;
    }
  }

  // The list

  let asked = null; // the request that is under way

  async function fetchPart(address, request) {
    const patience = setTimeout(() => request.abort(), PATIENCE);
    try {
      const answer = await fetch(address, { headers: { "HX-Request": "true" }, signal: request.signal });
      if (!answer.ok) throw new Error(answer.status);
      return new DOMParser().parseFromString(await answer.text(), "text/html");
    } finally {
      clearTimeout(patience);
    }
  }

  async function load(control) {
    asked?.abort();
    const request = (asked = new AbortController());
    results().ariaBusy = "true";
    let part;
    try {
      part = await fetchPart(page(), request);
    } catch {
      if (request !== asked) return; // a newer one took its place
      asked = null;
      results().ariaBusy = null;
      const failure = fail(results(), "The list", () => load(control));
      failure.dataset.list = "";
      // The search over the page still knows the titles on this device.
      const button = Object.assign(document.createElement("button"), { className: "step titles" });
      button.textContent = "Search kept titles";
      if (!navigator.onLine && box.value.trim()) failure.append(button);
      return;
    }
    if (request !== asked) return;
    asked = null;
    show(part, control);
  }

  function show(part, control) {
    const focused = document.activeElement.closest(".sidebar, .results") && document.activeElement;
    const kept = control && placeOf(control);
    clearFailure(results());
    for (const selector of [".sidebar", ".results"]) {
      document.querySelector(selector).replaceWith(part.querySelector(selector));
    }
    document.title = part.title;
    const status = document.querySelector(".status");
    const found = part.querySelector(".status").textContent;
    if (status.textContent !== found) status.textContent = found;
    htmx.process(results());
    openEntries();
    if (focused) (likeOf(focused) ?? main()).focus({ preventScroll: true });
    if (kept) keepPlace(kept);
    else if (results().getBoundingClientRect().top < covered()) results().scrollIntoView({ behavior: "instant" });
    watchCategories();
  }

  // How much of the window's top the header covers.
  const covered = () =>
    parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) +
    parseFloat(getComputedStyle(results()).scrollMarginTop);

  function main() {
    const main = document.querySelector("main");
    main.tabIndex = -1;
    return main;
  }

  // What was acted on stays under the eye: the entry with the focus, the control, or what is in view.
  function placeOf(control) {
    const active = document.activeElement.closest(".entry > summary");
    const seen = [active, control, ...document.querySelectorAll(".entry > summary")].find((e) => e && isInView(e));
    return seen && { element: seen, top: seen.getBoundingClientRect().top };
  }

  function keepPlace({ element, top }) {
    const like = likeOf(element);
    if (like) scrollBy({ top: like.getBoundingClientRect().top - top, behavior: "instant" });
  }

  function isInView(element) {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= document.querySelector(".site-header").getBoundingClientRect().bottom && bottom <= innerHeight;
  }

  // What stands in the new list for something of the old one.
  function likeOf(element) {
    if (element.id) return document.getElementById(element.id);
    const slug = element.closest(".entry")?.dataset.slug;
    const toggle = element.closest("[data-toggle]")?.dataset.toggle;
    if (slug) return document.querySelector(`.entry[data-slug="${CSS.escape(slug)}"] > summary`);
    return toggle ? document.querySelector(`[data-toggle="${CSS.escape(toggle)}"]`) : null;
  }

  // "Show more" gives way to what comes next, and the reader goes on there.
  async function showMore(link) {
    if (link.ariaBusy) return;
    const card = link.parentElement;
    const before = [...card.querySelectorAll(":scope > .entry")].at(-1);
    link.ariaBusy = "true";
    let part;
    try {
      part = await fetchPart(link.href, new AbortController());
    } catch {
      link.ariaBusy = null;
      if (link.isConnected) fail(link, "The list", () => showMore(link));
      return;
    }
    if (!link.isConnected) return; // another list took its place
    const isReader = card.contains(document.activeElement) || document.activeElement === document.body;
    clearFailure(link);
    link.replaceWith(...part.querySelectorAll(".card > *"));
    card.dataset.longer = "";
    htmx.process(card);
    openEntries();
    if (isReader) before.nextElementSibling?.querySelector("summary").focus({ preventScroll: true });
  }

  // Failures

  function fail(place, what, again) {
    const failure = document.querySelector("template[data-failure]").content.firstElementChild.cloneNode(true);
    const button = failure.querySelector("button");
    const why = navigator.onLine ? "could not be loaded." : "could not be loaded: you are offline.";
    failure.querySelector("p").textContent = `${what} ${why}`;
    button.addEventListener("click", again);
    const isFocused = failureOf(place)?.contains(document.activeElement);
    failureOf(place)?.remove();
    if (place.matches(".more")) place.prepend(failure);
    else place.before(failure);
    if (isFocused) button.focus();
    return failure;
  }

  // An answer's failure is inside what the answer replaces; others stand before that.
  function failureOf(place) {
    const failure = place.matches(".more") ? place.firstElementChild : place.previousElementSibling;
    return failure?.matches(".failure") ? failure : null;
  }

  function clearFailure(place) {
    const failure = failureOf(place);
    if (failure?.contains(document.activeElement)) main().focus({ preventScroll: true });
    failure?.remove();
  }

  // htmx puts answers into entries. After a failure only the button asks again, not a pointer.
  let askedAgain = null;

  // An answer is where the link leads that stands in its place.
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    detail.path = detail.elt.querySelector("a").href;
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt } = event.detail;
    if (elt !== askedAgain && failureOf(elt)) event.preventDefault();
  });
  for (const event of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(event, ({ detail: { elt } }) => {
      if (!elt.closest(".entry")?.open) return; // it was only about to be opened
      fail(elt, "The full answer", () => {
        askedAgain = elt;
        htmx.trigger(elt, "toggle");
        askedAgain = null;
      });
    });
  }

  // An answer takes over the focus of what it replaces.
  let focused;
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    focused = detail.target.contains(document.activeElement);
  });
  document.addEventListener("htmx:afterSettle", ({ detail: { elt } }) => {
    if (!focused || document.activeElement !== document.body || !elt.matches(".answer")) return;
    focused = false;
    elt.tabIndex = -1;
    elt.focus({ preventScroll: true });
  });

  // At the start

  document.addEventListener("DOMContentLoaded", () => {
    if (isStep()) return loadStep();
    // Whatever a reader did before this script was there.
    entries("[open]").forEach(note);
    if (box.value !== box.defaultValue) onType({});
    openTarget();
    openEntries();
    if (history.scrollRestoration === "manual") restorePlace();
    else if (navigation?.type === "navigate" && !location.hash && !scrollY) showFirstOpened();
    // An entry that was opened before htmx was ready has not asked for its answer yet.
    setTimeout(() => {
      for (const more of document.querySelectorAll(".entry[open] .more")) htmx.trigger(more, "toggle");
    });
    watchCategories();
  });

  addEventListener("hashchange", openTarget);

  function openTarget() {
    const slug = location.hash.slice(1);
    const entry = slug && document.querySelector(`.entry[data-slug="${CSS.escape(slug)}"]`);
    if (!entry || entry.open) return;
    entry.open = true;
    entry.querySelector(".entry-body").scrollIntoView();
  }

  function showFirstOpened() {
    const slugs = opened();
    const first = slugs.includes("all") ? null : entries("[open]")[0];
    if (first && !isInView(first.firstElementChild)) first.scrollIntoView({ behavior: "instant" });
  }

  // The category that is being read: the last whose top is in the upper third of the window or above.
  // Near the page's end one can't scroll that far: there the one that was jumped to counts.
  let spy;
  let follow = () => {};
  for (const event of ["hashchange", "scrollend"]) addEventListener(event, () => follow());

  function watchCategories() {
    spy?.disconnect();
    const chosen = document.querySelector(".jump [aria-current=true]");
    if (chosen) bringIntoSight(chosen);
    const links = new Map();
    for (const link of document.querySelectorAll(".jump a[href^='#']")) {
      const section = document.getElementById(link.hash.slice(1));
      if (section) links.set(section, link);
    }
    const passed = new Set();
    follow = () => {
      const sections = [...links.keys()];
      const isAtEnd = scrollY > 0 && scrollY + innerHeight >= document.documentElement.scrollHeight - 1;
      const target = isAtEnd && sections.find((section) => links.get(section).hash === location.hash);
      const current = target || (sections.findLast((section) => passed.has(section)) ?? sections[0]);
      for (const [section, link] of links) {
        if (section !== current) link.removeAttribute("aria-current");
        else if (!link.hasAttribute("aria-current")) mark(link);
      }
    };
    spy = new IntersectionObserver(
      (changes) => {
        for (const { target, isIntersecting } of changes) {
          if (isIntersecting) passed.add(target);
          else passed.delete(target);
        }
        follow();
      },
      { rootMargin: "1000000px 0px -66% 0px" },
    );
    for (const section of links.keys()) spy.observe(section);
  }

  function mark(link) {
    link.setAttribute("aria-current", "location");
    bringIntoSight(link);
  }

  // A long list scrolls along.
  function bringIntoSight(link) {
    const [list, row] = [link.closest("ul"), link.closest("li")];
    const { scrollTop, clientHeight } = list;
    const isInSight = row.offsetTop >= scrollTop && row.offsetTop + row.offsetHeight <= scrollTop + clientHeight;
    if (!isInSight) list.scrollTop = row.offsetTop - clientHeight / 3;
  }
})();

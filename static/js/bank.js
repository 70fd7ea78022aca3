// On list pages: the address says which entries are open, so that a filter, Back, Forward, reload
// and a shared link show them again. The server reads the same `open` parameters.
(() => {
  const opened = () => new URL(location).searchParams.getAll("open");

  function withOpened(address, slugs) {
    const url = new URL(address, location);
    url.searchParams.delete("open");
    for (const slug of new Set(slugs)) url.searchParams.append("open", slug);
    return url;
  }

  const covers = (slugs, { slug, category }) =>
    slugs.includes("all") || slugs.includes(category) || slugs.includes(slug);

  const entries = (selector = "") => [...document.querySelectorAll(`.entry${selector}`)];

  // What `slugs` opens, without the entries that `isClosed` names: "all" and categories are
  // replaced by the entries that they stood for.
  function without(slugs, isClosed) {
    const open = entries().filter((entry) => covers(slugs, entry.dataset));
    const touched = open.filter(isClosed).map((entry) => entry.dataset.category);
    const whole = (slug) => slug === "all" || touched.includes(slug);
    const replaced = slugs.includes("all")
      ? open
      : open.filter((entry) => slugs.includes(entry.dataset.category) && touched.includes(entry.dataset.category));
    const closed = new Set(open.filter(isClosed).map((entry) => entry.dataset.slug));
    return [...slugs.filter((slug) => !whole(slug)), ...replaced.map((entry) => entry.dataset.slug)]
      .filter((slug) => !closed.has(slug));
  }

  // `toggle` does not bubble, but it can be caught on the way down.
  document.addEventListener(
    "toggle",
    ({ target: entry }) => {
      if (!entry.matches(".entry")) return;
      const slugs = opened();
      const byFragment = location.hash === `#${entry.dataset.slug}`;
      let url = null;
      if (entry.open && !covers(slugs, entry.dataset) && !byFragment) {
        url = withOpened(location, [...slugs, entry.dataset.slug]);
      } else if (!entry.open && (covers(slugs, entry.dataset) || byFragment)) {
        url = withOpened(location, without(slugs, (other) => other === entry));
        if (byFragment) url.hash = "";
      }
      if (url) history.replaceState(history.state, "", url);
    },
    true,
  );

  // htmx's requests carry what is open now, not what was open when the page was made.
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    const element = detail.elt;
    if (element.id === "filters") {
      for (const [name, value] of [...detail.formData]) if (!value) detail.formData.delete(name);
      detail.formData.delete("open");
      for (const slug of opened()) detail.formData.append("open", slug);
      // Each search is one step of the history, not each letter of it.
      const before = new URL(location).searchParams.get("q");
      const goesOn = Boolean(before && detail.formData.get("q") && before !== detail.formData.get("q"));
      element.setAttribute("hx-push-url", String(!goesOn));
      element.setAttribute("hx-replace-url", String(goesOn));
    } else if (element.dataset.toggle) {
      const category = element.dataset.toggle;
      const inCategory = entries(`[data-category="${category}"]`);
      const slugs = inCategory.every((entry) => entry.open)
        ? without(opened(), (entry) => entry.dataset.category === category)
        : [...opened(), category];
      detail.path = withOpened(detail.path, slugs).href;
    } else if (element.dataset.filter !== undefined) {
      detail.path = withOpened(detail.path, opened()).href;
      if (element.dataset.clear !== undefined) document.querySelector("#q").value = "";
    }
  });

  // "Close" at the end of an answer.
  document.addEventListener("click", ({ target }) => {
    const entry = target.closest("[data-close]")?.closest(".entry");
    if (!entry) return;
    const summary = entry.querySelector("summary");
    summary.click();
    summary.focus({ preventScroll: true });
    entry.scrollIntoView({ block: "nearest" });
  });

  // What a button on a phone opened has done its work when something in it was chosen.
  document.addEventListener("click", ({ target }) => {
    const list = target.closest("a")?.closest("[popover]");
    if (list?.matches(":popover-open")) list.hidePopover();
  });

  // An entry that the address opened before htmx was ready has not asked for its answer yet. (The
  // server opens what `open` names; a page that was kept for offline may be of another address.)
  document.addEventListener("DOMContentLoaded", () => {
    openTarget();
    const slugs = opened();
    for (const other of entries()) if (covers(slugs, other.dataset)) other.open = true;
    setTimeout(() => {
      for (const more of document.querySelectorAll(".entry[open] .more")) htmx.trigger(more, "toggle");
    });
    watchCategories();
  });

  // A step back to another list loads the page anew (htmx's refreshOnHistoryMiss), so that the
  // server's answer, or the kept page without a connection, is that of the address. The place where
  // one was reading goes along: browsers have clamped it to the shorter list by then.
  document.addEventListener("htmx:beforeHistoryUpdate", ({ detail }) => {
    if (detail.history.type === "push") history.replaceState({ ...history.state, scroll: scrollY }, "");
  });
  addEventListener("popstate", ({ state }) => {
    if (!state?.htmx) return;
    history.scrollRestoration = "manual";
    try {
      sessionStorage.setItem("place", state.scroll ?? 0);
    } catch {
      // blocked
    }
  });
  document.addEventListener("DOMContentLoaded", () => {
    if (history.scrollRestoration === "auto") return;
    try {
      scrollTo(0, sessionStorage.getItem("place"));
    } catch {
      // blocked
    }
    addEventListener("load", () => setTimeout(() => (history.scrollRestoration = "auto")));
  });

  addEventListener("hashchange", openTarget);

  // For browsers that don't do so themselves.
  function openTarget() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const entry = target && target.closest(".entry");
    if (!entry || entry.open) return;
    entry.open = true;
    target.scrollIntoView();
  }

  // The navigation marks the category that is being read: the last one whose top is in the upper
  // third of the window or above it, or else the first.
  let spy;

  function watchCategories() {
    spy?.disconnect();
    const chosen = document.querySelector("#jump [aria-current=true]");
    if (chosen) bringIntoSight(chosen);
    const links = new Map();
    for (const link of document.querySelectorAll("#jump a[href^='#']")) {
      const section = document.getElementById(link.hash.slice(1));
      if (section) links.set(section, link);
    }
    const passed = new Set();
    spy = new IntersectionObserver(
      (changes) => {
        for (const { target, isIntersecting } of changes) {
          if (isIntersecting) passed.add(target);
          else passed.delete(target);
        }
        const sections = [...links.keys()];
        const current = sections.findLast((section) => passed.has(section)) ?? sections[0];
        for (const [section, link] of links) {
          if (section !== current) link.removeAttribute("aria-current");
          else if (!link.hasAttribute("aria-current")) mark(link);
        }
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
    const isInSight = row.offsetTop >= list.scrollTop && row.offsetTop + row.offsetHeight <= list.scrollTop + list.clientHeight;
    if (!isInSight) list.scrollTop = row.offsetTop - list.clientHeight / 3;
  }

  // A swap that takes away what had the focus hands it on.
  let focused;
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    focused = detail.target.contains(document.activeElement) ? document.activeElement : null;
  });
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (focused && !focused.isConnected && document.activeElement === document.body) {
      const heir = detail.elt.matches(".answer") ? detail.elt : document.getElementById("main");
      heir.tabIndex = -1;
      heir.focus({ preventScroll: true });
    }
    if (detail.elt.id === "results" || detail.elt.id === "jump") watchCategories();
  });

  // "Show more" gives way to what comes next, and the reader goes on there.
  let lastShown = null;
  document.addEventListener("htmx:beforeSwap", ({ detail: { target, isError } }) => {
    if (isError || !target.matches(".show-more")) return;
    lastShown = [...target.parentElement.querySelectorAll(":scope > .entry")].at(-1);
  });
  document.addEventListener("htmx:afterSettle", () => {
    // It may be an answer that settles, which was asked for before.
    const next = lastShown?.isConnected && lastShown.nextElementSibling;
    if (!next || !next.matches(".entry")) return;
    lastShown = null;
    next.querySelector("summary").focus();
  });

  // What could not be loaded says so in its place, and can be asked for again: by the button
  // there, while a pointer that passes over an entry asks for nothing.
  let askedAgain = null;

  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt } = event.detail;
    if (elt.matches(".more") && elt !== askedAgain && failureOf(event.detail)) event.preventDefault();
  });
  for (const event of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(event, ({ detail }) => fail(detail));
  }
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const failure = failureOf(detail);
    if (!failure || detail.isError || detail.elt.matches(".more")) return;
    if (failure.contains(document.activeElement)) document.getElementById("main").focus({ preventScroll: true });
    failure.remove();
  });

  // An answer's failure is inside what the answer replaces; others stand before that.
  function failureOf({ elt, target }) {
    const failure = elt.matches(".more") ? elt.firstElementChild : target.previousElementSibling;
    return failure?.matches(".failure") ? failure : null;
  }

  function fail(detail) {
    const { elt, target, requestConfig } = detail;
    const isAnswer = elt.matches(".more");
    if (isAnswer && !elt.closest(".entry").open) return; // it was only about to be opened
    const failure = document.getElementById("failure").content.firstElementChild.cloneNode(true);
    const button = failure.querySelector("button");
    const what = isAnswer ? "The full answer" : "The list";
    const why = navigator.onLine ? "could not be loaded." : "could not be loaded: you are offline.";
    failure.querySelector("p").textContent = `${what} ${why}`;
    button.addEventListener("click", () => {
      askedAgain = elt;
      if (isAnswer) htmx.trigger(elt, "toggle");
      else htmx.ajax("GET", requestConfig.path, { source: elt, target, swap: "outerHTML", values: Object.fromEntries(requestConfig.formData ?? []) });
      askedAgain = null;
    });
    const earlier = failureOf(detail);
    const isFocused = earlier?.contains(document.activeElement);
    earlier?.remove();
    if (isAnswer) elt.prepend(failure);
    else target.before(failure);
    if (isFocused) button.focus();
  }
})();

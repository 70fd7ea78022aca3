// On every page: the theme, the copy buttons, the service worker, and what is loaded by need.
(() => {
  const root = document.documentElement;

  const storage = {
    get(name) {
      try {
        return localStorage.getItem(name);
      } catch {
        return null; // blocked
      }
    },
    set(name, value) {
      try {
        localStorage.setItem(name, value);
      } catch {
        // It lasts as long as the page.
      }
    },
  };

  // Theme: at once, before the page is painted. This script is loaded in the head.
  const colors = document.querySelectorAll("meta[name=theme-color]");
  const [light, dark] = [...colors].map((meta) => meta.content);

  function applyTheme(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    if (!colors.length) return;
    colors[0].content = theme === "dark" ? dark : light;
    colors[1].content = theme === "light" ? light : dark;
  }

  applyTheme(storage.get("theme"));
  addEventListener("storage", (event) => event.key === "theme" && applyTheme(event.newValue));

  function nameTheme() {
    document.querySelector("button.theme").setAttribute("aria-label", `Theme: ${root.dataset.theme || "system"}`);
  }

  document.addEventListener("DOMContentLoaded", nameTheme);
  // `toggle` does not bubble, but it can be caught on the way down.
  document.addEventListener(
    "toggle",
    ({ target, newState }) => {
      if (!target.matches(".themes")) return;
      const current = target.querySelector(`[value="${root.dataset.theme || "system"}"]`);
      current.checked = true;
      if (newState === "open") current.focus();
    },
    true,
  );
  document.addEventListener("change", ({ target }) => {
    if (!target.matches(".themes input")) return;
    storage.set("theme", target.value);
    applyTheme(target.value);
    nameTheme();
  });
  document.addEventListener("click", ({ target, detail }) => {
    // By pointer, not by arrow keys.
    if (detail && target.closest(".themes label")) document.querySelector(".themes").hidePopover();
  });

  // What is not needed at once. import() takes no hash: a <script> fetches the module by its hash,
  // and import() then gets that very one.
  const modules = {};

  async function fetchModule(name) {
    const src = root.dataset[name];
    const integrity = root.dataset[`${name}Integrity`];
    const script = Object.assign(document.createElement("script"), { type: "module", src, integrity });
    await new Promise((resolve, reject) => {
      script.addEventListener("load", resolve);
      script.addEventListener("error", () => reject(new Error(`${src} was not loaded`)));
      document.head.append(script);
    });
    return import(src);
  }

  function load(name) {
    modules[name] ??= fetchModule(name).catch((error) => {
      delete modules[name]; // the next key or click tries again
      throw error;
    });
    return modules[name];
  }

  async function copy(button, text, fallback) {
    const label = button.textContent;
    if (button.dataset.label) return; // still says that it has copied
    button.dataset.label = label;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      if (fallback) getSelection().selectAllChildren(fallback);
      button.textContent = fallback ? "Selected" : "Not copied";
    }
    setTimeout(() => {
      button.textContent = label;
      delete button.dataset.label;
    }, 2000);
  }

  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    if (button.matches(".copy")) {
      const code = button.closest("figure").querySelector("code");
      copy(button, code.textContent, code);
    } else if (button.dataset.copyLink) {
      copy(button, new URL(button.dataset.copyLink, location).href);
    } else if (button.matches(".titles")) {
      overlay(box().value);
    } else if (button.matches("[data-shortcuts]")) {
      (await load("keyboard")).showHelp();
    } else if (button.dataset.bank) {
      (await load("keep")).change(button);
    }
  });

  // Shortcuts: loaded at the first key. "/" can't wait, as the browser may have its own use for it.
  // Others have an off switch: a voice that dictates presses many (WCAG 2.1.4).
  if (storage.get("shortcuts") === "off") root.dataset.shortcuts = "off";

  const isTyping = ({ target }) =>
    target.isContentEditable || target.matches("input:not([type=radio], [type=checkbox]), textarea, select");

  const isForBox = ({ key, target }) => target.matches(".search input") && ["ArrowDown", "Escape"].includes(key);

  // One search on every page: over the page, where the box in its header does not search by itself.
  // Until that has come the box takes what is typed, and its form searches as it does without scripts.
  const box = () => document.querySelector(".search input");

  let isComposing = false; // a word, by an input method, which a move of the focus would end
  for (const name of ["compositionstart", "compositionend"]) {
    document.addEventListener(name, ({ type }) => (isComposing = type === "compositionstart"));
  }

  function overlay(text = "") {
    const { activeElement } = document;
    const own = box()?.form.dataset.live ? null : box();
    own?.focus({ preventScroll: true });
    const isHere = own && own === document.activeElement;
    // What to search for; nothing if the reader has gone on, or is at a word whose end opens it.
    // Closed, it leads back to where one was.
    const take = () => {
      if (!isHere) return text;
      if (isComposing || own !== document.activeElement) return null;
      const { value } = own;
      own.value = "";
      own.blur();
      activeElement.focus({ preventScroll: true });
      return value;
    };
    return load("overlay").then(({ open }) => open(load, take), () => {});
  }

  document.addEventListener("submit", (event) => {
    const { target } = event;
    const isEmpty = target === box()?.form && !target.dataset.live && !box().value.trim();
    if (isEmpty) event.preventDefault(); // as in the search over the page
  });

  for (const name of ["click", "input", "compositionend"]) {
    document.addEventListener(name, ({ target }) => {
      if (target === box() && !target.form.dataset.live && !isComposing) overlay();
    });
  }

  document.addEventListener("keydown", async (event) => {
    if (event.isComposing || event.keyCode === 229) return; // the input method's own
    if ((event.ctrlKey || event.metaKey) && event.key === "k" && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      return overlay();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (!isForBox(event) && (isTyping(event) || root.dataset.shortcuts === "off")) return;
    if (event.key === "/") {
      event.preventDefault();
      if (!box()?.form.dataset.live) return overlay();
      box().focus({ preventScroll: true });
      box().select();
    } else if (event.key === "Escape" && event.target === box() && !box().form.dataset.live) {
      box().blur(); // at once: the overlay may be about to come
    } else {
      const { value } = event.target; // before the browser empties the box
      (await load("keyboard")).press(event, value);
    }
  });

  // Who practises sees on a list the state of each question.
  document.addEventListener("DOMContentLoaded", async () => {
    if (storage.get("practised") && document.querySelector(".results")) (await load("states")).watch();
  });

  // Browsers offer to install a site once somebody has touched it. Until then the manifest and its
  // icon would be two requests for nothing.
  function linkManifest() {
    for (const event of ["pointerdown", "keydown"]) removeEventListener(event, linkManifest);
    document.head.append(Object.assign(document.createElement("link"), { rel: "manifest", href: root.dataset.manifest }));
  }
  for (const event of ["pointerdown", "keydown"]) addEventListener(event, linkManifest);

  // Offline: after the page is done, so that it waits for nothing.
  addEventListener("load", async () => {
    if (!root.dataset.worker || !navigator.serviceWorker) return;
    try {
      await navigator.serviceWorker.register(root.dataset.worker);
    } catch {
      return; // a private window may refuse
    }
    const keep = document.querySelector(".keep");
    keep.hidden = false;
    if (storage.get("kept")) (await load("keep")).refresh(keep.querySelector("button"));
    const list = document.querySelector("nav.kept");
    if (list) (await load("keep")).list(list);
  });
})();

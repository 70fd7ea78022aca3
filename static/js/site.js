// On every page: the theme switch and the copy buttons.
(() => {
  const themes = ["system", "light", "dark"];

  function kept() {
    try {
      return localStorage.getItem("theme") || "system";
    } catch {
      return "system"; // storage is blocked
    }
  }

  function apply(theme) {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }

  function label() {
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.setAttribute("aria-label", `Theme: ${kept()}`);
      button.title = `Theme: ${kept()}`;
    }
  }

  // At once, before the page is painted: this script is loaded in the head.
  apply(kept());
  document.addEventListener("DOMContentLoaded", label);
  document.addEventListener("htmx:historyRestore", label);

  document.addEventListener("click", async (event) => {
    if (event.target.closest("[data-theme-switch]")) {
      const next = themes[(themes.indexOf(kept()) + 1) % themes.length];
      try {
        localStorage.setItem("theme", next);
      } catch {
        // It lasts as long as the page.
      }
      apply(next);
      label();
    }

    const copy = event.target.closest(".copy");
    if (copy) {
      const code = copy.closest("figure").querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
        copy.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);
        copy.textContent = "Selected";
      }
      setTimeout(() => (copy.textContent = "Copy"), 2000);
    }
  });
})();

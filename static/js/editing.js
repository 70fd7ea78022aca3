// In the admin's form of a question: the page as it would be, beside the text, as one types.
// Without this script a button shows it in a new tab.
document.addEventListener("DOMContentLoaded", () => {
  const preview = document.querySelector("#preview");
  if (!preview) return;
  const form = preview.closest("form");
  const frame = preview.querySelector("iframe");
  const words = preview.querySelector("#preview-words");
  const problems = preview.querySelector("#preview-problems");
  const PAUSE = 300; // milliseconds after the last key

  // The answer is our own page. Its scripts are taken out, and the frame allows none either.
  function show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const shown = frame.contentDocument?.querySelector("main");
    const main = page.querySelector("main");
    if (shown) {
      shown.replaceWith(main); // keeps the place to which the editor scrolled
    } else {
      for (const element of page.querySelectorAll("script, body > :not(main)")) element.remove();
      const base = page.createElement("base");
      base.target = "_blank";
      page.head.prepend(base);
      frame.srcdoc = `<!DOCTYPE html>${page.documentElement.outerHTML}`;
      frame.hidden = false;
    }
  }

  // The admin's switch between light and dark counts for the page, too.
  function applyTheme() {
    const { theme } = document.documentElement.dataset;
    const page = frame.contentDocument?.documentElement;
    if (!page) return;
    if (theme === "light" || theme === "dark") page.dataset.theme = theme;
    else delete page.dataset.theme;
  }
  frame.addEventListener("load", applyTheme);
  new MutationObserver(applyTheme).observe(document.documentElement, {
    attributeFilter: ["data-theme"],
  });

  function line({ field, label, message, is_error: isError }) {
    const item = document.createElement("li");
    item.className = isError ? "error" : "warning";
    const link = document.createElement("a");
    link.href = `#id_${field}`;
    link.textContent = label;
    item.append(isError ? "Error in " : "Warning for ", link, `: ${message}`);
    return item;
  }

  // Django proposes one for Latin letters as one types; the server's comes in every script.
  function proposeSlug(slug) {
    const field = form.querySelector("#id_slug");
    if (slug && field && !django.jQuery(field).data("_changed")) field.value = slug;
  }

  let request = null;

  async function update() {
    request?.abort();
    request = new AbortController();
    const data = new FormData(form);
    data.set("key", preview.dataset.key);
    try {
      const response = await fetch(preview.dataset.url, {
        method: "POST",
        body: data,
        headers: { Accept: "application/json" },
        signal: request.signal,
      });
      if (!response.ok || response.redirected) throw new Error(`answer ${response.status}`);
      const answer = await response.json();
      show(answer.html);
      proposeSlug(answer.slug);
      words.textContent = `Words: ${answer.words.short_answer} in the short answer, ${answer.words.answer} in the answer.`;
      problems.replaceChildren(...answer.problems.map(line));
    } catch (error) {
      if (error.name === "AbortError") return;
      words.textContent = "No preview now: the server does not answer, or you are logged out. Your text is still here.";
    }
  }

  let timer = null;
  let isEdited = false;
  // jQuery's, as the field “replaced by” tells of its changes by no other event.
  django.jQuery(form).on("input", () => {
    isEdited = true;
    clearTimeout(timer);
    timer = setTimeout(update, PAUSE);
  });
  form.addEventListener("change", () => {
    clearTimeout(timer);
    timer = setTimeout(update, PAUSE);
  });

  // Nobody leaves with an edit unsaved without being asked.
  form.addEventListener("submit", (event) => {
    if (event.submitter?.formTarget !== "_blank") isEdited = false;
  });
  addEventListener("beforeunload", (event) => {
    if (isEdited) event.preventDefault();
  });

  update();
});

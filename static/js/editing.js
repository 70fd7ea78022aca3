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

  // What the rules say stands at each field, as in the page that the server sent.
  function note(list) {
    for (const notes of form.querySelectorAll(".notes")) notes.remove();
    for (const { field, message, is_error: isError } of list) {
      const help = form.querySelector(`#id_${field}_helptext`);
      if (!help) continue;
      if (!help.querySelector(".notes")) {
        help.append(document.createElement("ul"));
        help.lastChild.className = "notes";
      }
      const item = document.createElement("li");
      item.className = isError ? "error" : "warning";
      item.textContent = `${isError ? "Before publishing" : "To look at"}: ${message}`;
      help.querySelector(".notes").append(item);
    }
  }

  // Beside the preview stands which fields these are.
  function summary(list, isError) {
    const fields = new Map(
      list.filter((problem) => problem.is_error === isError).map(({ field, label }) => [field, label]),
    );
    if (!fields.size) return [];
    const item = document.createElement("li");
    item.className = isError ? "error" : "warning";
    const links = [...fields].flatMap(([field, label]) => {
      const link = document.createElement("a");
      link.href = `#id_${field}`;
      link.textContent = label;
      return [", ", link];
    });
    item.append(isError ? "Before publishing: " : "To look at: ", ...links.slice(1));
    return [item];
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
      note(answer.problems);
      problems.replaceChildren(...summary(answer.problems, true), ...summary(answer.problems, false));
    } catch (error) {
      if (error.name === "AbortError") return;
      words.textContent = "No preview now: the server does not answer, or you are logged out. Your text is still here.";
    }
  }

  let timer = null;
  let isEdited = Boolean(form.querySelector("[name=_unsaved]"));
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

  // An empty answer is offered the sections to start with.
  const answer = form.querySelector("#id_answer");
  if (answer?.dataset.skeleton) {
    const offer = document.createElement("button");
    offer.type = "button";
    offer.className = "button skeleton";
    offer.textContent = "Start with the sections";
    const showOffer = () => {
      offer.hidden = answer.value.trim() !== "";
    };
    offer.addEventListener("click", () => {
      answer.value = answer.dataset.skeleton;
      answer.setSelectionRange(0, 0);
      answer.focus();
      answer.dispatchEvent(new Event("input", { bubbles: true }));
    });
    answer.addEventListener("input", showOffer);
    answer.after(offer);
    showOffer();
  }

  // Of a question that nobody has begun there is nothing to say yet.
  if (preview.dataset.begun) update();
  else words.textContent = "The page as it will be appears here as you type.";
});

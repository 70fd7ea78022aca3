// In the admin's list of questions: rows can be dragged to another place in their category. What
// is saved are the numbers in the column "position", which can be typed as well.
(() => {
  const category = (row) => row.querySelector(".field-category").textContent;
  const position = (row) => row.querySelector(".field-position input");

  // Give the rows of a category the numbers that they have, in the order in which they stand now.
  // Rows on other pages keep theirs, so the numbers stay in between; equal ones are spread.
  function renumber(rows) {
    const numbers = rows.map((row) => Number(position(row).value)).sort((a, b) => a - b);
    let last = 0;
    rows.forEach((row, index) => {
      last = Math.max(numbers[index], last + 1);
      position(row).value = last;
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const table = document.querySelector("#result_list");
    // Only where the list stands in the order of the page.
    if (!table || new URLSearchParams(location.search).has("o")) return;
    const rows = () => [...table.querySelectorAll("tbody tr")].filter(position);
    let dragged = null;

    for (const row of rows()) {
      const handle = document.createElement("span");
      handle.className = "drag-handle";
      handle.draggable = true;
      handle.title = "Drag to another place in its category";
      handle.textContent = "⠿";
      handle.setAttribute("aria-hidden", "true"); // without a mouse the number does it
      position(row).before(handle);
      let place = null; // to which a drag that is given up returns
      handle.addEventListener("dragstart", (event) => {
        dragged = row;
        place = row.nextElementSibling;
        row.classList.add("dragged");
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", "");
        event.dataTransfer.setDragImage(row, 0, 0);
      });
      handle.addEventListener("dragend", (event) => {
        dragged = null;
        row.classList.remove("dragged");
        if (event.dataTransfer.dropEffect === "none") {
          row.parentElement.insertBefore(row, place);
        } else {
          renumber(rows().filter((other) => category(other) === category(row)));
          document.querySelector("#changelist-form [name=_save]").classList.add("to-save");
        }
      });
    }

    table.addEventListener("dragover", (event) => {
      const target = event.target.closest("tbody tr");
      if (!dragged || !target || category(target) !== category(dragged)) return;
      event.preventDefault();
      if (target === dragged) return;
      const { top, height } = target.getBoundingClientRect();
      target[event.clientY < top + height / 2 ? "before" : "after"](dragged);
    });

    table.addEventListener("drop", (event) => {
      if (dragged) event.preventDefault();
    });
  });
})();

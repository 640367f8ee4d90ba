// Buttons of a template dragged by their handle; a list of rows, pointer events, and one post with where it went.
// Without this file the arrows beside each row do the same.

const rows = () => [...document.querySelectorAll("#field-buttons .button-row")];
let drag = null;

const ready = () => {
  for (const handle of document.querySelectorAll("[data-drag]")) handle.hidden = false;
};

const clear = () => {
  for (const row of rows()) row.classList.remove("dragged", "drop-before", "drop-after");
};

const mark = (y) => {
  const others = rows();
  clear();
  drag.row.classList.add("dragged");
  let target = others.findIndex((row) => {
    const box = row.getBoundingClientRect();
    return y < box.top + box.height / 2;
  });
  if (target < 0) target = others.length;
  if (target > drag.from) target -= 1; // its own place is free then
  drag.to = target;
  if (target === drag.from) return;
  others[target].classList.add(target < drag.from ? "drop-before" : "drop-after");
};

document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("[data-drag]");
  if (!handle || event.button !== 0) return;
  event.preventDefault();
  const row = handle.closest(".button-row");
  const from = rows().indexOf(row);
  drag = { row, from, to: from, pointer: event.pointerId };
  handle.setPointerCapture(event.pointerId);
  row.classList.add("dragged");
});
document.addEventListener("pointermove", (event) => {
  if (drag && event.pointerId === drag.pointer) mark(event.clientY);
});
document.addEventListener("pointerup", (event) => {
  if (!drag || event.pointerId !== drag.pointer) return;
  const { from, to } = drag;
  drag = null;
  clear();
  if (from === to) return;
  const button = document.getElementById("move-button");
  button.value = `move:${from}:${to}`;
  button.click();
});
const cancel = () => {
  drag = null;
  clear();
};
document.addEventListener("pointercancel", cancel);
document.addEventListener("keydown", (event) => {
  if (drag && event.key === "Escape") cancel();
});

// Whoever moves a row with the keyboard stays on it.
document.addEventListener("htmx:afterSettle", () => {
  ready();
  const section = document.getElementById("field-buttons");
  const place = section?.dataset.moved;
  if (!place) return;
  delete section.dataset.moved;
  const [first, second] = section.dataset.movedBy === "down" ? ["down", "up"] : ["up", "down"];
  const wanted = document.getElementById(`${first}-${place}`);
  (wanted?.disabled ? document.getElementById(`${second}-${place}`) : wanted)?.focus();
});

ready();

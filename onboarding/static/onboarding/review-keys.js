// Single keys on the review desk: help, and a switch for people whose software types for them.

const STORED = "review-keys-off";
const dialog = document.getElementById("review-keys");
const toggle = dialog?.querySelector("[data-keys-on]");

const isOff = () => localStorage.getItem(STORED) === "1";

for (const button of document.querySelectorAll("[data-keys-open]")) {
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
}
if (toggle) {
  toggle.checked = !isOff();
  toggle.addEventListener("change", () => localStorage.setItem(STORED, toggle.checked ? "0" : "1"));
}

/** Let single keys act: ``actions`` maps a key to what it does; nothing happens while somebody types. */
export function listen(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "?") {
      event.preventDefault();
      dialog?.showModal();
      return;
    }
    const action = isOff() ? null : actions[event.key];
    if (action && action(event) !== false) event.preventDefault();
  });
}

/** Step through ``items``: focus the next (or previous) one after the one that was stepped to last. */
export function stepper(items, target) {
  let at = -1;
  return {
    move(by) {
      if (!items.length) return;
      at = Math.max(0, Math.min(items.length - 1, at + by));
      for (const item of items) item.toggleAttribute("data-here", item === items[at]);
      const focused = target(items[at]);
      focused?.focus({ preventScroll: true });
      items[at].scrollIntoView({ block: "nearest" });
    },
    get here() {
      return items[at];
    },
  };
}

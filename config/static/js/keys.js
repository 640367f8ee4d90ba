// Single keys of a page: its help (a dialog with data-keys), and a switch for people whose software types for them.
// WCAG 2.2, 2.1.4 Character Key Shortcuts: who speaks to a computer must be able to turn them off.

const STORED = "single-keys-off";
const dialog = document.querySelector("dialog[data-keys]");
const toggle = dialog?.querySelector("[data-keys-on]");

const areOff = () => {
  try {
    return localStorage.getItem(STORED) === "1";
  } catch {
    return false;
  }
};

for (const button of document.querySelectorAll("[data-keys-open]")) {
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
}
if (toggle) {
  toggle.checked = !areOff();
  toggle.addEventListener("change", () => localStorage.setItem(STORED, toggle.checked ? "0" : "1"));
}

/** Let single keys act: ``actions`` maps a key to what it does; nothing happens while somebody types or chooses. */
export function listen(actions) {
  const all = { "?": () => dialog?.showModal(), ...actions };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open], :popover-open")) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const isCharacter = event.key.length === 1;
    const action = isCharacter && areOff() ? null : all[isCharacter ? event.key.toLowerCase() : event.key];
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

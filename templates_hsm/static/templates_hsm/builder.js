// The builder without reloads: buttons over the body, a folded preview on phones, and saving by itself.
// The preview and the findings are htmx's; everything works without this file by its own buttons.

const PAUSE = 4000;
const RETRY = 15000;
const builder = () => document.getElementById("builder");
const form = () => document.getElementById("template-form");
const state = () => document.querySelector("[data-save-state]");
const narrow = matchMedia("(max-width: 67.99rem)");

let folded = narrow.matches;

const enhance = () => {
  builder().classList.add("scripted");
  for (const button of builder().querySelectorAll("[data-wrap]")) button.hidden = false;
  for (const button of builder().querySelectorAll("[data-without-script]")) button.hidden = true;
  const fold = builder().querySelector("[data-fold]");
  fold.open = !narrow.matches || !folded;
  fold.addEventListener("toggle", () => {
    if (narrow.matches) folded = !fold.open;
  });
};

// ---- Over the body ---------------------------------------------------------------------------------------------

const write = (area, text, select) => {
  const { selectionStart: start, selectionEnd: end } = area;
  area.setRangeText(text, start, end, "end");
  if (select) area.setSelectionRange(start + select[0], start + select[1]);
  area.focus();
  area.dispatchEvent(new Event("input", { bubbles: true }));
};

/** The next free variable, counted or named like the others. */
const variables = (text) => [...text.matchAll(/\{\{([a-z0-9_]+)\}\}/g)].map((match) => match[1]);
const nextVariable = (text) => {
  const names = variables(text);
  const everywhere = [...document.querySelectorAll("[data-variables]")].flatMap((area) => variables(area.value));
  const around = names.length ? names : everywhere;
  if (around.length && !around.some((name) => /^\d+$/.test(name))) {
    let number = 1;
    while (names.includes(`detail_${number}`)) number += 1;
    return `detail_${number}`;
  }
  return String(Math.max(0, ...names.filter((name) => /^\d+$/.test(name)).map(Number)) + 1);
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-wrap], [data-insert-variable]");
  if (!button) return;
  event.preventDefault();
  const area = document.getElementById(button.dataset.insertVariable ?? "field-body");
  if (button.dataset.wrap) {
    const mark = button.dataset.wrap;
    const chosen = area.value.slice(area.selectionStart, area.selectionEnd);
    write(area, `${mark}${chosen}${mark}`, chosen ? null : [1, 1]);
  } else {
    write(area, `{{${nextVariable(area.value)}}}`);
  }
});

// ---- The card in hand is the one in the phone ----------------------------------------------------------------------

let shown = 0;

const showCard = () => {
  const list = builder().querySelector(".live .pcards");
  const card = list?.children[Math.min(shown, list.children.length - 1)];
  if (!card) return;
  const [outer, inner] = [list.getBoundingClientRect(), card.getBoundingClientRect()];
  const rtl = getComputedStyle(list).direction === "rtl";
  list.scrollLeft += rtl ? inner.right - outer.right : inner.left - outer.left;
};

document.addEventListener("focusin", (event) => {
  const card = event.target.closest?.("[data-card]");
  if (!card) return;
  shown = Number(card.dataset.card);
  showCard();
});
document.addEventListener("htmx:afterSettle", () => {
  const wanted = builder().dataset.focus;
  if (wanted) {
    delete builder().dataset.focus;
    document.getElementById(wanted)?.focus();
  }
  showCard();
});

// ---- Saving by itself -------------------------------------------------------------------------------------------

let timer = 0;
let busy = false;
let dirty = false;
let running = Promise.resolve();

const say = (text) => {
  if (state()) state().textContent = `· ${text}`;
};

const save = () => {
  if (busy || !dirty || "stale" in form().dataset || form().dataset.sent) return;
  busy = true;
  dirty = false;
  running = send();
};

const send = async () => {
  try {
    const typed = new FormData(form());
    for (const [name, value] of [...typed]) if (value instanceof File) typed.delete(name); // goes by its own button
    const answer = await fetch(form().dataset.autosave, {
      method: "POST",
      body: typed,
      credentials: "same-origin",
      headers: { "X-Requested-With": "fetch" },
    });
    if (answer.redirected) return void location.reload();
    const told = await answer.json();
    if (told.version) form().elements.version.value = told.version;
    if (told.stale) form().dataset.stale = "";
    say(dirty ? form().dataset.wordsUnsaved : (told.saved ?? told.problem));
  } catch {
    dirty = true;
    say(form().dataset.wordsLost);
    timer = setTimeout(save, RETRY);
  } finally {
    busy = false;
    if (dirty) later();
  }
};

const later = () => {
  clearTimeout(timer);
  timer = setTimeout(save, PAUSE);
};

const changed = () => {
  if ("stale" in form().dataset) return;
  dirty = true;
  say(form().dataset.wordsUnsaved);
  later();
};

document.addEventListener("input", (event) => {
  if (event.target.form === form() && event.target.type !== "file") changed();
});
// A chosen file goes up at once.
document.addEventListener("change", (event) => {
  const upload = event.target.dataset.upload;
  if (upload && event.target.files.length) document.getElementById(upload).click();
});
// Save or Send waits for what is being saved behind it, so that its version is the last one.
document.addEventListener(
  "submit",
  async (event) => {
    if (event.target !== form()) return;
    clearTimeout(timer);
    dirty = false;
    if (!busy) return;
    event.preventDefault();
    event.stopPropagation();
    const { submitter } = event;
    await running;
    form().requestSubmit(submitter);
  },
  { capture: true },
);
document.addEventListener("htmx:afterSwap", () => {
  if (builder().classList.contains("scripted")) return;
  enhance();
  if ("unsaved" in form().dataset) changed();
});
addEventListener("beforeunload", (event) => {
  if (dirty && !form().dataset.sent) event.preventDefault();
});

enhance();

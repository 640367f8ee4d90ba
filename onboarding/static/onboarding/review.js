// One application on the review desk: keys, canned words, the minute that runs, and news from colleagues.
import { listen, stepper } from "../js/keys.js";

const page = document.querySelector(".review[data-mark]");
const NEWS_EVERY = 5_000;
const typed = () => [...page.querySelectorAll("textarea")].some((area) => area.value !== area.defaultValue);

// Keys

const answers = [...page.querySelectorAll("[data-answer]")];
const walk = stepper(answers, (answer) => answer.querySelector("input[type=checkbox], summary"));
const press = (key) => () => page.querySelector(`[data-key="${key}"]`)?.click();
const go = (key) => () => {
  const target = page.querySelector(`[data-focus-key="${key}"]`);
  const details = target?.closest("details");
  if (details) details.open = true;
  target?.focus();
};

listen({
  j: () => walk.move(1),
  k: () => walk.move(-1),
  o: () => walk.here?.querySelector("input[type=checkbox]")?.click(),
  e: () => {
    const details = walk.here?.querySelector("details");
    if (!details) return;
    details.open = true;
    details.querySelector("textarea").focus();
  },
  c: press("c"),
  u: press("u"),
  n: press("n"),
  q: press("q"),
  a: go("a"),
  r: go("r"),
  m: go("m"),
});

// Words that are ready go into the field, where they can still be changed.

for (const choice of page.querySelectorAll("select[data-canned]")) {
  choice.addEventListener("change", () => {
    const field = document.getElementById(choice.dataset.canned);
    if (!choice.value) return;
    field.value = [field.value.trim(), choice.selectedOptions[0].textContent].filter(Boolean).join("\n");
    choice.value = "";
    field.focus();
  });
}

// The minute before a decision leaves, as the server counts it; it only shows here.

const pending = page.querySelector("[data-leaves-in]");
const ends = pending ? performance.now() + Number(pending.dataset.leavesIn) * 1000 : 0;

function count() {
  const left = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
  pending.querySelector("[data-countdown]").textContent = left;
  if (left) setTimeout(count, 250);
}

// News: a colleague acted, the business wrote, or a decision left.

const isNear = () => pending && performance.now() > ends - 500;
let quiet = 0;

async function look() {
  if (!document.hidden) {
    try {
      const answer = await fetch(page.dataset.markUrl, { headers: { Accept: "application/json" } });
      const { mark } = await answer.json();
      if (mark !== page.dataset.mark) return tell();
    } catch {
      // Offline or logged out: the next look may go better, and the form says so when it is sent.
    }
    quiet += isNear() ? 1 : 0;
  }
  setTimeout(look, isNear() ? Math.min(1000 + quiet * 500, NEWS_EVERY) : Math.min(NEWS_EVERY, untilEnd()));
}

function untilEnd() {
  return pending ? Math.max(500, ends - performance.now()) : NEWS_EVERY;
}

function tell() {
  if (!typed()) return location.reload();
  page.querySelector("[data-newer]").hidden = false;
}

if (pending) count();
setTimeout(look, Math.min(NEWS_EVERY, untilEnd()));

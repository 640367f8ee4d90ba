// The inbox stays up to date and answers at once. Every page works without this file: links, forms and a reload.
import { listen as listenToKeys } from "../js/keys.js";
import { fail, head, here, part, rows, threadPane } from "./inbox-page.js";
import { more } from "./inbox-list.js";
import { listen, note } from "./inbox-live.js";
import { atBottom, begin, compose, composer, earlier, lines, news, open, pill, putComposer, quote, remember, send, toBottom } from "./inbox-thread.js";

/** A small form of the thread: assign, resolve, send again. */
const act = async (form, submitter) => {
  const reference = here();
  const body = new FormData(form, submitter);
  submitter?.setAttribute("aria-busy", "true");
  try {
    const { status, html } = await part(form.action, { method: "POST", body });
    if (status === 422) putComposer(html);
    else if (status !== 204 && status !== 200) throw new Error(String(status));
    form.closest("[popover]")?.hidePopover?.();
    document.activeElement?.blur();
    note(reference, "conversation");
    await news({ jump: form.classList.contains("again") && status === 200 });
  } catch {
    fail();
  } finally {
    submitter?.removeAttribute("aria-busy");
  }
};

// Capturing, so that the page's guard against sending twice sees these forms as taken care of.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!threadPane.contains(form) || form.method === "dialog") return;
    if (form.hasAttribute("data-choose-template")) {
      event.preventDefault();
      compose("template", [["template", form.elements.template.value]]);
    } else if (form.hasAttribute("data-send")) {
      event.preventDefault();
      send(form);
    } else if (form.method === "post") {
      event.preventDefault();
      act(form, event.submitter);
    }
  },
  true,
);

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.closest("[data-choose-template]")) compose("template", [["template", field.value]]);
  if (field.matches("[data-attach]")) {
    const words = composer().querySelector("[data-attached]");
    words.hidden = !field.files.length;
    words.querySelector("span").textContent = field.files[0]?.name ?? "";
  }
});

document.addEventListener("input", (event) => {
  if (event.target.id === "composer-text") remember(event.target.value);
});

document.addEventListener("window-closed", (event) => {
  if (composer()?.contains(event.target)) compose("");
});

// ---- Clicks ----------------------------------------------------------------------------------------------------

const plain = (event) => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

document.addEventListener("click", (event) => {
  const link = event.target.closest("a, button");
  if (!link || !plain(event) || event.defaultPrevented) return;
  if (link.matches("#inbox-rows a") || link.matches("#inbox-contact .history a")) {
    event.preventDefault();
    open(link.href);
  } else if (link.matches("[data-earlier]")) {
    event.preventDefault();
    earlier(link);
  } else if (link.matches("[data-more]")) {
    event.preventDefault();
    more(link);
  } else if (link.matches("[data-compose]")) {
    event.preventDefault();
    compose(link.dataset.compose, [], { focus: true });
  } else if (link.matches("[data-reply]") && composer()?.querySelector("[data-quoting]")) {
    event.preventDefault();
    quote(link.dataset.reply);
  } else if (link.matches("[data-unquote]")) {
    event.preventDefault();
    quote("");
  } else if (link.matches("[data-detach]")) {
    composer().querySelector("[data-attach]").value = "";
    composer().querySelector("[data-attached]").hidden = true;
  } else if (link.id === "new-pill") toBottom();
});

threadPane.addEventListener(
  "scroll",
  () => {
    if (pill() && !pill().hidden && atBottom()) pill().hidden = true;
  },
  true,
);

// Times that grow while nothing happens.
const HOUR = 3600000;
setInterval(() => {
  for (const time of document.querySelectorAll("time[data-since]")) {
    const past = Math.max(0, window.look.now() - Date.parse(time.dateTime));
    if (past >= 24 * HOUR) continue;
    const hours = Math.floor(past / HOUR);
    const minutes = Math.floor((past % HOUR) / 60000);
    time.textContent = (hours ? `${hours} h ${minutes} min` : `${minutes} min`).replaceAll(" ", "\u00a0");
  }
}, 20000);

// ---- Keyboard --------------------------------------------------------------------------------------------------

const step = (by) => {
  const links = [...(rows?.querySelectorAll("a") ?? [])];
  if (!links.length) return;
  const at = links.findIndex((link) => link === document.activeElement || link.getAttribute("aria-current") === "true");
  const next = links[Math.min(links.length - 1, Math.max(0, at + by))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  open(next.href, { focus: false });
};

const inList = (by) => () => (rows?.contains(document.activeElement) ? step(by) : false);

listenToKeys({
  j: () => step(1),
  k: () => step(-1),
  ArrowDown: inList(1),
  ArrowUp: inList(-1),
  "/": () => document.querySelector(".search input")?.focus(),
  r: async () => {
    if (composer()?.dataset.mode !== "reply") await compose("reply");
    composer()?.querySelector("textarea, select")?.focus();
  },
  n: () => compose("note", [], { focus: true }),
  a: () => head()?.querySelector("[data-assign-me]")?.click(),
  e: () => head()?.querySelector("[data-resolve] button")?.click(),
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest("[data-send]");
  if (!form || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  form.requestSubmit();
});

begin();
if (!("older" in (lines()?.dataset ?? {}))) toBottom();
listen();

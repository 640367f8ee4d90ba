// One conversation: its lines, what surrounds them, and the composer.
import { contactPane, fail, head, here, inbox, mayWrite, parse, part, plainTitle, queryOf, threadPane, token } from "./inbox-page.js";
import { markCurrent } from "./inbox-list.js";

const scroller = () => threadPane.querySelector(".thread-scroll");
export const lines = () => document.getElementById("thread-lines");
export const pill = () => document.getElementById("new-pill");
export const composer = () => document.getElementById("composer");
export const atBottom = () => {
  const box = scroller();
  return !box || box.scrollHeight - box.scrollTop - box.clientHeight < 80;
};
export const toBottom = () => {
  const box = scroller();
  if (box) box.scrollTop = box.scrollHeight;
  if (pill()) pill().hidden = true;
};

/** Put lines where their time belongs; what is there already is replaced only if it changed. Returns the new ones. */
const place = (found) => {
  const list = lines();
  const added = [];
  const first = list.querySelector("[data-key]")?.dataset.key ?? "";
  const earlierExist = Boolean(list.querySelector("[data-earlier]"));
  for (const line of [...found]) {
    const present = document.getElementById(line.id);
    if (present) {
      if (line.dataset.key === present.dataset.key && present.innerHTML === line.innerHTML && present.className === line.className) continue;
      if (!line.classList.contains("day")) present.replaceWith(line);
      continue;
    }
    if (earlierExist && line.dataset.key < first) continue;
    const next = [...list.querySelectorAll("[data-key]")].find((other) => other.dataset.key > line.dataset.key);
    list.insertBefore(line, next ?? null);
    if (!line.classList.contains("day")) added.push(line);
  }
  return added;
};

const seenCursor = () => {
  let at = "";
  let key = -1;
  for (const line of lines()?.querySelectorAll("[data-cursor]") ?? []) {
    const [moment, pk] = line.dataset.cursor.split("~");
    if (!at || Date.parse(moment) >= Date.parse(at)) at = moment;
    key = Math.max(key, Number(pk));
  }
  return at ? `${at}~${key}` : "";
};

/** Fetch what the open thread lacks, and how far our messages have come. */
export const news = async ({ jump = false } = {}) => {
  const list = lines();
  if (!list || "older" in list.dataset) return;
  const seen = seenCursor();
  if (!seen) {
    await open(location.href, { push: false, focus: false });
    return;
  }
  const query = new URLSearchParams({ seen, notes: seen.split("~")[0] });
  for (const line of [...list.querySelectorAll("[data-live-status]")].slice(-40)) query.append("ref", line.dataset.liveStatus);
  const reference = here();
  const { status, html } = await part(`${list.dataset.messages}?${query}`);
  if (status !== 200 || here() !== reference) return;
  const stay = !jump && !atBottom();
  const added = place(parse(html).querySelectorAll("li[id]"));
  if (!added.length) return;
  if (!stay) toBottom();
  else if (pill()) pill().hidden = false;
  if (added.some((line) => !line.classList.contains("mine"))) markRead();
};

const markRead = () => {
  if (!mayWrite || document.hidden || !head()) return;
  part(`${head().dataset.url}read/`, { method: "POST", headers: { "X-CSRFToken": token() } }).catch(() => {});
};
document.addEventListener("visibilitychange", () => {
  const unread = here() && document.getElementById(`c-${here()}`)?.classList.contains("unread");
  if (!document.hidden && unread) markRead();
});

/** Bring head, contact and composer up to date; what somebody is using stays. */
export const around = async () => {
  const reference = here();
  if (!reference) return;
  const { status, html } = await part(`${head().dataset.url}?${queryOf([["part", "around"]])}`);
  if (status !== 200 || here() !== reference) return;
  const fresh = parse(html);
  const newHead = fresh.querySelector(".thread-head");
  if (newHead && !head().querySelector(":popover-open") && !head().contains(document.activeElement)) head().replaceWith(newHead);
  const newContact = fresh.querySelector('[data-part="contact"]');
  if (newContact && !contactPane.contains(document.activeElement)) contactPane.replaceChildren(...newContact.childNodes);
  const newComposer = fresh.getElementById("composer");
  if (!newComposer || !composer()) return;
  if (newComposer.dataset.state !== composer().dataset.state) await compose(newComposer.dataset.state === "open" ? "reply" : "");
  else {
    const [ends, newEnds] = [composer().querySelector(".closes"), newComposer.querySelector(".closes")];
    if (ends && newEnds) ends.replaceWith(newEnds);
  }
};

/** Open a conversation in place; the list keeps its scroll. */
export async function open(url, { push = true, focus = true } = {}) {
  const address = new URL(url, location.href);
  address.hash = "";
  const wanted = new URL(address);
  wanted.searchParams.set("part", "panes");
  try {
    const { status, html } = await part(wanted);
    if (status !== 200) {
      location.assign(url);
      return;
    }
    const fresh = parse(html);
    const thread = fresh.querySelector('[data-part="thread"]');
    const count = document.title.match(/^\(\d+\+?\) /)?.[0] ?? "";
    threadPane.replaceChildren(...thread.childNodes);
    contactPane.replaceChildren(...fresh.querySelector('[data-part="contact"]').childNodes);
    document.title = `${count}${thread.dataset.title} · ${plainTitle().split(" · ").slice(-2).join(" · ")}`;
    if (push) history.pushState({}, "", address);
    inbox.dataset.pane = "thread";
    markCurrent();
    window.htmx?.process(threadPane);
    toBottom();
    contactPane.scrollTop = 0;
    begin();
    if (focus && matchMedia("(min-width: 52rem)").matches) document.getElementById("composer-text")?.focus();
  } catch {
    location.assign(url);
  }
}

window.addEventListener("popstate", () => {
  if (location.hash && here() && location.pathname === new URL(head().dataset.url, location.href).pathname) return;
  location.reload();
});

export const earlier = async (link) => {
  const query = new URL(link.href).searchParams;
  link.setAttribute("aria-busy", "true");
  try {
    const { status, html } = await part(`${lines().dataset.messages}?before=${encodeURIComponent(query.get("before"))}`);
    if (status !== 200) throw new Error(String(status));
    const fresh = parse(html);
    const box = scroller();
    const height = box.scrollHeight - box.scrollTop;
    link.closest("li").remove();
    for (const day of fresh.querySelectorAll(".day")) document.getElementById(day.id)?.remove();
    lines().prepend(...fresh.querySelectorAll("li"));
    box.scrollTop = box.scrollHeight - height;
    box.focus({ preventScroll: true });
  } catch {
    link.removeAttribute("aria-busy");
    fail();
  }
};

// ---- The composer ----------------------------------------------------------------------------------------------

const draftKey = () => `draft:${composer().dataset.draft}:${composer().dataset.mode}`;
export const remember = (value) => {
  try {
    if (value) localStorage.setItem(draftKey(), value);
    else localStorage.removeItem(draftKey());
  } catch {
    // A browser without storage only forgets drafts.
  }
};
const remembered = () => {
  try {
    return localStorage.getItem(draftKey()) ?? "";
  } catch {
    return "";
  }
};

/** A composer has just come into the page. */
export const begin = () => {
  const box = composer();
  if (!box) return;
  const text = document.getElementById("composer-text");
  if (text && !text.value) text.value = remembered();
  else if (text && text.value) remember(text.value);
  const kept = box.querySelector("[data-kept]");
  if (kept) {
    try {
      localStorage.setItem(`draft:${box.dataset.draft}:reply`, kept.value);
    } catch {
      // The page shows the text anyway.
    }
  }
};

export const putComposer = (html) => {
  const fresh = parse(html).getElementById("composer");
  if (!fresh || !composer()) return;
  composer().replaceWith(fresh);
  window.htmx?.process(fresh);
  begin();
};

/** Change what is being written: a reply, a note, a template. */
export const compose = async (mode, extra = [], { focus = false } = {}) => {
  const box = composer();
  if (!box) return;
  const query = queryOf([...(mode ? [["compose", mode]] : []), ...extra]);
  try {
    const { status, html } = await part(`${box.dataset.url}?${query}`);
    if (status !== 200) throw new Error(String(status));
    putComposer(html);
    if (focus) composer().querySelector("textarea, select, input:not([type=hidden])")?.focus();
  } catch {
    fail();
  }
};

export const quote = (reference) => {
  const box = composer()?.querySelector("[data-quoting]");
  if (!box) return;
  const line = reference && document.getElementById(`m-${reference}`);
  box.hidden = !line;
  composer().querySelector('[name="reply_to"]').value = line ? reference : "";
  if (!line) return;
  const words = line.querySelector(".bubble").cloneNode(true);
  for (const hidden of words.querySelectorAll(".visually-hidden, .quote")) hidden.remove();
  box.querySelector("span").textContent = words.textContent.trim().replace(/\s+/g, " ").slice(0, 120);
  document.getElementById("composer-text")?.focus();
};

export const send = async (form) => {
  if (form.dataset.sending) return;
  form.dataset.sending = "1";
  const button = form.querySelector("button:not([type=button])");
  button?.setAttribute("aria-busy", "true");
  const text = form.querySelector("#composer-text");
  const sent = text?.value ?? "";
  try {
    const { status, html } = await part(form.action, { method: "POST", body: new FormData(form) });
    if (status !== 200 && status !== 422) throw new Error(String(status));
    const typedSince = text && text.value !== sent ? text.value : "";
    if (status === 200) {
      remember(typedSince);
      if (composer().dataset.mode === "template") await compose("");
      else putComposer(html);
    } else putComposer(html);
    const fresh = document.getElementById("composer-text");
    if (fresh && typedSince) fresh.value = typedSince;
    (fresh ?? composer().querySelector("button, a"))?.focus();
    if (status === 200) await news({ jump: true });
  } catch {
    fail();
  } finally {
    delete form.dataset.sending;
    button?.removeAttribute("aria-busy");
  }
};

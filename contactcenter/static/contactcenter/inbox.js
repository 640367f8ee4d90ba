// The inbox stays up to date and answers at once. Every page works without this file: links, forms and a reload.

const inbox = document.querySelector(".inbox");
const threadPane = document.getElementById("inbox-thread");
const contactPane = document.getElementById("inbox-contact");
const tabsBox = document.getElementById("inbox-tabs");
const rows = document.getElementById("inbox-rows");
const loginUrl = document.querySelector('meta[name="login-url"]')?.content;
const mayWrite = inbox.dataset.role !== "viewer";
const plainTitle = () => document.title.replace(/^\(\d+\+?\) /, "");

inbox.classList.add("scripted");

const parse = (html) => {
  const box = document.createElement("template");
  box.innerHTML = html;
  return box.content;
};

/** Fetch a part of a page as text; a session that ended sends the whole page to the login. */
const part = async (url, options = {}) => {
  const answer = await fetch(url, {
    cache: "no-store",
    credentials: "same-origin",
    ...options,
    headers: { "X-Part": "1", ...options.headers },
  });
  if (answer.redirected && loginUrl && new URL(answer.url).pathname === loginUrl) location.reload();
  return { status: answer.status, html: answer.status === 204 ? "" : await answer.text() };
};

const fail = () => window.look?.toast(inbox.dataset.wordsFailed);

// ---- The thread ------------------------------------------------------------------------------------------------

const head = () => threadPane.querySelector(".thread-head");
const scroller = () => threadPane.querySelector(".thread-scroll");
const lines = () => document.getElementById("thread-lines");
const pill = () => document.getElementById("new-pill");
const composer = () => document.getElementById("composer");
const here = () => head()?.dataset.conversation;
const atBottom = () => {
  const box = scroller();
  return !box || box.scrollHeight - box.scrollTop - box.clientHeight < 80;
};
const toBottom = () => {
  const box = scroller();
  if (box) box.scrollTop = box.scrollHeight;
  if (pill()) pill().hidden = true;
};

const queryOf = (extra) => {
  const query = new URLSearchParams(location.search);
  for (const name of ["before", "after", "compose", "template", "reply_to", "pane", "part"]) query.delete(name);
  for (const [name, value] of extra) query.append(name, value);
  return query.toString();
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
const news = async ({ jump = false } = {}) => {
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

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const markRead = () => {
  if (!mayWrite || document.hidden || !head()) return;
  part(`${head().dataset.url}read/`, { method: "POST", headers: { "X-CSRFToken": token() } }).catch(() => {});
};
document.addEventListener("visibilitychange", () => {
  const unread = here() && document.getElementById(`c-${here()}`)?.classList.contains("unread");
  if (!document.hidden && unread) markRead();
});

/** Bring head, contact and composer up to date; what somebody is using stays. */
const around = async () => {
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
async function open(url, { push = true, focus = true } = {}) {
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

const markCurrent = () => {
  for (const link of rows?.querySelectorAll("a[aria-current]") ?? []) link.removeAttribute("aria-current");
  const row = here() && document.getElementById(`c-${here()}`);
  row?.querySelector("a")?.setAttribute("aria-current", "true");
  row?.classList.remove("unread");
  row?.querySelector(".badge")?.remove();
};

window.addEventListener("popstate", () => {
  if (location.hash && here() && location.pathname === new URL(head().dataset.url, location.href).pathname) return;
  location.reload();
});

const earlier = async (link) => {
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
const remember = (value) => {
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
const begin = () => {
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

const putComposer = (html) => {
  const fresh = parse(html).getElementById("composer");
  if (!fresh || !composer()) return;
  composer().replaceWith(fresh);
  window.htmx?.process(fresh);
  begin();
};

/** Change what is being written: a reply, a note, a template. */
const compose = async (mode, extra = [], { focus = false } = {}) => {
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

const quote = (reference) => {
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

const send = async (form) => {
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

const more = async (link) => {
  link.setAttribute("aria-busy", "true");
  try {
    const { status, html } = await part(link.href);
    if (status !== 200) throw new Error(String(status));
    const fresh = parse(html);
    const known = new Set([...rows.children].map((row) => row.id));
    const added = [...fresh.querySelectorAll("#inbox-rows > li")].filter((row) => !known.has(row.id));
    rows.append(...added);
    added[0]?.querySelector("a").focus();
    const next = fresh.querySelector("[data-more]");
    if (next) link.replaceWith(next);
    else link.closest("p").remove();
    markCurrent();
  } catch {
    link.removeAttribute("aria-busy");
    fail();
  }
};

// ---- Live ------------------------------------------------------------------------------------------------------

const waiting = new Map();
let timer;
let calmAt = 0;

/** Something happened to a conversation: look at once, then once for everything that happens within a moment. */
const note = (reference, type) => {
  if (!reference) return;
  if (!waiting.has(reference)) waiting.set(reference, new Set());
  waiting.get(reference).add(type);
  timer ??= setTimeout(flush, Math.max(1, calmAt - performance.now()));
};

const flush = async () => {
  timer = undefined;
  calmAt = performance.now() + 120;
  const changed = new Map(waiting);
  waiting.clear();
  try {
    const listed = [...changed].filter(([, types]) => [...types].some((type) => type !== "status")).map(([reference]) => reference);
    if (listed.length > 50) await resync();
    else if (listed.length) await refreshRows(listed);
    const mine = changed.get(here());
    if (mine) {
      await news();
      if ([...mine].some((type) => type !== "status")) await around();
    }
  } catch {
    // The next event or the next connection asks again.
  }
};

const refreshRows = async (references) => {
  const query = queryOf(references.map((reference) => ["ref", reference]));
  const { status, html } = await part(`${inbox.dataset.inbox}rows/?${query}`);
  if (status !== 200) return;
  const fresh = parse(html);
  const tabs = fresh.querySelector('[data-part="tabs"]');
  tabsBox.replaceChildren(...tabs.childNodes);
  showUnread(Number(tabs.dataset.unread));
  const found = new Map([...fresh.querySelectorAll('[data-part="rows"] > li')].map((row) => [row.id, row]));
  for (const reference of references) putRow(`c-${reference}`, found.get(`c-${reference}`));
  const nothing = document.getElementById("inbox-empty");
  if (nothing) nothing.hidden = rows.children.length > 0;
  markCurrentOnly();
};

const putRow = (id, row) => {
  const present = document.getElementById(id);
  const hadFocus = present?.contains(document.activeElement);
  // The conversation that is open stays in sight, even when it no longer fits the list.
  if (!row) {
    if (id !== `c-${here()}`) present?.remove();
    return;
  }
  if (present && present.dataset.key === row.dataset.key) present.replaceWith(row);
  else if (present || !("older" in rows.dataset)) {
    present?.remove();
    const next = [...rows.children].find((other) => other.dataset.key < row.dataset.key);
    if (!next && !present && document.querySelector("[data-more]")) return;
    rows.insertBefore(row, next ?? null);
  }
  if (hadFocus) row.querySelector("a").focus();
};

const markCurrentOnly = () => {
  const row = here() && document.getElementById(`c-${here()}`);
  row?.querySelector("a")?.setAttribute("aria-current", "true");
};

const showUnread = (count) => {
  const link = document.querySelector(`.nav a[href="${inbox.dataset.inbox}"]`);
  if (link) {
    link.querySelector(".badge")?.remove();
    if (count) {
      const badge = document.createElement("span");
      badge.className = "badge";
      badge.textContent = count >= 100 ? "99+" : String(count);
      const words = document.createElement("span");
      words.className = "visually-hidden";
      words.textContent = ` ${inbox.dataset.wordsUnread}`;
      badge.append(words);
      link.append(badge);
    }
  }
  document.title = `${count ? `(${count >= 100 ? "99+" : count}) ` : ""}${plainTitle()}`;
};

/** Too much was missed: fetch the list and the thread anew. */
const resync = async () => {
  const { status, html } = await part(`${inbox.dataset.inbox}?${queryOf([])}`);
  if (status === 200) {
    const fresh = parse(html);
    rows.replaceChildren(...fresh.querySelectorAll("#inbox-rows > li"));
    tabsBox.replaceChildren(...fresh.getElementById("inbox-tabs").childNodes);
    markCurrentOnly();
  }
  if (here()) {
    await news();
    await around();
  }
};

let last = new URL(inbox.dataset.live, location.href).searchParams.get("last") ?? "0";
let stream;
const state = document.getElementById("live-state");
let lateState;
const connected = (yes) => {
  clearTimeout(lateState);
  if (yes) state.hidden = true;
  else lateState = setTimeout(() => (state.hidden = false), 2500);
};

const listen = () => {
  const address = new URL(inbox.dataset.live, location.href);
  address.searchParams.set("last", last);
  stream = new EventSource(address);
  stream.addEventListener("open", () => connected(true));
  for (const type of ["message", "conversation", "status", "window"]) {
    stream.addEventListener(type, (event) => {
      last = event.lastEventId || last;
      try {
        note(JSON.parse(event.data).conversation, type);
      } catch {
        // An event without readable data says nothing.
      }
    });
  }
  stream.addEventListener("hello", (event) => (last = event.lastEventId || last));
  stream.addEventListener("resync", (event) => {
    last = event.lastEventId || last;
    resync().catch(() => {});
  });
  stream.addEventListener("error", () => {
    connected(false);
    // The browser tries again by itself unless the server refused; then we ask with patience.
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 5000 + Math.random() * 5000);
  });
};

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

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => document.querySelector(".search input")?.focus(),
  r: async () => {
    if (composer()?.dataset.mode !== "reply") await compose("reply");
    composer()?.querySelector("textarea, select")?.focus();
  },
  n: () => compose("note", [], { focus: true }),
  a: () => head()?.querySelector("[data-assign-me]")?.click(),
  e: () => head()?.querySelector("[data-resolve] button")?.click(),
  "?": () => document.getElementById("inbox-keys")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  const field = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field?.closest("[data-send]")) {
    event.preventDefault();
    field.form.requestSubmit();
    return;
  }
  if (field) {
    if (event.key === "Escape") field.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const inList = rows?.contains(document.activeElement);
  const key = inList && event.key === "ArrowDown" ? "j" : inList && event.key === "ArrowUp" ? "k" : event.key.toLowerCase();
  const action = KEYS[key];
  if (!action) return;
  event.preventDefault();
  action();
});

begin();
if (!("older" in (lines()?.dataset ?? {}))) toBottom();
listen();

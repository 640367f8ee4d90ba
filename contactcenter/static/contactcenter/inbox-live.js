// News of all conversations, as the server tells them: what changed is fetched again.
import { here, inbox, parse, part, queryOf, rows, tabsBox } from "./inbox-page.js";
import { markCurrentOnly, refreshRows } from "./inbox-list.js";
import { around, news } from "./inbox-thread.js";

const waiting = new Map();
let timer;
let calmAt = 0;

/** Something happened to a conversation: look at once, then once for everything that happens within a moment. */
export const note = (reference, type) => {
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

export const listen = () => {
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

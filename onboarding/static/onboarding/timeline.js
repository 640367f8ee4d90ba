// The timeline follows the live events: on news it fetches itself and swaps the parts that changed. What somebody is
// writing is never taken away; then a line says that there is something new.

const { timeline: address, application, updatedText } = document.body.dataset;
const CALM = 60_000;
const WITHOUT_STREAM = 15_000;
const said = document.querySelector("[data-said]");
const newer = document.querySelector("[data-newer]");
const heading = () => document.querySelector("main > .main > header");

let last = document.body.dataset.last;
let stream;
let timer;
let asking = false;
let again = false;

const controls = (part) => [...part.querySelectorAll("input, textarea, select")];
const isTyped = (control) => {
  if (control.type === "hidden") return false;
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  if (control.tagName === "SELECT") return [...control.options].some((option) => option.selected !== option.defaultSelected);
  return control.value !== control.defaultValue;
};
// Tokens differ in every answer and mean the same.
const plain = (part) => {
  const copy = part.cloneNode(true);
  for (const token of copy.querySelectorAll("[name=csrfmiddlewaretoken]")) token.remove();
  for (const details of copy.querySelectorAll("details")) details.open = false;
  return copy.innerHTML;
};

function swap(part, fresh) {
  if (plain(part) === plain(fresh)) return false;
  if (controls(part).some(isTyped)) {
    newer.hidden = false;
    return false;
  }
  const open = [...part.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent);
  const focus = part.contains(document.activeElement) ? document.activeElement : null;
  part.replaceChildren(...fresh.childNodes);
  for (const summary of part.querySelectorAll("details > summary")) {
    if (open.includes(summary.textContent)) summary.parentElement.open = true;
  }
  if (focus) {
    const same = [...part.querySelectorAll("a, button, input, textarea, summary")].find(
      (element) => element.tagName === focus.tagName && (element.id === focus.id || element.textContent === focus.textContent),
    );
    (same ?? document.getElementById("content")).focus?.();
  }
  return true;
}

async function look() {
  clearTimeout(timer);
  if (document.hidden || asking) {
    again = true;
    return;
  }
  asking = true;
  again = false;
  try {
    const answer = await fetch(location.pathname + location.search, { headers: { "X-Live": "1" } });
    if (answer.redirected && new URL(answer.url).pathname !== location.pathname) {
      if (!controls(document).some(isTyped)) location.assign(answer.url);
      return;
    }
    if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // Offline: the stream or the next look does better.
  } finally {
    asking = false;
    plan(again ? 1000 : stream?.readyState === EventSource.OPEN ? CALM : WITHOUT_STREAM);
  }
}

function show(page) {
  let changed = false;
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (fresh && swap(part, fresh)) changed = true;
  }
  const title = page.querySelector("main > .main > header");
  if (title && heading() && swap(heading(), title)) {
    document.title = page.title;
    changed = true;
  }
  if (changed) said.textContent = `${updatedText} ${heading()?.querySelector("h1")?.textContent ?? ""}`;
}

function plan(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(look, milliseconds);
}

function listen() {
  const url = new URL(address, location.href);
  url.searchParams.set("last", last);
  stream = new EventSource(url);
  for (const type of ["application", "number", "account", "resync", "hello"]) {
    stream.addEventListener(type, (event) => {
      last = event.lastEventId || last;
      if (type === "hello") return;
      try {
        const about = JSON.parse(event.data || "{}").application;
        if (type === "application" && about && about !== application) return;
      } catch {
        // Without readable data it may be about anything.
      }
      if (asking) again = true;
      else plan(150);
    });
  }
  stream.addEventListener("error", () => {
    plan(WITHOUT_STREAM);
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 5000 + Math.random() * 5000);
  });
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && again) look();
});
newer.querySelector("a").addEventListener("click", (event) => {
  event.preventDefault();
  location.reload();
});

if (address) {
  listen();
  plan(CALM);
}

// A channel's checklist follows the news: it fetches itself and swaps the parts that changed. What somebody is typing
// stays. Pages of a business listen to their live events; the staff's page, which belongs to no business, asks now and then.

const page = document.querySelector("[data-channel]");
const { live: address, number, updatedText } = page.dataset;
const SOON = 300;
const CALM = address ? 60_000 : 4_000;
const WITHOUT_STREAM = 8_000;
const said = page.querySelector("[data-said]");
let last = page.dataset.last;
let stream;
let timer;
let asking = false;
let again = false;

// Tokens differ in every answer and mean the same.
function plain(part) {
  const copy = part.cloneNode(true);
  for (const token of copy.querySelectorAll("[name=csrfmiddlewaretoken]")) token.remove();
  for (const details of copy.querySelectorAll("details")) details.open = false;
  return copy.innerHTML;
}

const isTyped = (part) =>
  [...part.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.value !== field.defaultValue);

function swap(part, fresh) {
  if (plain(part) === plain(fresh) || isTyped(part)) return false;
  const open = [...part.querySelectorAll("details[open]")].map((details) => details.id);
  const focus = part.contains(document.activeElement) ? document.activeElement : null;
  part.replaceChildren(...fresh.childNodes);
  for (const details of part.querySelectorAll("details")) details.open = open.includes(details.id) && details.id !== "";
  if (focus) {
    const same = [...part.querySelectorAll("a, button, summary")].find(
      (element) => element.tagName === focus.tagName && element.textContent === focus.textContent,
    );
    same?.focus();
  }
  return true;
}

async function look() {
  clearTimeout(timer);
  if (asking) {
    again = true; // A fetch that hangs is not joined by others; when it ends, the page is looked at again.
    return;
  }
  if (document.hidden) return plan(CALM);
  asking = true;
  again = false;
  try {
    const answer = await fetch(location.pathname, { headers: { "X-Live": "1" } });
    if (answer.ok && !answer.redirected) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // Offline: the next look may go better.
  } finally {
    asking = false;
    plan(again ? SOON : !address || stream?.readyState === EventSource.OPEN ? CALM : WITHOUT_STREAM);
  }
}

function show(fresh) {
  let changed = false;
  for (const part of page.querySelectorAll("[data-part]")) {
    const next = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (next && swap(part, next)) changed = true;
  }
  if (changed && said) said.textContent = `${updatedText} ${page.querySelector("[data-part=standing]").innerText}`;
}

function plan(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(look, milliseconds);
}

/** What is being fetched may be older than this news: then look again afterwards. */
function soon() {
  if (asking) again = true;
  else plan(SOON);
}

function listen() {
  const url = new URL(address, location.href);
  url.searchParams.set("last", last);
  stream = new EventSource(url);
  for (const type of ["channel", "number", "resync", "hello"]) {
    stream.addEventListener(type, (event) => {
      last = event.lastEventId || last;
      if (type === "hello") return;
      try {
        const about = JSON.parse(event.data || "{}").number;
        if (about && about !== number) return;
      } catch {
        // Without readable data it may be about any number.
      }
      soon();
    });
  }
  stream.addEventListener("error", () => {
    plan(WITHOUT_STREAM);
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 5000 + Math.random() * 5000);
  });
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) soon();
});

if (address) listen();
plan(CALM);

// Pages of numbers follow the news: they fetch themselves and swap the parts that changed, without a reload.

const page = document.querySelector("[data-numbers]");
const { live: address, number } = page.dataset;
const SOON = 400;
const WITHOUT_STREAM = 15_000;
let last = page.dataset.last;
let stream;
let timer;

function plan(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(look, milliseconds);
}

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.pathname, { headers: { "X-Live": "1" } });
    if (answer.ok && !answer.redirected) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // Offline: the next news or the next look may go better.
  }
}

function plain(part) {
  const copy = part.cloneNode(true);
  for (const token of copy.querySelectorAll("[name=csrfmiddlewaretoken]")) token.remove();
  return copy.innerHTML;
}

function show(fresh) {
  for (const part of page.querySelectorAll("[data-part]")) {
    const next = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!next || part.contains(document.activeElement) || plain(part) === plain(next)) continue;
    part.replaceChildren(...next.childNodes);
  }
}

function listen() {
  const url = new URL(address, location.href);
  url.searchParams.set("last", last);
  stream = new EventSource(url);
  for (const type of ["number", "account", "resync", "hello"]) {
    stream.addEventListener(type, (event) => {
      last = event.lastEventId || last;
      if (type === "hello") return;
      let about;
      try {
        about = JSON.parse(event.data || "{}").number;
      } catch {
        // Without readable data it may be about any number.
      }
      if (!number || !about || about === number) plan(SOON);
    });
  }
  stream.addEventListener("error", () => {
    plan(WITHOUT_STREAM);
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 5000 + Math.random() * 5000);
  });
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) plan(SOON);
});

listen();

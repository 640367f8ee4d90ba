// Keeps the telephone fresh: asks for the version, swaps what is marked data-live, sends without a reload.
const main = document.querySelector("main");
const url = main.dataset.versionUrl;
let version = main.dataset.version;

function toEnd() {
  const thread = document.querySelector(".phone-body.scroll");
  if (thread) thread.scrollTop = thread.scrollHeight;
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-live]")) {
    const next = fresh.querySelector(`[data-live="${old.dataset.live}"]`);
    if (next && next.innerHTML !== old.innerHTML && !old.querySelector("details[open]")) {
      old.innerHTML = next.innerHTML;
      if (old.classList.contains("scroll")) toEnd();
    }
  }
}

async function look() {
  try {
    if (url) {
      const answer = await fetch(url, { cache: "no-store" });
      const found = String((await answer.json()).version);
      if (found !== version) {
        version = found;
        await refresh();
      }
    } else if (main.dataset.refresh) {
      await refresh();
    }
  } catch {
    // The sandbox is away; the next look will tell.
  }
}

let ticks = 0;
setInterval(() => {
  ticks += 1;
  if (document.hidden ? ticks % 10 === 0 : url || ticks % 3 === 0) look();
}, 1200);

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.hasAttribute("data-stay")) return;
  event.preventDefault();
  const field = form.elements.text;
  if (!field.value.trim()) return;
  const body = new URLSearchParams(new FormData(form));
  const sent = field.value;
  field.value = "";
  field.focus();
  const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
  if (!answer || !answer.ok || answer.url.includes("problem=")) {
    field.value = sent;
    if (answer) location.assign(answer.url);
    return;
  }
  if (form.elements.reply_to || location.search) {
    location.assign(location.pathname);
    return;
  }
  await refresh();
});

toEnd();

// Opens Facebook's window as a popup and listens to it. Without this file the form goes there and comes back.

const page = document.querySelector("[data-signup]");
const form = document.querySelector("form[data-signup-form]");
let popup = null;
let isBack = false;

/** Whether a message comes from the window: its own origin; for Facebook also a host below facebook.com. */
function isTheWindow(origin) {
  const expected = page.dataset.origin;
  if (origin === expected) return true;
  if (!URL.canParse(origin)) return false;
  const [from, wanted] = [new URL(origin), new URL(expected)];
  const isFacebook = (host) => host === "facebook.com" || host.endsWith(".facebook.com");
  return from.protocol === "https:" && isFacebook(from.hostname) && isFacebook(wanted.hostname);
}

function tell(url, values) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const body = new URLSearchParams({ ...values, csrfmiddlewaretoken: token });
  return fetch(url, { method: "POST", body, keepalive: true }).catch(() => null);
}

function show() {
  location.replace(location.pathname + location.search);
}

async function watch() {
  while (popup && !popup.closed) await new Promise((resolve) => setTimeout(resolve, 400));
  await new Promise((resolve) => setTimeout(resolve, 800)); // what it said while closing is still on its way
  if (isBack) return;
  await tell(page.dataset.closedUrl, { quiet: "1" });
  show();
}

form?.addEventListener("submit", (event) => {
  if (popup && !popup.closed) {
    event.preventDefault();
    popup.focus();
    return;
  }
  popup = window.open("", "facebook-signup", "popup,width=640,height=780");
  if (!popup) return; // blocked: the form goes there in this tab
  form.target = "facebook-signup";
  form.elements.popup.value = "1";
  document.getElementById("while-open").hidden = false;
  watch();
});

window.addEventListener("message", (event) => {
  if (event.origin === location.origin && event.data === "signup-is-back") {
    isBack = true;
    setTimeout(show, 300);
    return;
  }
  if (!page || !isTheWindow(event.origin) || typeof event.data !== "string") return;
  let told = null;
  try {
    told = JSON.parse(event.data);
  } catch {
    return;
  }
  if (told?.type === "WA_EMBEDDED_SIGNUP") tell(page.dataset.eventUrl, { event: event.data });
});

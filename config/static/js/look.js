// Progressive enhancements. Every page works without this file.

// The server's clock decides (it may differ from this device's, and in rehearsals it moves).
const serverTime = Date.parse(document.querySelector('meta[name="server-time"]')?.content ?? "");
const skew = Number.isNaN(serverTime) ? 0 : serverTime - Date.now();

/** The present on the server's clock, in milliseconds. */
const now = () => Date.now() + skew;

const HOUR = 3600000;
const duration = (ms) => {
  const minutes = Math.max(0, Math.floor(ms / 60000));
  const hours = Math.floor(minutes / 60);
  return (hours ? `${hours} h ${minutes % 60} min` : `${minutes} min`).replaceAll(" ", "\u00a0");
};
const sprite = document.querySelector("use")?.getAttribute("href")?.split("#")[0] ?? "";

const close = (box) => {
  const words = document.createElement("span");
  words.textContent = box.dataset.closedText ?? "";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#i-lock`);
  svg.append(use);
  box.replaceChildren(svg, words);
  box.classList.remove("soon", "last");
  box.classList.add("closed");
  delete box.dataset.until;
  box.dispatchEvent(new CustomEvent("window-closed", { bubbles: true }));
};

// Countdowns: [data-until] holds an ISO date, [data-total] how long the whole is. Words, ring and colour follow.
const tick = () => {
  for (const box of document.querySelectorAll("[data-until]")) {
    const left = Date.parse(box.dataset.until) - now();
    if (left <= 0) {
      if (box.dataset.closedText) close(box);
      continue;
    }
    const time = box.matches("time") ? box : box.querySelector("time");
    if (time) time.textContent = duration(left);
    const total = Number(box.dataset.total);
    box.querySelector(".left")?.setAttribute("stroke-dasharray", `${Math.ceil((100 * left) / total)} 100`);
    for (const part of [box, box.querySelector(".ring")]) {
      part?.classList.toggle("last", left < HOUR);
      part?.classList.toggle("soon", left >= HOUR && left < 2 * HOUR);
    }
  }
};
if (document.querySelector("[data-until]") || document.querySelector(".inbox")) tick();
setInterval(tick, 15000);

/** Say something short at the edge of the page; it leaves by itself. */
const toast = (text, { action, onAction, seconds = 8 } = {}) => {
  const region = document.querySelector("[data-toasts]");
  if (!region) return;
  const box = document.createElement("div");
  box.className = "toast";
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link-button";
    button.textContent = action;
    button.addEventListener("click", () => {
      box.remove();
      onAction?.();
    });
    box.append(button);
  }
  region.append(box);
  setTimeout(() => box.remove(), seconds * 1000);
};

// Other modules reach these through the window: an import of a file whose name carries a hash would load it twice.
window.look = { now, toast };

const enhance = (root) => {
  // Resend: seconds run down, then the button wakes up.
  for (const box of root.querySelectorAll("[data-resend]")) {
    const button = box.querySelector("button");
    const text = box.querySelector("[data-left]");
    const ends = Date.now() + Number(box.dataset.resend) * 1000;
    const timer = setInterval(() => {
      const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
      text.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      if (left > 0) return;
      clearInterval(timer);
      text.parentElement.hidden = true;
      button.disabled = false;
    }, 1000);
  }
  // PIN: digits only, also when pasted with spaces.
  for (const input of root.querySelectorAll(".pin input")) {
    input.addEventListener("input", () => {
      input.value = input.value.replace(/\D/g, "").slice(0, 6);
    });
  }
  // Password: show what was typed.
  for (const button of root.querySelectorAll("[data-reveal]")) {
    const input = document.getElementById(button.dataset.reveal);
    if (!input) continue;
    const words = [button.textContent, button.dataset.hideText];
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = input.type === "password";
      input.type = shown ? "text" : "password";
      button.textContent = words[Number(shown)];
      button.setAttribute("aria-pressed", String(shown));
    });
  }
  // Counted fields.
  for (const words of root.querySelectorAll("[data-count-for]")) {
    const input = document.getElementById(words.dataset.countFor);
    input?.addEventListener("input", () => {
      words.textContent = words.dataset.words.replace("{used}", input.value.length).replace("{limit}", words.dataset.limit);
    });
  }
  // File fields: say which file was chosen, light up while one is dragged over.
  for (const box of root.querySelectorAll("[data-drop]")) {
    const input = box.querySelector("input");
    const words = box.querySelector("[data-drop-name]");
    const names = () => [...input.files].map((file) => file.name).join(", ");
    input.addEventListener("change", () => {
      if (input.files.length) words.textContent = names();
    });
    for (const type of ["dragenter", "dragleave", "drop"]) {
      input.addEventListener(type, () => box.classList.toggle("over", type === "dragenter"));
    }
  }
  // Dialogs open with command/commandfor where the browser knows them; this serves the others.
  if (!("commandForElement" in HTMLButtonElement.prototype)) {
    for (const button of root.querySelectorAll("button[commandfor]")) {
      button.addEventListener("click", () => {
        const dialog = document.getElementById(button.getAttribute("commandfor"));
        if (button.getAttribute("command") === "show-modal") dialog.showModal();
        else dialog.close();
      });
    }
  }
};
enhance(document);
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt === document.body) return;
  enhance(event.detail.elt);
  tick();
});

// A form is sent once: the second press of a hurried finger does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (event.defaultPrevented || form.method === "dialog" || form.method === "get" || form.hasAttribute("hx-post")) return;
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 8000);
  event.submitter?.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll('[aria-busy="true"].button')) button.removeAttribute("aria-busy");
});

// Inbox on a phone: which pane is shown. Links carry ?pane= for the server; here it changes at once.
const inbox = document.querySelector(".inbox");
if (inbox) {
  const wanted = new URLSearchParams(location.search).get("pane");
  if (["list", "thread", "contact"].includes(wanted)) inbox.dataset.pane = wanted;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-show-pane]");
    if (!link) return;
    if (!link.hasAttribute("hx-get")) event.preventDefault();
    inbox.dataset.pane = link.dataset.showPane;
  });
  const scroller = inbox.querySelector(".thread-scroll");
  if (scroller) scroller.scrollTop = scroller.scrollHeight;
}

// The error summary takes the focus when the page arrives with errors.
document.querySelector(".error-summary[tabindex]")?.focus({ preventScroll: true });

// Theme: the form works by itself; here the page changes without being loaded again.
for (const form of document.querySelectorAll("[data-theme-form]")) {
  form.addEventListener("submit", (event) => {
    const theme = event.submitter?.value;
    if (!theme) return;
    event.preventDefault();
    const data = new FormData(form, event.submitter);
    fetch(form.action, { method: "POST", body: data, redirect: "manual" }).catch(() => {});
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    for (const button of document.querySelectorAll("[data-theme-form] button")) {
      button.setAttribute("aria-pressed", String(button.value === theme));
    }
  });
}

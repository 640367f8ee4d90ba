// htmx with our rules: the CSRF token on every request, a full page when the session ended, words when a request fails.

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content;

document.addEventListener("htmx:configRequest", (event) => {
  const token = meta("csrf-token");
  if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token;
});

// A redirect to the login page must not be swapped into a corner of this one.
document.addEventListener("htmx:beforeSwap", (event) => {
  const answer = event.detail.xhr?.responseURL;
  if (answer && meta("login-url") && new URL(answer).pathname === meta("login-url")) {
    event.detail.shouldSwap = false;
    location.reload();
  }
});

for (const type of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(type, () => {
    window.look?.toast(meta("failed-text"));
  });
}

// While a request runs, its control says so.
document.addEventListener("htmx:beforeRequest", (event) => event.detail.elt.setAttribute("aria-busy", "true"));
document.addEventListener("htmx:afterRequest", (event) => event.detail.elt.removeAttribute("aria-busy"));

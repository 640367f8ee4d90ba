// Tells the window that opened this one how the signup ends, as Facebook's does: WA_EMBEDDED_SIGNUP as JSON text.

const main = document.querySelector("main[data-event]");
let goesOn = false;

function say(text) {
  if (window.opener && text) window.opener.postMessage(text, main.dataset.origin);
}

document.addEventListener("submit", (event) => {
  goesOn = true;
  const says = event.target.dataset.says;
  if (says !== undefined) say(says === "report" ? main.dataset.report : main.dataset.event);
});
document.addEventListener("click", (event) => {
  if (event.target.closest("a[href]:not([target])")) goesOn = true;
});
// Closing the window is leaving on this screen; on the last one it counts as success.
window.addEventListener("pagehide", () => {
  if (!goesOn) say(main.dataset.event);
});

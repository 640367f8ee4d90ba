// The number is grouped and described while it is typed. The server knows every country's groups; this file asks it,
// puts the answer into the field and keeps the caret behind the same figure. Without it the server reads any spelling.

const boxes = document.querySelectorAll("[data-number]");
const facts = document.getElementById("number-facts");

const figures = (text) => text.replace(/\D/g, "");

const regroup = (input, grouped) => {
  if (!grouped || figures(grouped) !== figures(input.value) || grouped === input.value) return;
  const before = figures(input.value.slice(0, input.selectionStart ?? input.value.length)).length;
  const focused = document.activeElement === input;
  input.value = grouped;
  if (!focused) return;
  let place = 0;
  for (let seen = 0; place < grouped.length && seen < before; place += 1) if (/\d/.test(grouped[place])) seen += 1;
  input.setSelectionRange(place, place);
};

for (const box of boxes) {
  const input = box.querySelector("input");
  const region = box.querySelector("select");
  let asked = 0;
  let timer;

  const describe = async () => {
    const turn = ++asked;
    const typed = input.value;
    const query = new URLSearchParams({ phone: typed, phone_region: region?.value ?? box.dataset.region ?? "" });
    try {
      const answer = await fetch(`${box.dataset.url}?${query}`, { headers: { "X-Requested-With": "fetch" } });
      if (!answer.ok || answer.redirected || turn !== asked) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (turn !== asked || input.value !== typed) return;
      regroup(input, page.querySelector("[data-grouped]")?.dataset.grouped);
      if (facts && !("quiet" in box.dataset)) facts.replaceChildren(...page.body.childNodes);
    } catch {
      return; // offline: the page works without it
    }
  };

  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    // While somebody deletes, the groups would jump under the fingers.
    if (event.inputType?.startsWith("delete")) return;
    timer = setTimeout(describe, 180);
  });
  region?.addEventListener("change", describe);
  input.addEventListener("change", () => {
    clearTimeout(timer);
    describe();
  });
}

// The number is described while it is typed, and written in its usual groups when one leaves the field.

const box = document.querySelector("[data-number]");
const input = box?.querySelector("input");
const region = box?.querySelector("select");
const facts = document.getElementById("number-facts");

let asked = 0;
const describe = async () => {
  const turn = ++asked;
  const query = new URLSearchParams({ phone: input.value, phone_region: region.value });
  try {
    const answer = await fetch(`${box.dataset.url}?${query}`, { headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok || answer.redirected || turn !== asked) return;
    facts.innerHTML = await answer.text();
  } catch {
    return; // offline: the page works without it
  }
};

const regroup = () => {
  const national = facts.querySelector("[data-national]")?.dataset.national;
  if (national && !input.value.trim().startsWith("+")) input.value = national;
};

if (input && facts) {
  let timer;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(describe, 300);
  });
  region.addEventListener("change", describe);
  input.addEventListener("change", async () => {
    clearTimeout(timer);
    await describe();
    regroup();
  });
}

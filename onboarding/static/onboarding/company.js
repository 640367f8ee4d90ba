// The hint of the tax number follows the country as it is chosen; without this file it follows when the page is saved.

const country = document.getElementById("id_country");
const line = document.querySelector("[data-tax-hint]");
const hints = JSON.parse(country?.dataset.taxHints ?? "{}");

country?.addEventListener("change", () => {
  const hint = hints[country.value] ?? "";
  line.hidden = !hint;
  line.querySelector("span").textContent = hint;
});

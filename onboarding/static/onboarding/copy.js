// Copy buttons: [data-copy] names the field whose text is taken. Without this file people select the text themselves.

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  if (!field) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.select();
      document.execCommand("copy");
    }
    window.look?.toast(button.dataset.done);
  });
}
for (const field of document.querySelectorAll("[data-whole]")) field.addEventListener("focus", () => field.select());

// "Use this name" writes the proposal into the field; the findings follow by themselves.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-use-name]");
  if (!button) return;
  const input = document.querySelector("#id_display_name, #id_name");
  input.value = button.dataset.useName;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.focus();
});

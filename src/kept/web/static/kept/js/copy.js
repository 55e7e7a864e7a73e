// Copies the text of the element named by data-copy, and says so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const text = "value" in source ? source.value : source.innerText;
  const live = document.getElementById("live");
  try {
    await navigator.clipboard.writeText(text);
    button.classList.add("copied");
    if (live) live.textContent = button.dataset.copied;
  } catch {
    // Without permission or without https the text is marked, ready for Ctrl+C.
    const selection = window.getSelection();
    selection.selectAllChildren(source);
    if (live) live.textContent = button.dataset.copyByHand;
  }
});

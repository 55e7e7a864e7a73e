// System, light or dark: shown at once; the form stores it with the person.
for (const form of document.querySelectorAll("form[data-theme-choice]")) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=theme]");
    if (!button) return;
    event.preventDefault();
    document.documentElement.dataset.theme = button.value;
    for (const other of form.querySelectorAll("button[name=theme]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    const body = new FormData(form);
    body.set("theme", button.value);
    fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
  });
}

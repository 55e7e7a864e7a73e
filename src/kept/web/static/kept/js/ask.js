// Asking while typing. The form works without this: Enter sends it and the page comes back whole.
// The address follows what was asked, so that the page can be shared and the back button works.
const form = document.getElementById("ask-form");

if (form) {
  const line = form.querySelector("input[name=what]");
  if (line && document.activeElement === document.body && line.value === "") line.focus();
  if (line && line.value) line.setSelectionRange(line.value.length, line.value.length);

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt !== form) return;
    // Words typed anew are read anew: what the last answer filled in by itself is not sent back.
    for (const field of form.querySelectorAll("[data-read-from-line]")) {
      if (!field.dataset.touched) delete event.detail.parameters[field.name];
    }
  });

  form.addEventListener("input", (event) => {
    if (event.target.hasAttribute("data-read-from-line")) event.target.dataset.touched = "yes";
  });
}

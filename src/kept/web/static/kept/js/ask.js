// Asking while typing is htmx's work; here the cursor goes to the end of the line that came with
// the page, and what the chips were read from follows the line, so that retyping is enough.
const line = document.querySelector("#ask-form input[name=what]");

if (line?.value) line.setSelectionRange(line.value.length, line.value.length);

// With scripts the dates come first and their reasons after; without, all of it in one page.
document.cookie = "scripts=on; path=/ask; samesite=lax";

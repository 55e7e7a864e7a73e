// Proposes the browser's own time zone where none was chosen yet.
for (const select of document.querySelectorAll("select[data-zone-guess]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!select.value && [...select.options].some((option) => option.value === zone)) select.value = zone;
}

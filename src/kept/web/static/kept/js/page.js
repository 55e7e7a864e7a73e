// What every page does: say that scripts run, close menus, announce news, keep the count in the tab.
document.documentElement.dataset.scripts = "on";

const openMenus = () => document.querySelectorAll("details.menu[open], details.chip[open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    const within = menu.contains(document.activeElement);
    menu.open = false;
    if (within) menu.querySelector("summary").focus();
  }
});

// A fragment may bring one sentence to be spoken, and a new title for the tab.
document.addEventListener("htmx:load", (event) => {
  const fresh = event.detail.elt;
  if (fresh === document.body) return;
  const said = (name) => (fresh.matches(`[${name}]`) ? fresh : fresh.querySelector(`[${name}]`));
  const news = said("data-announce");
  const line = document.getElementById("live");
  if (news && line && line.textContent !== news.dataset.announce) {
    line.textContent = news.dataset.announce;
  }
  const title = said("data-page-title");
  if (title) document.title = title.dataset.pageTitle;
  const icon = said("data-icon");
  if (icon) document.getElementById("tab-icon")?.setAttribute("href", icon.dataset.icon);
});

// No answer, or none that can be shown: said where it can be seen too, until the next one comes.
function failed() {
  const line = document.getElementById("live");
  if (!line) return;
  line.className = "said-aloud";
  line.textContent = line.dataset.offline;
}

for (const kind of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(kind, failed);
}
document.addEventListener("htmx:beforeSwap", (event) => {
  const line = document.getElementById("live");
  if (line && event.detail.shouldSwap && line.className === "said-aloud") {
    line.className = "heard";
    line.textContent = "";
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

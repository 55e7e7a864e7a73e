// Single keys. They never fire inside fields and can be switched off (data-keys="off" on <html>).
const inField = (element) =>
  element instanceof HTMLElement &&
  (element.isContentEditable || element.matches("input:not([type=radio], [type=checkbox]), textarea, select"));

const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);

function step(by) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[at === -1 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
  const link = next.querySelector("a[href]");
  link.focus();
  next.scrollIntoView({ block: "nearest" });
}

function press(selector) {
  const target = document.querySelector(selector);
  if (!target) return false;
  if (target.matches("input:not([type=radio]), textarea")) {
    target.focus();
    target.select?.();
  } else {
    target.click();
  }
  return true;
}

// What the row that has the focus can do by itself.
function inRow(selector) {
  const target = document.activeElement?.closest("[data-row]")?.querySelector(selector);
  target?.click();
  return Boolean(target);
}

const actions = {
  j: () => step(1),
  k: () => step(-1),
  n: () => inRow("[data-key='n']") || press("[data-key='n']"),
  p: () => press("[data-key='p']"),
  a: () => inRow("[data-key='a']"),
  "/": () => press("[data-key='/']"),
  "?": () => document.getElementById("keys-help")?.showModal(),
  1: () => press("#offer-1"),
  2: () => press("#offer-2"),
  3: () => press("#offer-3"),
  4: () => press("#offer-4"),
};

document.addEventListener("keydown", (event) => {
  if (document.documentElement.dataset.keys === "off") return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (inField(event.target) || document.querySelector("dialog[open]")) return;
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

/* The panel of a quick segment: it takes the focus when it opens, and closes with Escape or a click beside it. */
(() => {
  "use strict";
  const panel = () => document.querySelector(".quick-panel");
  const away = (el) => !el.closest?.(".quick-bar, [data-portal], [role=listbox], .mantine-Popover-dropdown, .tip, .toast");
  const close = () => window.workbenchGesture("quick", {do: "close"});
  let open = false;
  document.addEventListener("pointerdown", (event) => { if (panel() && away(event.target)) close(); }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !event.target.closest?.(".quick-panel") || document.querySelector("[role=listbox]:not([hidden])")?.offsetParent) return;
    event.stopPropagation(); close();
  }, true);
  new MutationObserver(() => {
    const now = panel();
    if (Boolean(now) === open) return;
    open = Boolean(now);
    if (now) [...now.querySelectorAll(".rule")].at(-1)?.querySelector("input")?.focus({preventScroll: true});
    else if (document.activeElement === document.body) document.querySelector(".quick-add")?.focus({preventScroll: true});
  }).observe(document.documentElement, {childList: true, subtree: true});
})();

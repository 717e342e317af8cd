/* The builder of segments is drawn anew with every edit: the field that was in use is in use again. */
(() => {
  "use strict";
  let last = "";
  const inside = (el) => el?.closest?.(".segment-page, .quick-panel");
  document.addEventListener("focusin", (event) => { if (inside(event.target) && event.target.id) last = event.target.id; });
  new MutationObserver(() => {
    if (!last || document.activeElement !== document.body) return;
    const again = document.getElementById(last);
    if (again && !again.disabled) again.focus({preventScroll: true});
  }).observe(document.documentElement, {childList: true, subtree: true});
})();

/* From a saved segment to another page, as a link would go; the field of the pin dialog that is asked for. */
(() => {
  "use strict";
  const close = () => { if (document.getElementById("segment-dialog-body")) window.dash_clientside.set_props("segment-dialog", {opened: false}); };
  for (const kind of ["popstate", "_dashprivate_pushstate"]) window.addEventListener(kind, close);
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.segments = {
    go(place) {
      if (place) { history.pushState({}, "", place); window.dispatchEvent(new CustomEvent("_dashprivate_pushstate")); }
      return window.dash_clientside.no_update;
    },
    focus(opened) {
      const field = () => [...document.querySelectorAll("#pin-find, #pin-reason")].find((one) => one.offsetParent)?.focus();
      if (opened) setTimeout(field, 160);
      return window.dash_clientside.no_update;
    },
  };
})();

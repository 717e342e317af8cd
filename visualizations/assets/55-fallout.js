/* Touchpoints of a fallout: drag to reorder, onto another to combine, the same by keyboard; drops of the palette. */
(() => {
  "use strict";
  const MIME = "application/x-workbench-component", OWN = "application/x-workbench-step";
  const EDGE = 0.3;
  const send = (kind, data) => window.workbenchGesture(kind, data);
  const home = () => document.querySelector(".fallout");
  const rows = () => [...(home()?.querySelectorAll(".fallout-row[data-step]") || [])];
  const place = (row) => Number(row.dataset.step);
  let dragged = null;

  // --- dragging a row by its number
  document.addEventListener("pointerdown", (event) => {
    const row = event.target.closest?.(".fallout-row[data-step]");
    if (row) row.draggable = Boolean(event.target.closest(".fallout-head")) && !event.target.closest(".more");
  }, true);
  document.addEventListener("dragstart", (event) => {
    const row = event.target.closest?.(".fallout-row[data-step]");
    if (!row || event.target !== row) return;
    dragged = place(row);
    event.dataTransfer.setData(OWN, String(dragged));
    event.dataTransfer.effectAllowed = "move";
    row.classList.add("dragged");
  });
  document.addEventListener("dragend", () => { dragged = null; clear(); for (const row of rows()) row.classList.remove("dragged"); });

  function clear() {
    for (const el of document.querySelectorAll(".drop-into, .drop-above, .drop-below")) el.classList.remove("drop-into", "drop-above", "drop-below");
  }
  /** Where something would land: onto a row, or before the place `before` (one more than the last: at the end). */
  function target(event) {
    const list = rows();
    if (!list.length) return null;
    for (const row of list) {
      const box = row.getBoundingClientRect(), share = (event.clientY - box.top) / box.height;
      if (share < 0) return {before: place(row), row, how: "drop-above"};
      if (share <= 1) {
        if (share < EDGE) return {before: place(row), row, how: "drop-above"};
        if (share > 1 - EDGE) return {before: place(row) + 1, row, how: "drop-below"};
        return {into: place(row), row, how: "drop-into"};
      }
    }
    const last = list[list.length - 1];
    return {before: place(last) + 1, row: last, how: "drop-below"};
  }
  const takes = (event) => {
    const types = event.dataTransfer?.types || [];
    return event.target.closest?.(".fallout") && (types.includes(OWN) || types.includes(MIME)) ? types : null;
  };
  // before the canvas' own handlers, which know nothing of rows
  window.addEventListener("dragover", (event) => {
    const types = takes(event);
    if (!types) { if (home()) clear(); return; }
    event.preventDefault(); event.stopPropagation();
    event.dataTransfer.dropEffect = types.includes(OWN) ? "move" : "copy";
    clear();
    const at = target(event);
    if (at && at.into !== dragged) at.row.classList.add(at.how);
  }, true);
  window.addEventListener("drop", (event) => {
    const types = takes(event);
    if (!types) return;
    event.preventDefault(); event.stopPropagation();
    const at = target(event);
    clear();
    if (types.includes(OWN)) { if (at && dragged !== null) land(dragged, at); return; }
    const what = JSON.parse(event.dataTransfer.getData(MIME) || "[]");
    if (!what.length) return;
    const on = !at ? null : at.into !== undefined ? {into: at.into} : at.before < rows().length ? {before: at.before} : null;
    send("drop", {what, on, shift: event.shiftKey});
  }, true);
  function land(step, at) {
    if (at.into !== undefined) { if (at.into !== step) send("combine", {step, into: at.into}); return; }
    const to = at.before > step ? at.before - 1 : at.before;
    if (to !== step) move(step, to);
  }

  // --- the same by keyboard, on the number of a row; the focus goes along, also where a redraw made rows anew
  let focus = null, forget = 0;
  const grip = (step) => document.querySelector(`[data-grip="${step}"]`);
  function follow(step) {
    focus = step; clearTimeout(forget);
    forget = setTimeout(() => { focus = null; }, 4000);
    grip(step)?.focus({preventScroll: true});
  }
  function move(step, to) {
    if (to < 0 || to >= rows().length) return;
    follow(to); send("reorder", {step, to});
    window.workbenchBoard?.say(`Moved to step ${to + 1}.`);
  }
  document.addEventListener("keydown", (event) => {
    const at = event.target.closest?.("[data-grip]"), by = {ArrowUp: -1, ArrowDown: 1}[event.key];
    if (!at || event.ctrlKey || event.metaKey) return;
    const step = Number(at.dataset.grip);
    if (event.key === "Delete") { event.preventDefault(); send("remove-step", {step}); return; }
    if (!by) return;
    event.preventDefault();
    const to = step + by;
    if (to < 0 || to >= rows().length) return;
    if (event.shiftKey) { follow(Math.min(step, to)); send("combine", {step, into: to}); } else move(step, to);
  });
  new MutationObserver(() => {
    if (focus !== null && document.activeElement === document.body) grip(focus)?.focus({preventScroll: true});
  }).observe(document.documentElement, {childList: true, subtree: true});

  // --- another view of the same question
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.fallout = {
    go(place) {
      if (place?.href) { history.pushState({}, "", place.href); window.dispatchEvent(new CustomEvent("_dashprivate_pushstate")); }
      return window.dash_clientside.no_update;
    },
  };

  // --- choices of the menu; the menu itself is in 20-app.js
  window.workbenchFalloutChoices = (target) => {
    const step = target.select?.step, whole = target.table === "touchpoints";
    if (!whole) return [];
    const left = (target.measure || "value") !== "value", line = [], point = {step: step - 1};
    const change = (kind, data) => send(kind, data);
    const deeper = left ? [
      ...(step ? [["left-next", "arrow-right-from-line", "What they did next…", target]] : []),
      ["breakdown-table", "chart-bar", "Break down…", target],
    ] : [
      ...(target.timed ? [["times", "clock", "Time to get here", target], ["in-between", "arrow-right-to-line", "What happened in between…", target]] : []),
      ["breakdown-table", "chart-bar", "Break down…", target],
      ["trend", "chart-line", "Trend over time", target],
    ];
    if (step || !left) deeper.push(["trend-steps", "chart-line", "Trend of all touchpoints, %", target]);
    return [
      line, ...deeper, line, ["convert", "waypoints", "Show on the canvas", {}],
      ...(step && !left ? [["remove-step", "trash-2", "Remove touchpoint", point, change]] : []),
    ];
  };
})();

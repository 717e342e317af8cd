/* The flow: a click on a box puts the paths through it in focus, a double click lists its members; what the
   pointer or the keyboard is on lights up with what leads to it and away from it. */
(() => {
  "use strict";
  const WAIT = 230;
  const parsed = (text) => { try { return JSON.parse(text); } catch { return null; } };
  const push = (kind, data) => window.workbenchGesture(kind, data);
  const same = (a, b) => a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
  let timer = 0;

  // --- click, double click, Escape
  const focus = (event, add) => event && push("flow", {...event, add});
  document.addEventListener("click", (event) => {
    const box = event.target.closest?.("[data-flow]");
    if (!box) return;
    const what = parsed(box.dataset.focus || "null"), add = event.shiftKey || event.ctrlKey || event.metaKey;
    clearTimeout(timer);
    if (!event.detail) { focus(what, add); return; } // by keyboard
    if (event.detail > 1) {
      const target = parsed(box.parentElement.dataset.context);
      if (target) window.workbenchSend("members", target);
      return;
    }
    timer = setTimeout(() => focus(what, add), WAIT);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.querySelector(".menu, .mantine-Modal-content, .mantine-Drawer-content")) return;
    if (event.target.closest?.("input, textarea")) return;
    document.getElementById("flow-unfocus")?.click();
  });

  // --- up- and downstream of what the pointer is on
  function light(plot, from) {
    const bands = [...plot.querySelectorAll(".flow-band")];
    for (const one of plot.querySelectorAll(".near")) one.classList.remove("near");
    plot.classList.toggle("looking", !!from);
    if (!from) return;
    const ends = bands.map((band) => ({band, a: parsed(band.dataset.from), b: parsed(band.dataset.to)}));
    const near = from.band ? ends.filter(({band}) => band === from.band) : ends.filter(({a, b}) => same(a, from.key) || same(b, from.key));
    const keys = new Set(near.flatMap(({a, b}) => [JSON.stringify(a), JSON.stringify(b)]));
    if (from.key) keys.add(JSON.stringify(from.key));
    near.forEach(({band}) => band.classList.add("near"));
    for (const box of plot.querySelectorAll(".flow-box")) if (keys.has(JSON.stringify(parsed(box.dataset.key)))) box.classList.add("near");
  }
  function look(event) {
    const plot = event.target.closest?.(".flow-plot");
    if (!plot) { document.querySelectorAll(".flow-plot.looking").forEach((one) => light(one, null)); return; }
    const box = event.target.closest(".flow-box"), band = event.target.closest(".flow-band");
    light(plot, box ? {key: parsed(box.dataset.key)} : band ? {band} : null);
  }
  for (const on of ["pointerover", "focusin"]) document.addEventListener(on, look);

  // --- arrow keys from box to box; a drawing wider than the page begins at its anchor
  document.addEventListener("keydown", (event) => {
    const here = event.target.closest?.(".flow-box"), plot = here?.closest(".flow-plot");
    const move = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
    if (!here || !move || !event.target.matches(".flow-press")) return;
    const middle = (el) => { const r = el.getBoundingClientRect(); return [r.left, r.top + r.height / 2]; };
    const [x, y] = middle(here);
    const found = [...plot.querySelectorAll(".flow-box")].map((el) => [el, ...middle(el)])
      .filter(([el, left, top]) => el !== here && (move[0] ? (left - x) * move[0] > 1 : Math.abs(left - x) < 1 && (top - y) * move[1] > 0))
      .sort((a, b) => (move[0] ? Math.abs(a[1] - x) - Math.abs(b[1] - x) : 0) || Math.abs(a[2] - y) - Math.abs(b[2] - y));
    if (found.length) { found[0][0].querySelector(".flow-press").focus(); event.preventDefault(); }
  });
  new MutationObserver(() => {
    const box = document.querySelector(".flow-scroll[data-anchor]");
    const plot = box?.querySelector(".flow-plot");
    if (!plot || box._anchored) return;
    box._anchored = true;
    if (box.scrollWidth > box.clientWidth + 1) box.scrollLeft = Math.max(0, Number(box.dataset.anchor) - box.clientWidth * 0.8);
  }).observe(document.documentElement, {childList: true, subtree: true});

  // --- context menu
  window.workbenchFlow = {
    choices(target, {open, line, behind, change, formats}) {
      const {kind, item} = target.select || {}, box = target.table === "nodes";
      const deeper = [["breakdown-table", "chart-bar", "Break down…", target], ["trend-node", "chart-line", "Trend over time", target]];
      if (!box) return [...open, ["exclude", "filter", "Leave these members out", target], line, ...deeper, ...link(target, line), ...behind, formats];
      const mine = target.focus ? [["flow", "scan", target.focused ? "End this focus" : "Focus on the paths through it", target.focus, change]] : [];
      if (kind === "other" && target.more) mine.push(["flow", "chevron-down", "Show more of these items", target.more, change]);
      const made = kind !== "item" ? [] : [
        line,
        ["flow", "ban", `Exclude ${item} from the flow`, {do: "exclude", item}, change],
        ["set-start", "arrow-right", "Flow that starts with it", target],
        ["set-middle", "git-branch-plus", "Flow around it", target],
        ["set-end", "flag", "Flow that ends with it", target],
      ];
      return [...mine, ...open, ["exclude", "filter", "Leave these members out", target], line, ...deeper, ...made, ...behind, formats];
    },
  };
  /** A link between two items is a path of two steps. */
  function link({table, select}, line) {
    if (table !== "links") return [];
    const steps = [[select.column, select.source_kind, select.source], [select.column + 1, select.target_kind, select.target]];
    return steps.every(([, kind]) => kind === "item" || kind === "anchor") ? [line, ["convert", "funnel", "Open as a fallout", {steps}]] : [];
  }
})();

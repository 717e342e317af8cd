/* The keyboard on the canvas, its buttons, and the list of gestures and keys. */
(() => {
  "use strict";
  const STEP = 12, LEAP = 60, SETTLE = 350;
  const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  const HELP = [
    ["Drag from the palette", "Add a checkpoint; on a card combine, on an arrow insert; Shift: as one"],
    ["Drag the dot beside a card", "Draw an arrow"],
    ["Drag a card", "Move it, with Shift onto another: combine"],
    ["Shift or Ctrl click, Shift drag, Ctrl A", "Select several"],
    ["Double-click, F2", "Rename a checkpoint or an arrow"],
    ["Right-click, Shift F10", "What can be done here"],
    ["Tab, Shift Tab", "Next card, card before; Space selects it"],
    ["Arrow keys", "Move the selection; Shift: far; nothing selected: the view"],
    ["Enter", "List who is behind the number"],
    ["C", "Connect: choose the target with Tab, then Enter"],
    ["Ctrl D, Delete", "Duplicate, delete"],
    ["Ctrl Z, Ctrl Shift Z", "Undo, redo"],
    ["+, -, 0, wheel", "Zoom in, out, to 100 %"],
    ["F, L", "Fit to screen, tidy"],
    ["Esc", "Cancel, select nothing"],
  ];
  const hands = () => window.workbenchHands;
  const send = (kind, data) => window.workbenchGesture(kind, data);

  // --- what keys do
  function nudge(canvas, [dx, dy], far) {
    const nodes = canvas.meant().nodes(), step = far ? LEAP : STEP;
    if (nodes.empty()) { canvas.panBy(-dx * 2 * step, -dy * 2 * step); return; }
    nodes.shift({x: dx * step, y: dy * step});
    for (const node of nodes) canvas.moving[node.id()] = [Math.round(node.position("x")), Math.round(node.position("y"))];
    canvas.reveal(nodes);
    clearTimeout(canvas.timer);
    canvas.timer = setTimeout(() => settle(canvas), SETTLE);
  }
  /** Send what was nudged, as one step. */
  function settle(canvas) {
    clearTimeout(canvas.timer);
    const moves = canvas.moving;
    canvas.moving = {};
    if (Object.keys(moves).length) send("move", {moves});
  }
  function remove(canvas) {
    const parts = canvas.meant();
    if (parts.nonempty()) send("delete", {nodes: parts.nodes().map((n) => n.id()), arrows: parts.edges().map(hands().pair)});
  }
  function duplicate(canvas) {
    const nodes = canvas.meant().nodes().map((n) => n.id());
    if (nodes.length) send("duplicate", {nodes});
  }
  function toggle(canvas, at) {
    const part = canvas.cy.getElementById(at.dataset.node || at.dataset.arrow);
    part.selected() ? part.unselect() : part.select();
  }
  function all({cy}) { cy.elements().unselect(); cy.nodes().select(); }
  function number(canvas) {
    const target = canvas.meant().last();
    if (target.nonempty()) canvas.element(target)?.querySelector("[data-open]")?.click();
  }
  function menu(canvas) {
    const target = canvas.meant().last(), el = target.nonempty() && canvas.element(target);
    if (!el) return;
    hands().only(canvas, target);
    const box = el.getBoundingClientRect();
    window.workbenchMenu(canvas.context(target), box.left + 12, box.bottom, document.activeElement);
  }

  // --- connect by keyboard: C, then Tab to the target, Enter
  function begin(canvas) {
    const from = canvas.meant().nodes().last();
    if (from.empty()) { window.workbenchBoard.say("Choose a card first: Tab reaches them."); return; }
    canvas.linking = from.id(); canvas.focusOn(from); canvas.home.classList.add("drawing-arrow");
    hands().hint(canvas, "Connect: Tab to the target, then Enter", {x: from.position("x"), y: from.position("y") + 60});
  }
  function link(canvas, target) {
    if (!target) return;
    const node = canvas.cy.getElementById(target), p = node.position();
    hands().ghost(canvas, canvas.linking, {x: p.x, y: p.y + 60}, node);
  }
  function cease(canvas) {
    delete canvas.linking;
    canvas.home.classList.remove("drawing-arrow"); hands().clear(canvas);
  }
  function linkKey(canvas, event, at) {
    if (event.key !== "Enter" && event.key !== " ") return false;
    const source = canvas.linking, target = at?.dataset.node;
    if (!target || target === source) return true;
    cease(canvas); hands().connect(canvas, source, target);
    return true;
  }
  document.addEventListener("focusin", ({target}) => {
    const canvas = window.workbenchCanvas?.(), at = target.closest?.("[data-node]")?.dataset.node;
    if (canvas?.linking && at && at !== canvas.linking) link(canvas, at);
  });

  function escape(canvas) {
    if (help) showHelp(false);
    else if (canvas.linking) cease(canvas);
    else { for (const cancel of canvas.cancels) cancel(); canvas.cy.elements().unselect(); }
  }

  const PLAIN = {
    Delete: remove, Backspace: remove, F2: (canvas) => hands().rename(canvas, canvas.meant().last()), Escape: escape, ContextMenu: menu,
    "+": (canvas) => canvas.zoomBy(1.2), "=": (canvas) => canvas.zoomBy(1.2), "-": (canvas) => canvas.zoomBy(1 / 1.2), 0: (canvas) => canvas.zoomTo(1),
    f: (canvas) => canvas.fit(), l: () => send("tidy"), c: begin, "?": () => showHelp(!help),
  };
  const CTRL = {a: all, d: duplicate};
  const TOOLS = {maximize: "f", "zoom-in": "+", "zoom-out": "-", network: "l", "circle-question-mark": "?"};

  function act(canvas, event) {
    const at = event.target.closest?.("[data-node], [data-arrow]"), key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (canvas.linking && linkKey(canvas, event, at)) return true;
    if (event.ctrlKey || event.metaKey) return event.altKey || !CTRL[key] ? false : (CTRL[key](canvas), true);
    if (event.altKey) return false;
    if (ARROWS[key]) { nudge(canvas, ARROWS[key], event.shiftKey); return true; }
    if (event.shiftKey && key === "F10") { menu(canvas); return true; }
    const card = event.target.matches(".node-card");
    if (key === " " && card) { toggle(canvas, at); return true; }
    if (key === "Enter" && (card || !at)) { number(canvas); return card; }
    if (!PLAIN[key]) return false;
    PLAIN[key](canvas);
    return true;
  }
  // the canvas listens where it has the focus, or nothing has it
  document.addEventListener("keydown", (event) => {
    const canvas = window.workbenchCanvas?.(), {target} = event;
    if (!canvas || event.defaultPrevented || document.querySelector(".menu")) return;
    if (target !== document.body && !canvas.home.contains(target)) return;
    if (target.matches("input, textarea, select")) return;
    if (act(canvas, event)) { event.preventDefault(); event.stopPropagation(); }
  }, true);
  window.addEventListener("pagehide", () => { const canvas = window.workbenchCanvas?.(); if (canvas) settle(canvas); });
  document.addEventListener("pointerdown", () => { const canvas = window.workbenchCanvas?.(); if (canvas) settle(canvas); }, true);

  // --- the buttons in the corner
  document.addEventListener("click", (event) => {
    const tool = event.target.closest?.("[data-tool]"), canvas = window.workbenchCanvas?.();
    if (tool && canvas) PLAIN[TOOLS[tool.dataset.tool]]?.(canvas);
    else if (help && !event.target.closest?.(".gesture-help")) showHelp(false);
  });

  // --- the list of gestures and keys
  let help = null;
  function showHelp(on) {
    const button = document.querySelector('[data-tool="circle-question-mark"]');
    help?.remove(); help = null;
    button?.setAttribute("aria-expanded", String(on));
    if (!on) { button?.focus({preventScroll: true}); return; }
    help = document.createElement("section");
    help.className = "gesture-help"; help.tabIndex = -1;
    help.setAttribute("role", "dialog"); help.setAttribute("aria-label", "Gestures and keys");
    const list = document.createElement("dl");
    for (const [how, what] of HELP) {
      list.append(Object.assign(document.createElement("dt"), {textContent: how}), Object.assign(document.createElement("dd"), {textContent: what}));
    }
    help.append(Object.assign(document.createElement("h2"), {textContent: "Gestures and keys"}), list);
    help.addEventListener("keydown", (event) => { if (event.key === "Escape" || event.key === "?") { event.stopPropagation(); showHelp(false); } });
    window.workbenchCanvas().home.append(help);
    help.focus({preventScroll: true});
  }
})();

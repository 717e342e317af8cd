/* Gestures of the mouse on the canvas: drop, draw an arrow, move, combine, select, rename, open the menu. */
(() => {
  "use strict";
  const MIME = "application/x-workbench-component", REACH = 14;
  const send = (kind, data) => window.workbenchGesture(kind, data);
  const pair = (edge) => [edge.source().id(), edge.target().id()];
  const round = ({x, y}) => ({x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10});
  const make = (tag, props) => Object.assign(document.createElement(tag), props);

  // --- where the pointer is, in the units of the drawing
  function place({box, cy}, event) {
    const r = box.getBoundingClientRect(), p = cy.pan(), z = cy.zoom();
    return {x: (event.clientX - r.left - p.x) / z, y: (event.clientY - r.top - p.y) / z};
  }
  function nodeAt(canvas, at, but) {
    const inside = (node) => {
      const p = node.position(), el = canvas.card(node.id()), top = p.y - 42;
      return !node.same(but || canvas.cy.collection()) && el && Math.abs(at.x - p.x) <= el.offsetWidth / 2 && at.y >= top && at.y <= top + el.offsetHeight;
    };
    return canvas.cy.nodes().filter(inside).last();
  }
  function edgeAt(canvas, at, event) {
    const on = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-arrow]");
    if (on) return canvas.cy.getElementById(on.dataset.arrow);
    const near = canvas.cy.edges().map((edge) => [canvas.away(edge, at), edge]).sort((a, b) => a[0] - b[0])[0];
    return near && near[0] <= REACH / canvas.cy.zoom() ? near[1] : canvas.cy.collection();
  }

  // --- what is lit as the target of a gesture
  function light(canvas, target, how = "target") {
    for (const el of canvas.home.querySelectorAll(".target, .refused")) el.classList.remove("target", "refused");
    canvas.cy.edges("[lit]").removeData("lit");
    if (!target || target.empty()) return;
    canvas.element(target)?.classList.add(how);
    if (target.isEdge()) target.data("lit", 1);
  }
  function hint(canvas, words, at, bad) {
    const el = canvas.parts.hint;
    el.textContent = words; el.classList.toggle("bad", Boolean(bad)); el.classList.toggle("on", Boolean(words));
    if (at) { el.style.left = `${at.x}px`; el.style.top = `${at.y}px`; }
  }
  const name = (canvas, target) => (target.isNode() ? canvas.title(target.id()) : pair(target).map(canvas.title).join(" → "));

  // --- arrows: why there can be none, drawing one, its ghost
  function refusal({cy}, source, target) {
    const from = cy.getElementById(source), to = cy.getElementById(target);
    if (source === target) return "An arrow leads to another checkpoint.";
    if (from.edgesTo(to).nonempty()) return "There is an arrow between these two already.";
    if (to.successors().contains(from)) return "This would close a circle; journeys only lead forward.";
    return "";
  }
  function connect(canvas, source, target) {
    const reason = refusal(canvas, source, target);
    if (reason) window.workbenchBoard.say(reason); else send("connect", {source, target});
  }
  /** The ghost of an arrow from a card to a point or to a card; says why it cannot be. */
  function ghost(canvas, source, at, target) {
    const from = canvas.cy.getElementById(source).position(), s = {x: from.x + 100, y: from.y};
    const over = target?.nonempty(), to = over && !target.same(canvas.cy.getElementById(source)) ? target.position() : null;
    const t = to ? {x: to.x - 100, y: to.y} : at, reach = Math.min(180, Math.max(40, Math.abs(t.x - s.x) / 2));
    const reason = over ? refusal(canvas, source, target.id()) : "";
    canvas.parts.ghost.setAttribute("d", `M${s.x},${s.y} C${s.x + reach},${s.y} ${t.x - reach},${t.y} ${t.x},${t.y}`);
    canvas.parts.ghost.classList.toggle("bad", Boolean(reason));
    light(canvas, target, reason ? "refused" : "target");
    hint(canvas, reason || (over ? `${canvas.title(source)} → ${canvas.title(target.id())}` : ""), at, reason);
  }
  function clear(canvas) {
    canvas.parts.ghost.setAttribute("d", "");
    light(canvas); hint(canvas, "");
  }

  // --- the handle at the right edge of a card
  function handles(canvas) {
    const {cy, home} = canvas, handle = make("button", {className: "handle", type: "button", tabIndex: -1});
    handle.setAttribute("aria-label", "Drag to draw an arrow"); handle.dataset.tip = "Drag to draw an arrow";
    canvas.over.append(handle);
    let on = null, from = null, timer = 0;
    const hide = () => { if (!from) { on = null; handle.classList.remove("on"); } };
    const later = () => { clearTimeout(timer); timer = setTimeout(hide, 350); };
    function show(node) {
      clearTimeout(timer);
      if (from || node.empty()) return;
      const p = node.position(), el = canvas.card(node.id());
      on = node.id(); handle.classList.add("on");
      handle.style.left = `${p.x + (el?.offsetWidth || 200) / 2}px`; handle.style.top = `${p.y}px`;
    }
    function hover(event) {
      if (from || event.buttons || event.target === handle) { clearTimeout(timer); return; }
      const node = nodeAt(canvas, place(canvas, event));
      for (const el of home.querySelectorAll(".node-card.hovered")) if (el.dataset.node !== node[0]?.id()) el.classList.remove("hovered");
      if (node.empty()) { later(); return; }
      canvas.element(node)?.classList.add("hovered"); show(node);
    }
    home.addEventListener("pointermove", hover);
    home.addEventListener("pointerleave", () => { for (const el of home.querySelectorAll(".hovered")) el.classList.remove("hovered"); later(); });
    home.addEventListener("focusin", ({target}) => {
      const el = target.closest("[data-node]");
      if (el && target.matches(":focus-visible") && !home.querySelector(".node-card.hovered")) show(cy.getElementById(el.dataset.node));
    });
    cy.on("position remove", "node", ({target}) => { if (target.id() === on) { if (target.removed()) hide(); else show(target); } });
    handle.addEventListener("mousedown", (event) => event.stopPropagation());
    handle.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.stopPropagation(); event.preventDefault();
      handle.setPointerCapture(event.pointerId); from = on; home.classList.add("drawing-arrow");
    });
    handle.addEventListener("pointermove", (event) => {
      if (!from) return;
      const at = place(canvas, event);
      ghost(canvas, from, at, nodeAt(canvas, at));
    });
    function stop(event) {
      if (!from) return;
      const target = nodeAt(canvas, place(canvas, event)), source = from;
      from = null; home.classList.remove("drawing-arrow"); clear(canvas); later();
      if (event.type === "pointerup" && target.nonempty()) connect(canvas, source, target.id());
    }
    handle.addEventListener("pointerup", stop); handle.addEventListener("pointercancel", stop);
    canvas.cancels.push(() => stop({type: "cancel"}));
    canvas.after.push(() => { if (on && cy.getElementById(on).empty()) hide(); });
  }

  // --- move; with Shift onto another card, combine
  function moving(canvas) {
    const {cy} = canvas;
    let moved = null, into = null, held = null;
    cy.on("grab", "node", ({target}) => { held = target; });
    cy.on("free", "node", () => { held = null; });
    document.addEventListener("pointermove", (event) => {
      if (!held || cy.destroyed() || !(event.shiftKey || into)) return;
      const at = place(canvas, event);
      into = event.shiftKey ? nodeAt(canvas, at, held) : null;
      light(canvas, into);
      hint(canvas, into?.nonempty() ? `Combine with ${name(canvas, into)}` : "", at);
    });
    cy.on("dragfree", "node", (event) => {
      const p = event.target.position();
      if (!moved) { moved = {}; setTimeout(finish); }
      moved[event.target.id()] = [Math.round(p.x), Math.round(p.y)];
    });
    function finish() {
      const moves = moved, onto = into?.nonempty() ? into.id() : null;
      moved = into = null; clear(canvas);
      if (onto && Object.keys(moves).length === 1) send("combine", {node: Object.keys(moves)[0], into: onto});
      else send("move", {moves});
    }
  }

  // --- select, open the menu
  function selecting(canvas) {
    const {cy, home} = canvas;
    cy.on("tap", ({target, originalEvent}) => {
      if (target === cy) { document.activeElement?.blur?.(); return; }
      canvas.focusOn(target);
      if (!originalEvent?.shiftKey && !originalEvent?.ctrlKey) inspect(target);
    });
    cy.on("boxselect", "edge", ({target}) => target.unselect());
    cy.on("dbltap", "node, edge", ({target}) => rename(canvas, target));
    cy.on("cxttap", "node, edge", ({target, originalEvent}) => {
      only(canvas, target);
      const what = canvas.context(target);
      if (what) window.workbenchMenu(what, originalEvent.clientX, originalEvent.clientY);
    });
    canvas.box.addEventListener("contextmenu", (event) => event.preventDefault());
    // a number or label clicked with Shift or Ctrl belongs to the selection; a card can be dragged by its number
    home.addEventListener("click", (event) => {
      const part = (event.shiftKey || event.ctrlKey || event.metaKey) && event.target.closest("[data-node], [data-arrow]");
      const dragged = home.dataset.dragged; delete home.dataset.dragged;
      if (!part && !dragged) return;
      event.stopPropagation(); event.preventDefault();
      const one = !dragged && cy.getElementById(part.dataset.node || part.dataset.arrow);
      if (one) one.selected() ? one.unselect() : one.select();
    }, true);
    // Shift draws a box on the ground and drags on a card
    home.addEventListener("pointerdown", (event) => cy.boxSelectionEnabled(nodeAt(canvas, place(canvas, event)).empty()), true);
    home.addEventListener("pointerdown", (event) => {
      if (event.button || event.shiftKey || event.ctrlKey || !event.target.closest(".node-card")) return;
      const passed = (kind) => canvas.box.querySelector("canvas").dispatchEvent(new MouseEvent(kind, event));
      const begun = {x: event.clientX, y: event.clientY};
      const follow = (next) => {
        if (Math.hypot(next.clientX - begun.x, next.clientY - begun.y) < 5) return;
        home.dataset.dragged = "1"; document.removeEventListener("pointermove", follow, true); passed("mousedown");
      };
      const end = () => { document.removeEventListener("pointermove", follow, true); setTimeout(() => { delete home.dataset.dragged; }); };
      document.addEventListener("pointermove", follow, true);
      document.addEventListener("pointerup", end, {capture: true, once: true});
    });
  }
  function only({cy}, target) {
    if (target.selected()) return;
    cy.elements().unselect(); target.select();
  }
  /** What a menu acts on: with several selected, all of them. */
  window.workbenchTarget = (target) => {
    const canvas = window.workbenchCanvas?.(), parts = canvas?.cy.$(":selected");
    if (!parts || parts.length < 2 || target.selected) return target;
    const all = parts.map(canvas.context).filter(Boolean).map(({table, select}) => ({table, select}));
    const among = all.some((one) => one.table === target.table && JSON.stringify(one.select) === JSON.stringify(target.select));
    return among ? {...target, selected: all} : target;
  };
  /** A click on a card or an arrow opens its entry in the editor, where the editor is open. */
  function inspect(target) {
    if (document.documentElement.dataset.panel !== "open") return;
    window.dash_clientside.set_props({open: target.isNode() ? "nodes" : "arrows"}, {value: [target.id()]});
    setTimeout(() => document.querySelector(".inspector [data-active]")?.scrollIntoView({block: "nearest", behavior: "smooth"}), 220);
  }

  // --- rename, in place
  function rename(canvas, target) {
    if (!target || target.empty()) return;
    const node = target.isNode(), {question} = window.workbenchBoard.document || {};
    const arrow = !node && question?.arrows?.find((one) => one.source === pair(target)[0] && one.target === pair(target)[1]);
    const before = node ? canvas.title(target.id()) : arrow?.label || "";
    const field = make("input", {className: `rename${node ? "" : " of-arrow"}`, value: before, maxLength: 80, placeholder: node ? "" : "Label"});
    field.setAttribute("aria-label", node ? "Name of the checkpoint" : "Label of the arrow");
    const p = node ? target.position() : {x: parseFloat(canvas.label(target.id())?.style.left), y: parseFloat(canvas.label(target.id())?.style.top)};
    field.style.left = `${p.x}px`; field.style.top = `${node ? p.y - 23 : p.y}px`;
    canvas.over.append(field); field.focus({preventScroll: true}); field.select();
    let open = true;
    function close(keep) {
      if (!open) return;
      open = false;
      const label = field.value.trim();
      field.remove();
      if (keep && label !== before) send("rename", node ? {node: target.id(), label} : {arrow: pair(target), label});
      if (!target.removed()) canvas.focusOn(target);
    }
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter" || event.key === "Escape") { event.preventDefault(); close(event.key === "Enter"); }
    });
    field.addEventListener("blur", () => close(true));
  }

  window.workbenchRename = ({node, arrow}) => {
    const canvas = window.workbenchCanvas();
    rename(canvas, canvas?.cy.getElementById(node || arrow.join("→")));
  };
  window.workbenchGestures = (canvas) => {
    canvas.cancels = [];
    canvas.over.innerHTML = '<svg class="ghost" aria-hidden="true"><path/></svg><div class="canvas-hint" role="status"></div>';
    canvas.parts = {ghost: canvas.over.querySelector("path"), hint: canvas.over.querySelector(".canvas-hint")};
    handles(canvas); moving(canvas); selecting(canvas);
  };
  window.workbenchHands = {MIME, place, nodeAt, edgeAt, light, hint, ghost, clear, connect, rename, only, name, pair, round, send};
})();

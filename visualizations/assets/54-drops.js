/* Components: anything with `data-component` can be dragged onto the canvas, or taken by click or Enter. */
(() => {
  "use strict";
  const HOME = ".canvas, [data-drop]", AWAY = 30;
  const hands = () => window.workbenchHands;
  const canvas = () => window.workbenchCanvas?.();
  const read = (el) => { try { return [JSON.parse(el.dataset.component)].flat(); } catch { return []; } };
  let dragged = null;

  /** What a gesture on an element takes: itself, or with it everything marked in its list. */
  function taken(el) {
    const list = el.closest('[role="tree"]');
    const marked = el.matches('[aria-selected="true"]') && list ? [...list.querySelectorAll('[data-component][aria-selected="true"]')] : [el];
    return marked.flatMap(read);
  }

  // --- drag
  document.addEventListener("pointerdown", (event) => {
    const el = event.target.closest?.("[data-component]");
    if (el) el.draggable = true;
  }, true);
  document.addEventListener("dragstart", (event) => {
    const el = event.target.closest?.("[data-component]");
    if (!el) return;
    dragged = taken(el);
    event.dataTransfer.setData(hands().MIME, JSON.stringify(dragged));
    event.dataTransfer.effectAllowed = "copy";
    document.documentElement.dataset.dragging = "component";
  });
  document.addEventListener("dragend", () => { dragged = null; delete document.documentElement.dataset.dragging; leave(); });

  function leave() {
    for (const el of document.querySelectorAll(".drop-here")) el.classList.remove("drop-here");
    if (canvas()) hands().clear(canvas());
  }
  const over = (event) => (event.dataTransfer?.types.includes(hands().MIME) ? event.target.closest?.(HOME) : null);
  const chip = (event) => event.target.closest?.("[data-quick]");
  /** The card or arrow below the pointer; a metric belongs to the whole canvas. */
  function target(view, event) {
    const at = hands().place(view, event), none = view.cy.collection();
    if (dragged?.every(({kind}) => kind === "metric")) return [at, none];
    const node = hands().nodeAt(view, at);
    return [at, node.nonempty() ? node : hands().edgeAt(view, at, event)];
  }
  function words(view, onto, shift) {
    const one = shift ? ", as one checkpoint" : "";
    if (dragged?.every(({kind}) => kind === "metric")) return shift ? "Count this as second metric" : "Count this";
    if (onto.empty()) return dragged?.length > 1 && shift ? "Add as one checkpoint" : "";
    if (onto.isEdge()) return `Insert: ${hands().name(view, onto)}${one}`;
    const by = dragged?.length === 1 && dragged[0].kind === "dimension";
    return `${by ? "Break down" : "Combine with"} ${hands().name(view, onto)}`;
  }
  document.addEventListener("dragover", (event) => {
    const home = over(event), view = canvas();
    if (!home) { if (dragged) leave(); return; }
    event.preventDefault(); event.dataTransfer.dropEffect = "copy";
    if (home.dataset.drop === "segments") { leave(); (chip(event) || home).classList.add("drop-here"); return; }
    if (document.querySelector(".quick-bar .drop-here, .quick-bar.drop-here")) leave();
    home.classList.add("drop-here");
    if (!view || !home.contains(view.box)) return;
    const [at, onto] = target(view, event);
    hands().light(view, onto);
    hands().hint(view, words(view, onto, event.shiftKey), at);
  });
  document.addEventListener("drop", (event) => {
    const home = over(event), view = canvas();
    if (!home) return;
    event.preventDefault();
    const what = JSON.parse(event.dataTransfer.getData(hands().MIME) || "[]");
    const inside = view && home.contains(view.box), [at, onto] = inside ? target(view, event) : [{x: 0, y: 0}, null];
    leave();
    if (what.length && home.dataset.drop === "segments") { window.workbenchGesture("quick", {do: "drop", what, at: chip(event) ? Number(chip(event).dataset.quick) : null}); return; }
    if (what.length) hands().send("drop", {what, ...hands().round(at), on: named(onto), shift: event.shiftKey});
  });
  function named(onto) {
    if (!onto || onto.empty()) return null;
    return onto.isNode() ? {node: onto.id()} : {arrow: hands().pair(onto)};
  }

  // --- click or Enter: behind the selected card, onto the selected arrow, else where there is room
  function take(el, shift) {
    const what = taken(el), view = canvas();
    if (!what.length) return;
    if (!["journey-canvas", "fallout"].includes(document.documentElement.dataset.view)) {
      if (document.querySelector(".quick-bar")?.offsetParent) window.workbenchGesture("quick", {do: "drop", what, at: null});
      return;
    }
    const last = view && what.some(({kind}) => kind !== "metric") ? view.cy.$(":selected").last() : null;
    if (last?.nonempty() && last.isNode()) hands().send("append", {what, after: last.id(), shift});
    else hands().send("drop", {what, ...(view ? room(view) : {x: 0, y: 0}), on: named(last), shift});
  }
  function room(view) {
    const seen = view.cy.extent(), at = {x: (seen.x1 + seen.x2) / 2, y: (seen.y1 + seen.y2) / 2};
    const full = () => view.cy.nodes().some((node) => Math.abs(node.position("x") - at.x) < 230 && Math.abs(node.position("y") - at.y) < 130);
    for (let i = 0; i < 200 && full(); i += 1) at.y += AWAY;
    return hands().round(at);
  }
  document.addEventListener("click", (event) => {
    const el = event.target.closest?.("[data-component]");
    if (el && !event.ctrlKey && !event.metaKey) take(el, event.shiftKey);
  });
  document.addEventListener("keydown", (event) => {
    const el = event.target.closest?.("[data-component]");
    if (!el || event.key !== "Enter" || el.matches("button, a")) return;
    event.preventDefault(); take(el, event.shiftKey);
  });
})();

/* The canvas: HTML cards follow cytoscape's pan, zoom and drag; arrows get their curves. What the user sees stays
   as it is over a redraw: the viewport, what is selected, what has the focus, cards moved meanwhile. */
(() => {
  "use strict";
  const GAP = 84, CARD = [200, 84], PAD = 28, LEGEND = 24;
  const board = () => window.workbenchBoard;
  const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  // --- geometry of arrows; the same in `views/canvas_layout.py`
  function controls(s, t, lane) {
    if (lane === undefined) {
      const reach = Math.max(Math.abs(t.x - s.x) / 2, 40);
      return [{x: s.x + reach, y: s.y}, {x: t.x - reach, y: t.y}];
    }
    const turn = GAP * 0.5;
    if (t.x < s.x) {
      const there = s.x + turn, here = t.x - turn;
      return [{x: there, y: s.y}, {x: there, y: lane}, {x: s.x - turn, y: lane}, {x: t.x + turn, y: lane}, {x: here, y: lane}, {x: here, y: t.y}];
    }
    return [{x: s.x + turn, y: s.y}, {x: s.x + turn * 1.25, y: lane}, {x: t.x - turn * 1.25, y: lane}, {x: t.x - turn, y: t.y}];
  }
  function ends(edge) {
    const a = edge.source().position(), b = edge.target().position();
    return [{x: a.x + CARD[0] / 2, y: a.y}, {x: b.x - CARD[0] / 2, y: b.y}];
  }
  function along(s, points, t, share) {
    const between = (a, b) => ({x: (a.x + b.x) / 2, y: (a.y + b.y) / 2}), last = points.length - 1;
    const scaled = Math.min(share * points.length, points.length - 1e-9), i = Math.floor(scaled), u = scaled % 1;
    const a = i ? between(points[i - 1], points[i]) : s, b = points[i], c = i === last ? t : between(points[i], points[i + 1]);
    const at = (k) => (1 - u) ** 2 * a[k] + 2 * u * (1 - u) * b[k] + u * u * c[k];
    return {x: at("x"), y: at("y")};
  }

  // --- what belongs to the drawing
  const layer = () => document.getElementById("canvas-layer");
  const card = (id) => layer()?.querySelector(`[data-node="${CSS.escape(id)}"]`);
  const label = (id) => layer()?.querySelector(`[data-arrow="${CSS.escape(id)}"]`);
  const element = (target) => (target.isNode() ? card(target.id()) : label(target.id()));
  const context = (target) => { const el = element(target); return el ? JSON.parse(el.dataset.context) : null; };
  const title = (id) => card(id)?.getAttribute("aria-label") || id;
  const graph = () => [...document.querySelectorAll(".canvas > div")].find((el) => el._cyreg);
  const found = () => {
    const box = graph(), cy = box?._cyreg?.cy;
    return cy && box._workbench?.cy === cy ? box._workbench : null;
  };
  /** Cards and arrows meant by a key or a menu: the focused one, unless it is one of those selected. */
  function meant(cy) {
    const at = document.activeElement?.closest?.("[data-node], [data-arrow]");
    const focused = at ? cy.getElementById(at.dataset.node || at.dataset.arrow) : cy.collection();
    return focused.nonempty() && !focused.selected() ? focused : cy.$(":selected");
  }

  // --- cards and labels come as text; those that stay as they were keep their element
  let filled = null, seen = null;
  function fill(el) {
    if (!el || (el === filled && el.text === el.dataset.parts)) return;
    const old = new Map([...(filled?.children || [])].map((one) => [one.written, one]));
    const made = document.createElement("template");
    el.replaceChildren(...JSON.parse(el.dataset.parts || "[]").map((text) => {
      if (old.has(text)) return old.get(text);
      made.innerHTML = text;
      return Object.assign(made.content.firstElementChild, {written: text});
    }));
    filled = el; el.text = el.dataset.parts;
  }

  function attach(box, cy) {
    const home = box.closest(".canvas"), before = seen;
    const over = Object.assign(document.createElement("div"), {className: "canvas-over"});
    home.append(over);
    cy.boxSelectionEnabled(true);
    let touched = false, fitted = "", known = null, focus = null, told = "", drawn = {};

    /** Where Python drew the cards. */
    function places() {
      const text = layer()?.dataset.places || "{}";
      if (text !== told) { told = text; drawn = JSON.parse(text); }
      return drawn;
    }
    const near = (p, place) => !place || (Math.abs(p.x - place[0]) < 1 && Math.abs(p.y - place[1]) < 1);
    const stays = (node) => near(node.position(), places()[node.id()]);
    function curve(edge) {
      const [s, t] = ends(edge), still = stays(edge.source()) && stays(edge.target());
      const points = controls(s, t, still ? edge.data("lane") ?? undefined : undefined);
      const dx = t.x - s.x, dy = t.y - s.y, square = Math.max(1, dx * dx + dy * dy), length = Math.sqrt(square);
      const weights = points.map((p) => (((p.x - s.x) * dx + (p.y - s.y) * dy) / square).toFixed(4));
      const away = points.map((p) => ((-(p.x - s.x) * dy + (p.y - s.y) * dx) / length).toFixed(2));
      edge.data({cw: weights.join(" "), cd: away.join(" ")});
      const at = along(s, points, t, edge.data("place") ?? 0.5), el = label(edge.id());
      edge.scratch("way", {s, points, t});
      if (el) { el.style.left = `${at.x}px`; el.style.top = `${at.y + (edge.data("shift") ?? 0)}px`; }
    }
    function put(node) {
      const p = node.position(), el = card(node.id());
      if (el) { el.style.left = `${p.x - CARD[0] / 2}px`; el.style.top = `${p.y - CARD[1] / 2}px`; }
    }

    // --- the viewport
    function view() {
      if (cy.destroyed()) return;
      const p = cy.pan(), z = cy.zoom(), move = `translate(${p.x}px, ${p.y}px) scale(${z})`;
      const el = layer();
      if (el) { el.style.transform = move; el.classList.add("ready"); }
      if (known) seen = {zoom: z, pan: {...p}};
      over.style.transform = move; over.style.setProperty("--unzoom", 1 / z);
      home.style.backgroundPosition = `${p.x}px ${p.y}px`; home.style.backgroundSize = `${24 * z}px ${24 * z}px`;
    }
    function bounds(nodes) {
      if (nodes.length === cy.nodes().length && nodes.every(stays)) return JSON.parse(layer()?.dataset.box || "[0,0,100,100]");
      const b = nodes.boundingBox({includeLabels: false, includeEdges: false});
      return [b.x1, b.y1, b.x2, b.y2 + 30];
    }
    function fit() {
      const w = box.clientWidth, h = box.clientHeight;
      if (!w || !h || cy.destroyed()) return;
      if (cy.nodes().empty()) { cy.viewport({zoom: 1, pan: {x: w / 2, y: h / 2}}); view(); return; }
      const [left, top, right, bottom] = bounds(cy.nodes());
      const zoom = Math.max(cy.minZoom(), Math.min(1.2, (w - 2 * PAD) / (right - left), (h - 2 * PAD - LEGEND) / (bottom - top)));
      cy.viewport({zoom, pan: {x: w / 2 - (zoom * (left + right)) / 2, y: (h - LEGEND) / 2 - (zoom * (top + bottom)) / 2 - (h - LEGEND - zoom * (bottom - top)) * 0.05}});
      touched = false; fitted = look(); view();
      if (board()) board().edited = false;
    }
    /** Whether the view is still the one that showed everything. */
    const look = () => `${cy.zoom()} ${cy.pan().x} ${cy.pan().y}`;
    function zoomBy(factor) { zoomTo(cy.zoom() * factor); }
    function zoomTo(level) { touched = true; cy.zoom({level, renderedPosition: {x: box.clientWidth / 2, y: box.clientHeight / 2}}); }
    function panBy(x, y) { touched = true; cy.panBy({x, y}); }
    /** Bring cards into sight: pan just so far; a view nobody chose goes on showing everything. */
    function reveal(nodes) {
      if (nodes.empty()) return;
      if (!touched && fitted === look() && !cy.nodes().every(inSight)) { fit(); return; }
      const [x1, y1, x2, y2] = bounds(nodes), z = cy.zoom(), p = cy.pan(), w = box.clientWidth, h = box.clientHeight;
      if ((x2 - x1) * z > w - 2 * PAD || (y2 - y1) * z > h - 2 * PAD) { fit(); return; }
      const shift = (a, b, size) => (a < 0 ? PAD - a : b > size ? size - PAD - b : 0);
      const by = {x: shift(x1 * z + p.x, x2 * z + p.x, w), y: shift(y1 * z + p.y, y2 * z + p.y, h)};
      if (!by.x && !by.y) return;
      cy.animate({panBy: by}, {duration: calm() ? 0 : 240, easing: "ease-out-cubic"});
    }
    const inSight = (node) => {
      const p = node.renderedPosition();
      return p.x > 0 && p.y > 0 && p.x < box.clientWidth && p.y < box.clientHeight;
    };
    function resized() {
      if (cy.destroyed()) { watch.disconnect(); return; }
      cy.resize();
      if (touched || board()?.edited) view(); else fit();
    }

    // --- after a redraw
    function sync() {
      if (cy.destroyed()) return;
      const doc = board()?.document?.question?.nodes || [], want = {...places()};
      for (const {id, x, y} of doc) if (x != null && y != null) want[id] = [x, y];
      for (const {kind, moves} of board()?.pending() || []) if (kind === "move") Object.assign(want, moves);
      Object.assign(want, canvas.moving);
      cy.nodes().forEach((node) => {
        const to = want[node.id()];
        if (to && !node.grabbed() && !near(node.position(), to)) node.position({x: to[0], y: to[1]});
        put(node);
        card(node.id())?.classList.toggle("selected", node.selected());
      });
      cy.edges().forEach((edge) => { curve(edge); label(edge.id())?.classList.toggle("selected", edge.selected()); });
      arrivals();
      refocus();
      view();
      for (const after of canvas.after) after();
    }
    function arrivals() {
      const ids = new Set(cy.nodes().map((node) => node.id())), first = known === null;
      const fresh = (board()?.fresh || []).filter((id) => ids.has(id)), doc = board()?.document?.question?.nodes || [];
      known = ids;
      if (first || (board()?.refit && doc.length === ids.size && doc.every(({id}) => ids.has(id)))) {
        const kept = first && !board()?.refit && board()?.edited && before;
        if (kept) { touched = true; cy.viewport(kept); } else fit();
        if (board()) board().refit = false;
      }
      if (fresh.length) {
        const added = cy.collection(fresh.map((id) => cy.getElementById(id)));
        board().fresh = [];
        cy.elements().unselect(); added.select(); reveal(added);
        if (document.activeElement === document.body || home.contains(document.activeElement)) focusOn(added[0]);
      } else if (cy.nodes().nonempty() && !cy.nodes().some(inSight)) fit();
    }
    function refocus() {
      const lost = document.activeElement === document.body || !document.activeElement;
      const el = focus && layer()?.querySelector(focus);
      if (lost && el) el.focus({preventScroll: true});
    }
    function focusOn(target) {
      const el = element(target);
      (target.isNode() ? el : el?.querySelector("button"))?.focus({preventScroll: true});
    }

    /** How far a point is from an arrow, in model units. */
    function away(edge, at) {
      const {s, points, t} = edge.scratch("way"), steps = Array.from({length: 25}, (_, i) => along(s, points, t, i / 24));
      return Math.min(...steps.map((p) => Math.hypot(p.x - at.x, p.y - at.y)));
    }

    /** Where the cards are on the canvas. */
    const spots = () => Object.fromEntries(cy.nodes().map((node) => [node.id(), [Math.round(node.position("x")), Math.round(node.position("y"))]]));

    const canvas = {box, cy, home, over, fit, zoomBy, zoomTo, panBy, reveal, sync, away, focusOn, places: spots, moving: {}, after: [],
      card, label, element, context, title, meant: () => meant(cy)};
    box._workbench = canvas;

    cy.on("add", "edge", (event) => curve(event.target));
    cy.on("pan zoom resize viewport", view);
    cy.on("position", "node", (event) => { put(event.target); event.target.connectedEdges().forEach(curve); });
    cy.on("scrollzoom pinchzoom dragpan", () => { touched = true; });
    cy.on("select unselect", "node, edge", ({target}) => element(target)?.classList.toggle("selected", target.selected()));
    cy.on("mouseover", "edge", ({target}) => { target.data("lit", 1); label(target.id())?.classList.add("hovered"); });
    cy.on("mouseout", "edge", ({target}) => { target.removeData("lit"); label(target.id())?.classList.remove("hovered"); });
    home.addEventListener("focusin", ({target}) => {
      const part = target.closest("[data-node], [data-arrow]");
      if (!part) return;
      const name = part.dataset.node ? `[data-node="${CSS.escape(part.dataset.node)}"]` : `[data-arrow="${CSS.escape(part.dataset.arrow)}"]`;
      focus = target === part ? name : `${name} .${CSS.escape(target.classList[target.classList.length - 1])}`;
      if (part.dataset.node && target.matches(":focus-visible")) reveal(cy.getElementById(part.dataset.node));
    });
    // what a redraw removes is no longer there a moment later; what the user left is
    home.addEventListener("focusout", ({target}) => setTimeout(() => { if (target.isConnected && !target.matches(":focus") && !document.activeElement.closest(".menu")) focus = null; }));
    // cytoscape caches the container's place; a change above it would make the first click miss
    for (const name of ["pointerenter", "pointerdown", "dragenter"]) home.addEventListener(name, () => cy.renderer().invalidateContainerClientCoordsCache(), true);
    const watch = new ResizeObserver(resized);
    watch.observe(box);
    window.workbenchGestures(canvas);
    sync();
  }

  // --- redraws: at once, before the page is painted
  function look() {
    const box = graph(), cy = box?._cyreg?.cy;
    if (!cy || cy.destroyed() || !layer()) return;
    fill(layer());
    if (box._workbench?.cy !== cy) attach(box, cy); else box._workbench.sync();
  }
  const holdsStage = (el) => el.nodeType === 1 && (el.id === "stage" || el.querySelector("#stage"));
  const isOwn = ({target, type}) => target.closest(".canvas-over, .canvas-layer > *, .canvas > div:not(.canvas-parts)") ||
    (target.id === "canvas-layer" && type === "childList");
  const touchesCanvas = (change) =>
    change.target.closest?.(".stage") ? !isOwn(change) : [...change.addedNodes].some(holdsStage);
  new MutationObserver((changes) => {
    if (changes.some(touchesCanvas)) look();
  }).observe(document.documentElement, {childList: true, subtree: true, attributes: true, attributeFilter: ["data-parts"]});

  // cards let the wheel through to the picture below them
  document.addEventListener("wheel", (event) => {
    const surface = event.target.closest?.(".canvas-window, .canvas-over")?.closest(".canvas").querySelector("canvas");
    if (surface) { event.preventDefault(); surface.dispatchEvent(new WheelEvent("wheel", event)); }
  }, {passive: false});

  window.workbenchCanvas = found;
  window.workbenchLook = look;
})();

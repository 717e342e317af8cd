/* The layer of HTML cards follows cytoscape's pan, zoom and drag; arrows get their curves. */
(() => {
  "use strict";
  const GAP = 84, CARD = [200, 84];
  const controls = (s, t, lane) => {
    if (lane === undefined) {
      const reach = Math.max(Math.abs(t.x - s.x) / 2, 40);
      return [{x: s.x + reach, y: s.y}, {x: t.x - reach, y: t.y}];
    }
    const turn = GAP * 0.5;
    return [{x: s.x + turn, y: s.y}, {x: s.x + turn * 1.25, y: lane}, {x: t.x - turn * 1.25, y: lane}, {x: t.x - turn, y: t.y}];
  };
  const ends = (edge) => {
    const a = edge.source().position(), b = edge.target().position();
    return [{x: a.x + CARD[0] / 2, y: a.y}, {x: b.x - CARD[0] / 2, y: b.y}];
  };
  const along = (s, points, t, share) => {
    const pieces = points.map((c, i) => {
      const from = i ? {x: (points[i - 1].x + c.x) / 2, y: (points[i - 1].y + c.y) / 2} : s;
      const to = i === points.length - 1 ? t : {x: (c.x + points[i + 1].x) / 2, y: (c.y + points[i + 1].y) / 2};
      return [from, c, to];
    });
    const scaled = Math.min(share * pieces.length, pieces.length - 1e-9), [a, b, c] = pieces[Math.floor(scaled)], u = scaled % 1;
    const at = (k) => (1 - u) ** 2 * a[k] + 2 * u * (1 - u) * b[k] + u * u * c[k];
    return {x: at("x"), y: at("y")};
  };

  function attach(box, cy) {
    const layer = () => document.getElementById("canvas-layer");
    const card = (id) => layer()?.querySelector(`[data-node="${CSS.escape(id)}"]`);
    const label = (id) => layer()?.querySelector(`[data-arrow="${CSS.escape(id)}"]`);

    const curve = (edge) => {
      const [s, t] = ends(edge), points = controls(s, t, edge.data("lane"));
      const dx = t.x - s.x, dy = t.y - s.y, square = Math.max(1, dx * dx + dy * dy), length = Math.sqrt(square);
      const weights = points.map((p) => (((p.x - s.x) * dx + (p.y - s.y) * dy) / square).toFixed(4));
      const away = points.map((p) => ((-(p.x - s.x) * dy + (p.y - s.y) * dx) / length).toFixed(2));
      edge.data({cw: weights.join(" "), cd: away.join(" ")});
      const at = along(s, points, t, edge.data("place") ?? 0.5), el = label(edge.id());
      if (el) { el.style.left = `${at.x}px`; el.style.top = `${at.y + (edge.data("shift") ?? 0)}px`; }
    };
    const view = () => {
      if (cy.destroyed()) return;
      const el = layer(), p = cy.pan();
      if (!el) return;
      el.style.transform = `translate(${p.x}px, ${p.y}px) scale(${cy.zoom()})`;
      el.classList.add("ready");
      const grid = box.closest(".canvas");
      if (grid) { grid.style.backgroundPosition = `${p.x}px ${p.y}px`; grid.style.backgroundSize = `${24 * cy.zoom()}px ${24 * cy.zoom()}px`; }
    };
    const fit = () => {
      const [left, top, right, bottom] = JSON.parse(layer()?.dataset.box || "[0,0,100,100]");
      const w = box.clientWidth, h = box.clientHeight, pad = 28;
      if (!w || !h || cy.destroyed()) return;
      const zoom = Math.min(1.2, (w - 2 * pad) / (right - left), (h - 2 * pad) / (bottom - top));
      cy.viewport({zoom, pan: {x: w / 2 - (zoom * (left + right)) / 2, y: h / 2 - (zoom * (top + bottom)) / 2 - (h - zoom * (bottom - top)) * 0.06}});
      view();
    };
    const around = (factor) => cy.zoom({level: cy.zoom() * factor, renderedPosition: {x: box.clientWidth / 2, y: box.clientHeight / 2}});
    box._workbench = {fit, around, cy};

    cy.edges().forEach(curve);
    cy.on("add", "edge", (event) => curve(event.target));
    cy.on("pan zoom resize viewport", view);
    cy.on("position", "node", (event) => {
      const p = event.target.position(), el = card(event.target.id());
      if (el) { el.style.left = `${p.x - CARD[0] / 2}px`; el.style.top = `${p.y - CARD[1] / 2}px`; }
      event.target.connectedEdges().forEach(curve);
    });
    let moved = null;
    cy.on("dragfree", "node", (event) => {
      if (!moved) { moved = {}; setTimeout(() => { window.workbenchSend("move", {moves: moved}); moved = null; }); }
      const p = event.target.position(); moved[event.target.id()] = [Math.round(p.x), Math.round(p.y)];
    });
    cy.on("mouseover", "node", (event) => card(event.target.id())?.classList.add("hovered"));
    cy.on("mouseout", "node", (event) => card(event.target.id())?.classList.remove("hovered"));
    cy.on("mouseover", "edge", (event) => { event.target.data("lit", 1); label(event.target.id())?.classList.add("hovered"); });
    cy.on("mouseout", "edge", (event) => { event.target.removeData("lit"); label(event.target.id())?.classList.remove("hovered"); });
    cy.on("select", "node", (event) => card(event.target.id())?.classList.add("selected"));
    cy.on("unselect", "node", (event) => card(event.target.id())?.classList.remove("selected"));
    cy.on("tap", "node, edge", (event) => inspect(event.target));
    cy.on("cxttap", "node, edge", (event) => {
      const el = event.target.isNode() ? card(event.target.id()) : label(event.target.id());
      const at = event.originalEvent;
      if (el) window.workbenchMenu(JSON.parse(el.dataset.context), at.clientX, at.clientY);
    });
    box.addEventListener("contextmenu", (event) => event.preventDefault());
    // cytoscape caches the container's place; a change above it would make the first click miss
    for (const name of ["pointerenter", "pointerdown"]) box.addEventListener(name, () => cy.renderer().invalidateContainerClientCoordsCache(), true);
    const watch = new ResizeObserver(() => { if (cy.destroyed()) watch.disconnect(); else { cy.resize(); fit(); } });
    watch.observe(box);
    fit();
  }

  /* A click on a card or an arrow opens its entry in the editor, where the editor is open. */
  function inspect(target) {
    if (document.documentElement.dataset.panel !== "open") return;
    const open = target.isNode() ? "nodes" : "arrows";
    window.dash_clientside.set_props({open}, {value: [target.id()]});
    setTimeout(() => document.querySelector(".inspector [data-active]")?.scrollIntoView({block: "nearest", behavior: "smooth"}), 220);
  }

  const found = () => {
    const box = document.getElementById("canvas-graph"), cy = box?._cyreg?.cy;
    return cy ? [box, cy] : null;
  };
  let shown = "";
  new MutationObserver(() => {
    const pair = found();
    if (!pair) { shown = ""; return; }
    const [box, cy] = pair;
    if (box._attached !== cy) { box._attached = cy; attach(box, cy); }
    const layer = document.getElementById("canvas-layer");
    const names = layer ? [...layer.querySelectorAll("[data-node]")].map((el) => el.dataset.node).sort().join("|") : "";
    if (names !== shown) {
      shown = names;
      requestAnimationFrame(() => { if (cy.destroyed()) return; cy.edges().forEach((edge) => edge.emit("add")); box._workbench.fit(); });
    }
  }).observe(document.documentElement, {childList: true, subtree: true});

  document.addEventListener("click", (event) => {
    const tool = event.target.closest?.("[data-zoom]"), pair = found();
    if (!tool || !pair) return;
    const {fit, around} = pair[0]._workbench;
    if (tool.dataset.zoom === "maximize") fit(); else around(tool.dataset.zoom === "zoom-in" ? 1.2 : 1 / 1.2);
  });
  // cards let the wheel through to the picture below them
  document.addEventListener("wheel", (event) => {
    const over = event.target.closest?.(".canvas-window");
    const surface = over?.parentElement.querySelector("canvas");
    if (surface) { event.preventDefault(); surface.dispatchEvent(new WheelEvent("wheel", event)); }
  }, {passive: false});
})();

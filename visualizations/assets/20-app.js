/* Gestures become intents: one object in dcc.Store "intent"; Python owns the document. */
(() => {
  "use strict";
  const root = document.documentElement;
  let seq = 0;
  const send = (kind, data = {}) => window.workbenchBoard?.changes(kind) ? window.workbenchGesture(kind, data) :
    window.dash_clientside.set_props("intent", {data: {...data, kind, seq: `${Date.now()}.${++seq}`}});
  const parsed = (text) => { try { return JSON.parse(text); } catch { return null; } };
  const open = (target) => target && send("members", target);
  window.workbenchSend = send;

  // --- the editor panel: open where there is room, as the user left it else
  const wide = () => window.innerWidth >= 1680;
  const kept = () => { try { return localStorage.getItem("workbench-panel"); } catch { return null; } };
  const panel = (state) => { root.dataset.panel = state; measure(); };
  const settle = () => {
    const view = root.dataset.view;
    panel(kept() || (wide() || (view && !["journey-canvas", "fallout"].includes(view)) ? "open" : "closed"));
  };

  // --- the room for drawings
  let timer = 0, sent = "";
  function measure() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const stage = document.getElementById("stage");
      if (!stage || !window.dash_clientside?.set_props) { measure(); return; }
      const view = root.dataset.view;
      const side = view === "timeline" ? (window.innerWidth <= 1250 ? 90 : 418) : 48;
      const w = Math.min(view === "timeline" ? 1140 : 4000, Math.max(560, stage.clientWidth - side));
      const h = Math.max(420, stage.clientHeight - 20);
      const text = `${w}x${h}`;
      // a canvas is drawn in its own units: its size on the page changes nothing
      if (text !== sent && !(sent && document.querySelector(".canvas"))) { sent = text; window.dash_clientside.set_props("viewport", {data: {w, h}}); }
    }, sent ? 120 : 0);
  }
  window.addEventListener("resize", measure);

  // --- clicks, anywhere
  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    let hit;
    if ((hit = at("[data-open]"))) { open(parsed(hit.dataset.open)); return; }
    if ((hit = at("a[data-link]")) && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      history.pushState({}, "", hit.getAttribute("href"));
      window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
      return;
    }
    if ((hit = at("[data-menu]"))) {
      const box = hit.getBoundingClientRect();
      showMenu(parsed(hit.dataset.menu), box.left, box.bottom + 4, hit); event.stopPropagation(); return;
    }
    if ((hit = at("[data-choices]"))) {
      const box = hit.getBoundingClientRect();
      const choices = parsed(hit.dataset.choices).map(({kind, icon, label, ...more}) => [kind, icon, label, more]);
      listMenu("", choices, box.right - 210, box.bottom + 4, hit); event.stopPropagation(); return;
    }
    if ((hit = at("[data-send]"))) { const {kind, ...data} = parsed(hit.dataset.send); send(kind, data); return; }
    if ((hit = at("[data-ask]"))) send(hit.dataset.ask);
    else if ((hit = at("[data-panel]")) && hit !== root) {
      const next = root.dataset.panel === "open" ? "closed" : "open";
      try { localStorage.setItem("workbench-panel", next); } catch { /* private mode */ }
      panel(next);
    } else if (at("[data-back]")) history.back();
    else if (at("[data-copy-link]")) copy(location.href, "Link copied.");
    else if ((hit = at("[data-copy]"))) copy(document.getElementById(hit.dataset.copy)?.textContent || "", "Copied.");
    closeMenu();
  });
  function copy(text, said) {
    const done = () => window.dash_clientside.set_props("toast", {children: said});
    const old = () => {
      const area = Object.assign(document.createElement("textarea"), {value: text});
      document.body.append(area); area.select(); document.execCommand("copy"); area.remove(); done();
    };
    navigator.clipboard?.writeText ? navigator.clipboard.writeText(text).then(done, old) : old();
  }

  // --- context menu
  let menu = null, opener = null;
  const icon = (name) => `<span class="icon" style="--icon:url(/assets/icons/${name}.svg)" aria-hidden="true"></span>`;
  const change = (kind, data) => (window.workbenchGesture || send)(kind, data);
  const LINE = [], BEHIND = (target) => [LINE, ["definition", "info", "How this was counted", target], ["sql", "database", "Show SQL", target], ["python", "code", "Copy as Python", target]];
  const unit = () => document.getElementById("canvas-layer")?.dataset.unit || "members";
  /* A choice is [kind, icon, label, data, act]; without an act its kind is sent to Python. */
  function choicesOf(target) {
    if (root.dataset.view === "cohort-table" && window.workbenchCohort) return [...window.workbenchCohort.choices(target), ["formats", "download", "Export…", target, formats]];
    if ((target.selected || []).length > 1) return severalChoices(target.selected);
    const canvas = root.dataset.view === "journey-canvas" && ["nodes", "arrows"].includes(target.table);
    const open = [["members", "users", `List ${canvas ? unit() : "members"}`, target], ["segment", "bookmark", "Segment from here", target]];
    if (canvas) return [...open, ["trace-pick", "route", "Show one on the canvas…", target], ...canvasChoices(target), ...BEHIND(target), ["formats", "download", "Export…", target, formats]];
    if (root.dataset.view === "flow" && window.workbenchFlow) return window.workbenchFlow.choices(target, {open, line: LINE, behind: BEHIND(target), change, formats: ["formats", "download", "Export…", target, formats]});
    const item = target.select?.kind === "item";
    if (root.dataset.view === "fallout") return [...open, ["exclude", "filter", "Leave these out", target], ...window.workbenchFalloutChoices(target), ...BEHIND(target), ["formats", "download", "Export…", target, formats]];
    return [
      ...open, ["exclude", "filter", "Leave these out", target],
      ...(item ? [["set-start", "arrow-right", "Set as start", target], ["set-end", "flag", "Set as end", target]] : []),
      ...BEHIND(target),
    ];
  }
  function canvasChoices(target) {
    const {id, source, target: goal} = target.select || {}, arrow = target.table === "arrows", fallout = !arrow && (target.measure || "value") !== "value";
    const near = arrow ? [["next-items", "git-branch-plus", "Items between…", {arrow: [source, goal], direction: "between"}]] : fallout ? [] : [
      ["next-items", "arrow-right-from-line", "Next items…", {node: id, direction: "next"}],
      ["next-items", "arrow-right-to-line", "Previous items…", {node: id, direction: "previous"}],
    ];
    const deeper = [["breakdown-table", "chart-bar", "Break down…", target], ["trend", "chart-line", "Trend over time", target]];
    const rename = (words) => ["rename", "pencil", words, arrow ? {arrow: [source, goal]} : {node: id}, (_kind, what) => window.workbenchRename(what)];
    const edit = arrow ? [rename("Label…"), ["delete", "trash-2", "Remove arrow", {nodes: [], arrows: [[source, goal]]}, change]] : fallout ? [] : [
      ["convert", "funnel", "Fallout along this path", {node: id}], rename("Rename…"), ["exclude-node", "ban", target.excluded ? "Put back into the journey" : "Exclude from the journey", {node: id}, change],
      ["duplicate", "copy", "Duplicate", {nodes: [id]}, change],
      ["delete", "trash-2", "Remove checkpoint", {nodes: [id], arrows: []}, change],
    ];
    return [LINE, ...near, ...(near.length ? [LINE] : []), ...deeper, ...(edit.length ? [LINE, ...edit] : [])];
  }
  function severalChoices(selected) {
    const nodes = selected.filter((one) => one.table === "nodes").map((one) => one.select.id);
    const arrows = selected.filter((one) => one.table === "arrows").map((one) => [one.select.source, one.select.target]);
    return [
      ["segment", "bookmark", `Segment of all ${selected.length} (or)`, {selected, title: `Any of ${selected.length}`}],
      ...(nodes.length ? [LINE, ["convert", "funnel", "Fallout along this path", {node: nodes[nodes.length - 1], via: nodes}], ["duplicate", "copy", "Duplicate", {nodes}, change]] : [LINE]),
      ["delete", "trash-2", "Remove", {nodes, arrows}, change],
    ];
  }
  function formats(_kind, _data, x, y) {
    const button = document.querySelector("[data-choices]");
    if (button) listMenu("Export", parsed(button.dataset.choices).map(({kind, icon: glyph, label, ...more}) => [kind, glyph, label, more]), x, y, opener);
  }
  function showMenu(one, x, y, from) {
    const target = one && (window.workbenchTarget?.(one) || one);
    if (target) listMenu((target.selected || []).length > 1 ? `${target.selected.length} selected` : target.title || "", choicesOf(target), x, y, from);
  }
  function listMenu(heading, choices, x, y, from) {
    closeMenu();
    opener = from || document.activeElement;
    menu = document.createElement("div");
    menu.className = "menu"; menu.setAttribute("role", "menu"); menu.setAttribute("aria-label", heading || "Actions");
    if (heading) {
      const title = Object.assign(document.createElement("div"), {className: "menu-title", textContent: heading});
      title.setAttribute("role", "presentation"); menu.append(title);
    }
    for (const [kind, glyph, label, data, act] of choices) {
      if (!kind) { const line = document.createElement("hr"); line.setAttribute("role", "separator"); menu.append(line); continue; }
      const item = document.createElement("button");
      item.type = "button"; item.setAttribute("role", "menuitem"); item.innerHTML = icon(glyph); item.append(label);
      item.addEventListener("click", (event) => { event.stopPropagation(); closeMenu(true); (act || send)(kind, data, x, y); });
      menu.append(item);
    }
    document.body.append(menu);
    const box = menu.getBoundingClientRect();
    menu.style.left = `${Math.max(8, Math.min(x, innerWidth - box.width - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(y, innerHeight - box.height - 8))}px`;
    menu.querySelector("button")?.focus();
  }
  window.workbenchMenu = showMenu;
  function closeMenu(back) {
    if (!menu) return;
    menu.remove(); menu = null;
    if (back && opener?.isConnected) opener.focus();
  }
  document.addEventListener("contextmenu", (event) => {
    const plot = event.target.closest?.(".js-plotly-plot");
    const point = plot?._hoverdata?.[0]?.customdata;
    const hit = event.target.closest?.("[data-context]");
    const target = hit ? parsed(hit.dataset.context) : point ? parsed(point) : null;
    if (!target) return;
    event.preventDefault(); showMenu(target, event.clientX, event.clientY);
  });
  // plotly reports the right button as a click too: keep it away from its handlers
  document.addEventListener("mousedown", (event) => { if (event.button === 2 && event.target.closest?.(".js-plotly-plot")) event.stopPropagation(); }, true);

  // --- keyboard
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); send("search"); return; }
    if (menu) {
      const items = [...menu.querySelectorAll("button")], here = items.indexOf(document.activeElement);
      if (event.key === "Escape" || event.key === "Tab") { closeMenu(true); event.preventDefault(); }
      else if (event.key === "ArrowDown") { items[(here + 1) % items.length].focus(); event.preventDefault(); }
      else if (event.key === "ArrowUp") { items[(here - 1 + items.length) % items.length].focus(); event.preventDefault(); }
      return;
    }
    const found = event.target.closest?.(".search-dialog");
    if (found && (event.key === "ArrowDown" || event.key === "ArrowUp" || (event.key === "Enter" && event.target.matches("input")))) {
      const links = [...found.querySelectorAll(".found-link")], here = links.indexOf(document.activeElement);
      if (event.key === "Enter") links[0]?.click();
      else (links[here + (event.key === "ArrowDown" ? 1 : -1)] || found.querySelector("input")).focus();
      event.preventDefault();
    }
    const cell = event.target.closest?.("[data-grid] button");
    const move = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
    if (cell && move) {
      const row = cell.closest("tr"), rows = [...row.parentElement.rows];
      let x = cell.closest("td,th").cellIndex, y = rows.indexOf(row), next = null;
      while (!next) {
        x += move[0]; y += move[1];
        if (!rows[y] || x < 0 || x >= rows[y].cells.length) break;
        next = rows[y].cells[x].querySelector("button");
      }
      if (next) { next.focus(); event.preventDefault(); }
    }
    if (event.shiftKey && event.key === "F10") {
      const hit = event.target.closest?.("[data-context]");
      if (hit) { const box = hit.getBoundingClientRect(); showMenu(parsed(hit.dataset.context), box.left + 12, box.bottom, event.target); event.preventDefault(); }
    }
  });

  // --- tooltips
  let tip = null, wait = 0;
  const hideTip = () => { clearTimeout(wait); tip?.remove(); tip = null; };
  const showTip = (from) => {
    hideTip();
    wait = setTimeout(() => {
      if (!from.isConnected) return;
      tip = Object.assign(document.createElement("div"), {className: "tip", textContent: from.dataset.tip});
      tip.setAttribute("role", "tooltip"); document.body.append(tip);
      const box = from.getBoundingClientRect(), own = tip.getBoundingClientRect();
      const below = box.bottom + 8 + own.height < innerHeight;
      tip.style.left = `${Math.max(8, Math.min(box.left + box.width / 2 - own.width / 2, innerWidth - own.width - 8))}px`;
      tip.style.top = `${below ? box.bottom + 8 : box.top - own.height - 8}px`;
    }, 260);
  };
  for (const [on, off] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
    document.addEventListener(on, (event) => {
      const hit = event.target.closest?.("[data-tip]");
      if (hit && (on !== "focusin" || event.target.matches(":focus-visible"))) showTip(hit);
    });
    document.addEventListener(off, (event) => { if (event.target.closest?.("[data-tip]")) hideTip(); });
  }
  document.addEventListener("pointerdown", hideTip, true);
  document.addEventListener("wheel", hideTip, {capture: true, passive: true});

  // --- long tables arrive as text
  const hidden = (el) => root.dataset.show === "chart" && el.closest(".as-table");
  const fill = () => {
    for (const el of document.querySelectorAll("[data-html]")) {
      if (el._html !== el.dataset.html && !hidden(el)) { el._html = el.dataset.html; el.innerHTML = el._html; }
    }
  };
  new MutationObserver(fill).observe(root, {childList: true, subtree: true, attributes: true, attributeFilter: ["data-html", "data-show"]});

  // --- plotly: a click on a box or band opens its members
  new MutationObserver(() => {
    for (const plot of document.querySelectorAll(".js-plotly-plot")) {
      if (plot._workbench || !plot.on) continue;
      plot._workbench = true;
      plot.on("plotly_click", (event) => {
        const target = parsed(event.points?.[0]?.customdata);
        if (target && event.event?.button !== 2) open(target);
      });
      plot.on("plotly_hover", (event) => { plot.style.cursor = event.points?.[0]?.customdata ? "pointer" : ""; });
    }
    const stage = document.getElementById("stage");
    if (stage && !stage._workbench) { stage._workbench = true; new ResizeObserver(measure).observe(stage); }
  }).observe(root, {childList: true, subtree: true});

  // --- what Python asks the browser to do
  const quiet = () => window.dash_clientside.no_update;
  const drawing = (url) => new Promise((done, failed) => {
    if (window.Plotly) return done(window.Plotly);
    const script = Object.assign(document.createElement("script"), {src: url, onload: () => done(window.Plotly), onerror: failed});
    document.head.append(script);
  });
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.workbench = {
    arrived(doc) {
      if (!doc) return quiet();
      const first = root.dataset.view !== doc.view;
      root.dataset.view = doc.view;
      if (first) { settle(); document.getElementById("stage")?.scrollTo(0, 0); }
      for (const link of document.querySelectorAll(".rail-link")) {
        const name = (link.getAttribute("href") || "/").split("?")[0].replace(/^\//, "") || "home";
        if (doc.view === name || doc.view.startsWith("segment") && name === "segments") link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
      }
      measure();
      return quiet();
    },
    drawn(done) {
      if (done) { root.dataset.drawn = done.view; ready = true; tellScheme(); }
      const name = document.querySelector(".workspace-name")?.textContent || "";
      if (done?.title) document.title = `${done.title} · ${name}`; else if (name) document.title = `${name} · Workbench`;
      return quiet();
    },
    show(value) { root.dataset.show = value; return quiet(); },
    toast() {
      const box = document.getElementById("toast");
      if (box) { box.classList.remove("on"); void box.offsetWidth; box.classList.add("on"); }
      return quiet();
    },
    picture(given) {
      if (!given) return quiet();
      drawing("/_workbench/plotly.min.js").then(async (Plotly) => {
        await document.fonts.ready;
        const {width, height} = given.figure.layout;
        const url = await Plotly.toImage(given.figure, {format: given.form, width, height, scale: given.form === "png" ? 2 : 1});
        const link = Object.assign(document.createElement("a"), {href: url, download: `${given.name}.${given.form}`});
        document.body.append(link); link.click(); link.remove();
      });
      return quiet();
    },
  };
  // --- while the theme follows the system, the toggle tells drawings of light alone: once drawn, they are told what it is
  let told = "light", ready = false;
  function tellScheme() {
    const scheme = root.dataset.mantineColorScheme;
    let picked = null;
    try { picked = localStorage.getItem("mantine-color-scheme-value"); } catch { /* private mode */ }
    if (!ready || !scheme || scheme === told || (picked && picked !== "auto")) return;
    told = scheme;
    window.dash_clientside.set_props("theme", {computedColorScheme: scheme});
  }
  new MutationObserver(tellScheme).observe(root, {attributes: true, attributeFilter: ["data-mantine-color-scheme"]});
  root.dataset.show = "chart"; root.dataset.panel = "closed"; root.dataset.view = "";
})();

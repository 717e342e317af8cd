/* The palette beside the canvas, and the list of what follows a card: what the browser does of them. */
(() => {
  "use strict";
  const root = document.documentElement, WAIT = 140;
  const kept = {
    get: (name) => { try { return localStorage.getItem(`workbench-${name}`); } catch { return null; } },
    set: (name, value) => { try { localStorage.setItem(`workbench-${name}`, value); } catch { /* private mode */ } },
  };
  const body = () => document.getElementById("palette-body");
  const field = () => document.getElementById("palette-search");
  const rows = () => [...(body()?.querySelectorAll('[role="treeitem"]') || [])];

  // --- filling: the server renders what the search finds and what is unfolded
  const unfolded = new Set();
  let asked = 0, timer = 0, full = false;
  async function fill() {
    const box = body();
    if (!box) return;
    const mine = ++asked, query = new URLSearchParams({text: field()?.value || ""});
    for (const name of unfolded) query.append("open", name);
    let html;
    try {
      const answer = await fetch(`${box.dataset.address}?${query}`);
      if (!answer.ok) return;
      html = await answer.text();
    } catch { return; }
    if (mine !== asked) return;
    const key = box.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    box.innerHTML = html; full = true;
    const again = key && rows().find((row) => row.dataset.key === key);
    rove(again || rows()[0], Boolean(again));
    clearTimeout(timer);
    if (box.querySelector("[data-reading]")) timer = setTimeout(fill, 1200);
  }
  document.addEventListener("input", (event) => {
    if (event.target.id !== "palette-search") return;
    clearTimeout(timer); timer = setTimeout(fill, WAIT);
  });

  // --- shown or not, as the user left it; beside flows and cohorts, which take segments alone, folded at first
  const aside = () => ["flow", "cohort-table"].includes(root.dataset.view);
  const wanted = () => (aside() ? kept.get("palette-aside") || "closed" : kept.get("palette") || "open");
  function show(state) {
    root.dataset.palette = state; kept.set(aside() ? "palette-aside" : "palette", state);
    document.querySelector(".palette-toggle")?.setAttribute("aria-expanded", String(state === "open"));
    if (state === "open" && !full) fill();
  }
  root.dataset.palette = wanted();
  new MutationObserver(() => { if (root.dataset.palette !== wanted()) show(wanted()); }).observe(root, {attributeFilter: ["data-view"]});

  // --- one stop for Tab; arrows go from row to row
  function rove(row, focus) {
    for (const one of rows()) one.tabIndex = -1;
    if (!row) return;
    row.tabIndex = 0;
    if (focus) row.focus();
  }
  const seen = (list) => list.filter((row) => row.offsetParent);
  const parent = (row) => row.closest(".palette-items")?.previousElementSibling;
  function unfold(name, on) {
    if (on ?? !unfolded.has(name)) unfolded.add(name); else unfolded.delete(name);
    fill();
  }
  const KEYS = {
    ArrowDown: (list, i) => list[i + 1], ArrowUp: (list, i) => list[i - 1] || field(),
    Home: (list) => list[0], End: (list) => list[list.length - 1],
    ArrowRight: (list, i) => {
      const fold = list[i].querySelector("[data-unfold]");
      if (fold && list[i].getAttribute("aria-expanded") === "false") unfold(fold.dataset.unfold, true); else if (fold) return list[i + 1];
      return null;
    },
    ArrowLeft: (list, i) => {
      const fold = list[i].querySelector("[data-unfold]");
      if (fold && list[i].getAttribute("aria-expanded") === "true") { unfold(fold.dataset.unfold, false); return null; }
      return parent(list[i]);
    },
  };
  function mark(row) {
    if (row.dataset.component) row.setAttribute("aria-selected", String(row.getAttribute("aria-selected") !== "true"));
  }
  document.addEventListener("keydown", (event) => {
    const row = event.target.closest?.('#palette-body [role="treeitem"]');
    if (event.target.id === "palette-search") {
      if (event.key === "ArrowDown" && rows()[0]) { event.preventDefault(); rove(seen(rows())[0], true); }
      else if (event.key === "Enter") { event.preventDefault(); seen(rows()).find((one) => one.dataset.component)?.click(); }
      else if (event.key === "Escape" && event.target.value) { event.target.value = ""; clear(event.target); }
      return;
    }
    if (!row) return;
    if (row.dataset.unfold && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); unfold(row.dataset.unfold, true); return; }
    if (event.key === " ") { event.preventDefault(); mark(row); return; }
    const list = seen(rows()), next = KEYS[event.key]?.(list, list.indexOf(row));
    if (!KEYS[event.key]) return;
    event.preventDefault();
    if (next === field()) next.focus(); else if (next) rove(next, true);
  });
  const clear = (input) => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, "");
    input.dispatchEvent(new Event("input", {bubbles: true}));
  };

  // --- clicks; a fold is no choice of its dimension, so it is taken before anybody else sees it
  window.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    const fold = at("#palette-body [data-unfold]"), row = at('#palette-body [role="treeitem"]');
    if (fold) { event.stopPropagation(); unfold(fold.dataset.unfold); return; }
    if (row && (event.ctrlKey || event.metaKey)) { mark(row); rove(row, true); return; }
    if (row) rove(row, false);
    const button = at("[data-palette]");
    if (button && button !== root) {
      show(button.dataset.palette === "search" || root.dataset.palette !== "open" ? "open" : "closed");
      if (button.dataset.palette === "search") field()?.focus();
    }
    const written = at("[data-search]");
    if (written) { window.dash_clientside.set_props("search-text", {value: written.dataset.search}); document.getElementById("search-text")?.focus(); }
    const closes = at("[data-closes]");
    if (closes) window.dash_clientside.set_props(closes.dataset.closes, {opened: false});
  }, true);
  document.addEventListener("dragend", () => { for (const row of rows()) row.setAttribute("aria-selected", "false"); });

  new MutationObserver(() => {
    if (body() && !body()._workbench) { body()._workbench = true; show(root.dataset.palette); }
  }).observe(root, {childList: true, subtree: true});

  // --- the list of what follows: beside its card, closed by a click elsewhere
  const panel = () => document.getElementById("next-panel");
  let opener = null, anchor = null;
  function place() {
    const el = panel(), box = anchor?.isConnected ? anchor.getBoundingClientRect() : {right: innerWidth / 2, left: innerWidth / 2, top: 160, bottom: 160};
    const own = el.getBoundingClientRect(), right = box.right + 12 + own.width < innerWidth;
    el.style.left = `${Math.max(8, right ? box.right + 12 : box.left - own.width - 12)}px`;
    el.style.top = `${Math.max(60, Math.min(box.top - 12, innerHeight - own.height - 40))}px`;
  }
  function open(at) {
    const el = panel(), [source, target] = at.arrow || [];
    const name = at.node ? `[data-node="${CSS.escape(at.node)}"]` : `[data-arrow="${CSS.escape(`${source}→${target}`)}"]`;
    opener = document.activeElement === document.body ? null : document.activeElement;
    anchor = document.querySelector(name);
    el.classList.add("on"); el.setAttribute("aria-hidden", "false"); el.dataset.at = at.arrow ? "arrow" : "node";
    place(); el.focus({preventScroll: true});
  }
  function close(back) {
    const el = panel();
    if (!el?.classList.contains("on")) return;
    el.classList.remove("on"); el.setAttribute("aria-hidden", "true");
    if (back && opener?.isConnected) opener.focus({preventScroll: true});
  }
  const boxes = () => [...(panel()?.querySelectorAll(".next-box:checked") || [])];
  function add(texts) {
    const holder = panel().querySelector("[data-next-target]");
    if (!holder || !texts.length) return;
    const {kind, ...where} = JSON.parse(holder.dataset.nextTarget);
    close(false);
    window.workbenchGesture(kind, {...where, what: texts.map((text) => JSON.parse(text))});
  }
  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    const ask = at("[data-next]");
    if (ask) { event.stopPropagation(); window.workbenchSend("next-items", JSON.parse(ask.dataset.next)); return; }
    if (at("[data-next-close]")) close(true);
    else if (at("[data-next-add]")) add([at("[data-next-add]").dataset.nextAdd]);
    else if (at("[data-next-add-all]")) add(boxes().map((box) => box.dataset.nextBox));
    else if (!at("#next-panel") && event.target.isConnected && !at(".menu")) close(false);
  });
  document.addEventListener("change", (event) => { if (event.target.matches?.(".next-box")) count(); });
  function count() {
    const button = panel()?.querySelector("[data-next-add-all]"), n = boxes().length;
    if (!button) return;
    button.disabled = !n; button.toggleAttribute("data-disabled", !n);
    const label = button.querySelector(".mantine-Button-label"), words = n ? `Add ${n}` : "Add";
    if (label && label.textContent !== words) label.textContent = words;
  }
  document.addEventListener("keydown", (event) => {
    const el = panel();
    if (!el?.classList.contains("on") || !el.contains(event.target)) return;
    if (event.key === "Escape") { event.stopPropagation(); event.preventDefault(); close(true); return; }
    const list = [...el.querySelectorAll(".next-item")], here = list.indexOf(event.target.closest(".next-row")?.querySelector(".next-item"));
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !event.target.matches("input:not(.next-box)")) {
      event.preventDefault(); (list[here + (event.key === "ArrowDown" ? 1 : -1)] || list[0])?.focus();
    }
  }, true);
  let asking = false;
  new MutationObserver((changes) => {
    const el = panel();
    if (asking || !el?.classList.contains("on") || !changes.some(({target}) => el.contains(target))) return;
    asking = true; requestAnimationFrame(() => { asking = false; count(); place(); });
  }).observe(root, {childList: true, subtree: true, attributes: true, attributeFilter: ["data-html"]});

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.palette = {
    next(intent) {
      const same = window.dash_clientside.no_update;
      if (intent?.kind !== "next-items" || !(intent.node || intent.arrow)) return [same, same];
      open(intent);
      return [intent, intent.direction === "previous" ? "previous" : "next"];
    },
  };
})();

/* Every change of the document goes to Python through here: in its order, one request at a time, sent again
   where no answer comes, and kept over a reload. Python answers with the document, its address, and what can
   be undone. */
(() => {
  "use strict";
  const PATIENCE = 15000, TRIES = 6;
  const WORDS = {
    move: "the move", tidy: "the tidying", add: "the new checkpoint", arrow: "the new arrow", delete: "the deletion",
    rename: "the new name", duplicate: "the copy", "leave out": "leaving out", breakdown: "the breakdown",
    combine: "the combination", limits: "the limits", build: "the new journey", open: "opening this", order: "the new order", edit: "the last change",
  };
  const CHANGING = new Set([
    "drop", "append", "prepend", "connect", "move", "tidy", "delete", "rename", "duplicate", "exclude-node", "breakdown",
    "combine", "limits", "chain", "milestones", "exclude", "set-start", "set-end", "set-middle", "flow", "display", "remove-node", "trace", "saved", "reorder", "remove-step",
  ]);
  const ADDING = new Set(["drop", "append", "prepend", "duplicate", "suggest", "press"]), WHOLE = new Set(["chain", "milestones"]);
  const HOLDING = new Set(["drop", "move", "duplicate"]);
  const quiet = () => window.dash_clientside.no_update;
  const kept = {
    get(name) { try { return JSON.parse(sessionStorage.getItem(`workbench-${name}`)); } catch { return null; } },
    set(name, value) { try { sessionStorage.setItem(`workbench-${name}`, JSON.stringify(value)); } catch { /* private mode */ } },
  };

  // --- who this tab is: the name survives a reload; a copy of the tab takes a name of its own
  const made = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  let tab = kept.get("tab");
  const named = (name) => { tab = name; kept.set("tab", tab); hold(tab); };
  function hold(name) {
    if (!navigator.locks) return;
    const signal = AbortSignal.timeout(3000);
    navigator.locks.request(`workbench-${name}`, {signal}, () => new Promise(() => {})).catch(() => named(made()));
  }
  named(typeof tab === "string" && /^[0-9a-f]{32}$/.test(tab) ? tab : made());

  // --- the queue
  const old = kept.get("queue") || {};
  let waiting = old.waiting || [], flight = old.flight || null, timer = 0, tries = 0, due = false;
  const keep = () => kept.set("queue", {waiting, flight});
  const set = (id, props) => window.dash_clientside.set_props(id, props);

  function push(kind, data = {}) {
    const seen = HOLDING.has(kind) && window.workbenchCanvas?.()?.places();
    waiting.push({...data, ...(seen ? {places: seen} : {}), kind});
    keep();
    if (!due) { due = true; setTimeout(() => { due = false; pump(); }); }
  }
  function pump() {
    if (flight || !waiting.length) return;
    const view = board.document?.view || location.pathname.slice(1), {panel} = document.documentElement.dataset;
    flight = {tab, id: made(), view, panel, events: waiting};
    waiting = []; tries = 0;
    transmit();
  }
  function transmit() {
    keep();
    set("gestures", {data: {...flight, tries}});
    clearTimeout(timer);
    timer = setTimeout(again, PATIENCE * 2 ** Math.min(tries, 3));
  }
  function again() {
    if (!flight) return;
    tries += 1;
    if (tries > TRIES) { say("The server does not answer; the last change was not kept."); settled(); pump(); return; }
    say("The server does not answer; your changes are kept and sent again.");
    transmit();
  }
  function settled() { clearTimeout(timer); flight = null; keep(); }
  const say = (words) => set("toast", {children: words});
  const pending = () => [...(flight?.events || []), ...waiting];

  window.workbenchGesture = push;
  const board = {pending, say, changes: (kind) => CHANGING.has(kind), document: null, fresh: [], refit: false, edited: false, awaited: "", drawn: ""};
  window.workbenchBoard = board;

  // --- the address follows the document; Back, Forward and links lead to another document
  let own = false;
  function address(place, soft) {
    if (!place || place === location.pathname + location.search || waiting.some(({kind}) => kind === "arrive")) return;
    history[soft ? "replaceState" : "pushState"]({}, "", place);
    own = true; window.dispatchEvent(new CustomEvent("_dashprivate_pushstate")); own = false;
  }
  const arrive = (how) => push("arrive", {how, path: location.pathname, search: location.search});
  window.addEventListener("popstate", () => arrive("back"));
  window.addEventListener("_dashprivate_pushstate", () => { if (!own) arrive("link"); });

  function begin() {
    if (!window.dash_clientside?.set_props || !document.getElementById("stage")) { setTimeout(begin, 15); return; }
    const type = performance.getEntriesByType("navigation")[0]?.type;
    arrive({reload: "reload", back_forward: "back"}[type] || "link");
    if (flight) { tries = 0; transmit(); }
  }
  begin();

  // --- what was used: controls that are drawn anew report themselves too, several at once; these are not meant
  const touched = new Set();
  for (const kind of ["focusout", "change", "click"]) {
    document.addEventListener(kind, ({target}) => { const id = target.closest?.("[id^='{']")?.id; if (id) touched.add(id); }, true);
  }

  // --- what Dash tells
  const parsed = (name) => { try { return JSON.parse(name); } catch { return name; } };
  const part = (prop) => { const dot = prop.lastIndexOf("."); return [parsed(prop.slice(0, dot)), prop.slice(dot + 1)]; };
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.board = {
    answered(answer, doc) {
      if (!answer || answer.id !== flight?.id) return quiet();
      learn(doc, flight.events);
      address(answer.address, flight.events.every(({kind}) => kind === "move" || kind === "arrive"));
      if (answer.painted) board.awaited = answer.id;
      settled();
      for (const name of ["undo", "redo"]) button(name, answer.steps[name]);
      pump();
      return quiet();
    },
    drawn(done) {
      if (done) { board.drawn = done.paint; setTimeout(() => window.workbenchLook?.(), 60); }
      return quiet();
    },
    used(...args) {
      const fired = window.dash_clientside.callback_context.triggered;
      const meant = fired.length === 1 || fired.every(({prop_id}) => touched.has(prop_id.slice(0, prop_id.lastIndexOf("."))));
      touched.clear();
      if (!meant) return quiet();
      const [picks, text, place] = args.slice(-3);
      for (const {prop_id, value} of fired) {
        const [where, prop] = part(prop_id);
        if (where === "json-apply" && value) push("json", {at: place, text});
        else if (where.edit && (prop === "value" || prop === "checked")) push("control", {edit: where.edit, at: where.at, value});
        else if (where.do && where.do !== "json" && value) push("press", {do: where.do, at: where.at, picks});
      }
      return quiet();
    },
    opened() {
      setTimeout(() => {
        const bare = document.querySelector(".inspector .mantine-Accordion-item[data-active] .unfolds:empty");
        if (bare) set("unfold", {data: made()});
      });
      return quiet();
    },
    intended(intent) {
      if (intent && CHANGING.has(intent.kind)) push(intent.kind, intent);
      return quiet();
    },
  };
  /** What a redraw must know: the document, the cards that were added, whether it is another drawing. */
  function learn(doc, events) {
    const ids = (one) => (one?.question?.nodes || []).map(({id}) => id), known = new Set(ids(board.document));
    if (events.some(({kind}) => ADDING.has(kind))) board.fresh = ids(doc).filter((id) => !known.has(id));
    if (events.some(({kind, how}) => WHOLE.has(kind) || (kind === "arrive" && how !== "back"))) board.refit = true;
    board.edited ||= events.some(({kind}) => kind !== "arrive");
    board.document = doc;
  }
  function button(name, step) {
    const el = document.getElementById(name);
    if (!el) return;
    el.disabled = !step; el.toggleAttribute("data-disabled", !step);
    const keys = name === "undo" ? "Ctrl Z" : "Ctrl Shift Z";
    el.dataset.tip = step ? `${name === "undo" ? "Undo" : "Redo"} ${WORDS[step] || WORDS.edit} (${keys})` : `Nothing to ${name}`;
  }

  // --- the editor gets its controls when it is opened
  new MutationObserver(() => {
    const editor = document.getElementById("inspector");
    if (document.documentElement.dataset.panel === "open" && editor && !editor.childElementCount && board.document) push("look");
  }).observe(document.documentElement, {attributes: true, attributeFilter: ["data-panel"]});

  // --- buttons and keys; a field with text in it keeps its own undo
  const writes = (el) => el?.closest?.("input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable=true]");
  document.addEventListener("click", (event) => {
    const hit = event.target.closest?.("#undo, #redo, [data-gesture]");
    if (!hit || hit.disabled) return;
    if (hit.dataset.gesture) { const {kind, ...data} = parsed(hit.dataset.gesture); push(kind, data); } else push(hit.id);
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || writes(event.target)) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    push(key === "y" || event.shiftKey ? "redo" : "undo");
  });
})();

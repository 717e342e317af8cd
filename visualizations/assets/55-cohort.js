/* Cohort table: what a cell stands for, selecting several of them, and the menu of a cell. */
(() => {
  "use strict";
  const TABLE = "table.cohort[data-rows]", CELL = `${TABLE} [data-at]`, SAID = `${TABLE} [data-n]`;
  const known = new WeakMap();
  const told = (table) => {
    if (!known.has(table)) known.set(table, {rows: JSON.parse(table.dataset.rows), columns: JSON.parse(table.dataset.columns)});
    return known.get(table);
  };
  const place = (cell) => { const [row, column] = cell.dataset.at.split(","); return [Number(row), column === "size" ? -1 : Number(column)]; };
  const send = (kind, data) => window.workbenchSend(kind, data);

  /* The number of a cell: `{table, select, measure, title}`, and the names of its row. */
  function number(cell) {
    const table = cell.closest(TABLE), {rows, columns} = told(table), [row, column] = place(cell), line = rows[row];
    const key = table.dataset.key;
    if (column < 0) {
      const size = JSON.parse(cell.dataset.context);
      return {...size, row: line.select, column: null};
    }
    const {n, title} = columns[column];
    return {table: table.dataset.table, select: {...line.select, [key]: n}, measure: "value", title: `${line.title}, ${title}`, row: line.select, column: {[key]: n, title}};
  }
  const bare = ({table, select, measure, title}) => ({table, select, measure, title});

  /* A cell as a sentence, made when it is pointed at; `n_of_n` in views/cohort/words.py says the same. */
  function sentence(cell) {
    const table = cell.closest(TABLE), {rows, columns} = told(table), [i, n] = (cell.dataset.at || cell.dataset.of).split(",");
    const {who} = rows[i], {did, before} = columns[n], [value, base, share] = cell.dataset.n.split("|");
    const said = !before ? `${value} of ${base} ${who} ${did} (${share}).`
      : base === "0" ? `${value} ${who} ${did}; none ${before}.` : `${value} ${who} ${did}: ${share} of the ${base} ${before}.`;
    return [said, cell.dataset.more, cell.classList.contains("hatch") ? table.dataset.unfinished : ""].filter(Boolean).join(" ");
  }
  // told before the tooltips of 20-app.js look, by mouse and by keyboard
  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const cell = event.target.closest?.(SAID), from = kind === "focusin" ? event.target : cell;
      if (cell && !from.dataset.tip) from.dataset.tip = sentence(cell);
    }, true);
  }

  // --- the selection: cells of one drawing; drawn anew, it is gone
  let chosen = new Set(), anchor = null, bar = null;
  const key = (cell) => `${[...document.querySelectorAll(TABLE)].indexOf(cell.closest(TABLE))}:${cell.dataset.at}`;
  const twins = (cell) => [...cell.closest(TABLE).querySelectorAll(`[data-at="${cell.dataset.at}"]`)];
  function mark() {
    for (const cell of document.querySelectorAll(`${TABLE} .chosen`)) cell.classList.remove("chosen");
    for (const cell of chosen) for (const twin of twins(cell)) twin.classList.add("chosen");
    tell();
  }
  function put(cell, on) {
    const same = [...chosen].find((one) => key(one) === key(cell));
    if (same && !on) chosen.delete(same); else if (!same && on) chosen.add(cell);
  }
  const has = (cell) => [...chosen].some((one) => key(one) === key(cell));
  function toggle(cell) { put(cell, !has(cell)); anchor = cell; mark(); }
  function stretch(cell) {
    if (!anchor?.isConnected || anchor.closest(TABLE) !== cell.closest(TABLE)) { toggle(cell); return; }
    const [r1, c1] = place(anchor), [r2, c2] = place(cell);
    for (const one of cell.closest(TABLE).querySelectorAll("[data-at]")) {
      const [row, column] = place(one), within = (x, a, b) => x >= Math.min(a, b) && x <= Math.max(a, b);
      if (within(row, r1, r2) && within(column, c1, c2)) put(one, true);
    }
    mark();
  }
  function clear() { chosen = new Set(); anchor = null; mark(); }

  const numbers = () => [...chosen].map(number);
  const rowsOf = (all) => [...new Map(all.map((one) => [JSON.stringify(one.row), one.row])).values()];
  const together = (all) => {
    const unit = document.querySelector(TABLE)?.dataset.unit || "members";
    return all.length === 1 ? bare(all[0]) : {...bare(all[0]), selected: all.map(bare), title: `Any of ${all.length} cells`, unit};
  };
  function actions(all) {
    const target = together(all), rows = rowsOf(all), several = all.length > 1;
    return [
      ["members", "users", several ? `List members of any of ${all.length}` : "List members", target],
      ["segment", "bookmark", several ? `Segment of all ${all.length} (or)` : "Segment from here", target],
      ...(rows.length === 2 ? [["compare-rows", "split", "Compare the two rows", {table: all[0].table, rows}]] : []),
    ];
  }

  /* What stands in the menu; `assets/20-app.js` draws it. */
  const BEHIND = (target) => [["definition", "info", "How this was counted", target], ["sql", "database", "Show SQL", target], ["python", "code", "Copy as Python", target]];
  window.workbenchCohort = {
    choices(target) {
      if ((target.selected || []).length > 1) return actions(numbers());
      const {row, column, ...one} = target;
      const rows = row && anchor?.isConnected ? rowsOf([...numbers(), target]) : [];
      const trend = column ? [["column-trend", "chart-line", `Trend of ${column.title}`, {table: one.table, select: column, title: column.title}]] : [];
      return [
        ["members", "users", "List members", one], ["segment", "bookmark", "Segment from here", one],
        ...(rows.length === 2 ? [["compare-rows", "split", "Compare with the selected row", {table: one.table, rows}]] : []),
        ["exclude", "filter", "Leave these out", one], [],
        ["breakdown-table", "chart-bar", "Break down…", one], ...trend, [], ...BEHIND(one),
      ];
    },
  };

  function tell() {
    bar?.remove(); bar = null;
    if (!chosen.size) return;
    const all = numbers();
    bar = document.createElement("div");
    bar.className = "cohort-bar"; bar.setAttribute("role", "toolbar"); bar.setAttribute("aria-label", "Selected cells");
    const words = Object.assign(document.createElement("span"), {textContent: `${all.length} ${all.length === 1 ? "cell" : "cells"} selected`});
    words.setAttribute("role", "status"); bar.append(words);
    const button = (label, glyph, act) => {
      const one = document.createElement("button");
      one.type = "button"; one.innerHTML = `<span class="icon" style="--icon:url(/assets/icons/${glyph}.svg);--size:14px" aria-hidden="true"></span>`;
      one.append(label); one.addEventListener("click", act); bar.append(one);
    };
    for (const [kind, glyph, label, data] of actions(all)) button(label, glyph, () => send(kind, data));
    button("Clear", "x", clear);
    document.body.append(bar);
    const stage = document.getElementById("stage").getBoundingClientRect();
    bar.style.left = `${stage.left + stage.width / 2}px`;
  }
  new MutationObserver(() => { if (chosen.size && [...chosen].some((cell) => !cell.isConnected)) clear(); })
    .observe(document.documentElement, {childList: true, subtree: true});

  // --- gestures
  const stop = (event) => { event.preventDefault(); event.stopPropagation(); };
  document.addEventListener("click", (event) => {
    const cell = event.target.closest?.(CELL);
    if (!cell || event.target.closest("[data-menu]")) return;
    if (event.ctrlKey || event.metaKey) { stop(event); toggle(cell); }
    else if (event.shiftKey) { stop(event); stretch(cell); }
    else if (event.target.closest("button")) { stop(event); anchor = cell; send("members", bare(number(cell))); }
  }, true);
  document.addEventListener("contextmenu", (event) => {
    const cell = event.target.closest?.(CELL);
    if (!cell) return;
    stop(event);
    window.workbenchMenu(has(cell) && chosen.size > 1 ? together(numbers()) : number(cell), event.clientX, event.clientY);
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && chosen.size && ![...document.querySelectorAll(".menu, [role=dialog]")].some((one) => one.getClientRects().length)) { clear(); return; }
    const cell = event.target.closest?.(`${TABLE} [data-at]`);
    if (!cell || !event.target.matches("button")) return;
    if ((event.ctrlKey || event.metaKey) && (event.key === "Enter" || event.key === " ")) { stop(event); toggle(cell); }
    else if (event.key === "ContextMenu" || (event.shiftKey && event.key === "F10")) {
      stop(event);
      const box = cell.getBoundingClientRect();
      window.workbenchMenu(has(cell) && chosen.size > 1 ? together(numbers()) : number(cell), box.left + 12, box.bottom, event.target);
    } else if (event.shiftKey && event.key.startsWith("Arrow")) {
      // the plain arrow keys move the focus (20-app.js, after this); the cell they come to joins the selection
      if (!has(cell)) { put(cell, true); anchor = cell; }
      setTimeout(() => { const next = document.activeElement.closest?.(CELL); if (next) stretch(next); });
    }
  }, true);
})();

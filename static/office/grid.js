// The grid of slots by keyboard and mouse (ARIA grid pattern). Without it every cell is a field of the same form.
const table = document.querySelector("table.board");
if (table) begin();

function begin() {
  const form = table.closest("form");
  const usual = document.getElementById("usual");
  const rows = [...table.tBodies[0].rows].map(row => [...row.querySelectorAll("th > a, td > input, td > a")]);
  const place = new Map(rows.flatMap((row, y) => row.map((cell, x) => [cell, { x, y }])));
  const fields = [...place.keys()].filter(cell => cell.matches("input"));
  const stored = new Map(fields.map(cell => [cell, cell.dataset.was ?? cell.value]));
  const times = [...table.tHead.rows[0].querySelectorAll("[data-hours]")].map(head => head.dataset.hours.split("-"));
  const past = [], future = [];
  let anchor = rows[0][Math.min(1, rows[0].length - 1)], focus = anchor, typing = false, editing = false, paint = null, sent = false;
  let remembered = anchor.value;

  dress();
  refresh();
  window.addEventListener("beforeunload", event => { if (!sent && changed().length) event.preventDefault(); });
  window.addEventListener("pageshow", () => { sent = false; });
  form.addEventListener("submit", () => { sent = true; });
  table.addEventListener("focusin", event => { if (place.has(event.target)) arrive(event.target); });
  table.addEventListener("keydown", press);
  table.addEventListener("beforeinput", event => { if (event.target.matches("input") && /\D/.test(event.data ?? "")) event.preventDefault(); });
  table.addEventListener("input", write);
  table.addEventListener("mousedown", grab);
  table.addEventListener("mouseover", drag);
  window.addEventListener("mouseup", () => { paint = null; });

  function dress() {
    table.setAttribute("role", "grid");
    table.setAttribute("aria-multiselectable", "true");
    for (const row of table.rows) row.setAttribute("role", "row");
    for (const part of [table.tHead, table.tBodies[0]]) part.setAttribute("role", "rowgroup");
    for (const cell of table.querySelectorAll("th, td")) cell.setAttribute("role", { col: "columnheader", row: "rowheader" }[cell.scope] ?? "gridcell");
    for (const cell of place.keys()) cell.tabIndex = -1;
    for (const cell of fields) cell.parentElement.setAttribute("aria-selected", "false");
    anchor.tabIndex = 0;
    document.querySelector(".keys").hidden = false;
  }

  function arrive(cell) {
    if (cell !== focus) typing = editing = false;
    focus.tabIndex = -1;
    cell.tabIndex = 0;
    focus = cell;
    remembered = cell.value;
    if (cell.matches("input") && !editing) cell.select();
  }

  // From cell to cell

  function press(event) {
    if (!place.has(event.target) || event.altKey) return;
    const action = event.ctrlKey || event.metaKey ? withControl(event) : alone(event);
    if (!action) return;
    event.preventDefault();
    action();
  }

  function withControl(event) {
    const { x, y } = place.get(focus);
    return {
      z: () => event.shiftKey ? again() : undo(), Z: again, y: again,
      a: () => { anchor = rows[0][1] ?? rows[0][0]; select(rows.at(-1).at(-1)); },
      Home: () => go(rows[0][0], event), End: () => go(rows.at(-1).at(-1), event),
      ArrowUp: () => go(rows[0][x], event), ArrowDown: () => go(rows.at(-1)[x], event),
      ArrowLeft: () => go(rows[y][0], event), ArrowRight: () => go(rows[y].at(-1), event),
    }[event.key];
  }

  function alone(event) {
    const field = focus.matches("input"), { x, y } = place.get(focus);
    if (event.key === "F2" && field) return () => { editing = !editing; if (editing) focus.setSelectionRange(9, 9); else focus.select(); };
    if (event.key === "Enter" && field) return () => go(rows[y + 1]?.[x] ?? focus, {});
    if (event.key === "Escape") return () => { editing = false; anchor = focus; select(focus); if (field) focus.select(); };
    if (editing) return null;
    if (field && event.key === " ") return () => { const open = focus.value; set(chosen(), open ? "" : usual.value); focus.select(); };
    if (field && (event.key === "Delete" || (event.key === "Backspace" && !typing))) return () => set(chosen(), "");
    const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0], PageUp: [0, -5], PageDown: [0, 5] }[event.key];
    if (step) return () => go(near(x + step[0], y + step[1]), event);
    if (event.key === "Home") return () => go(rows[y][0], event);
    if (event.key === "End") return () => go(rows[y].at(-1), event);
    return null;
  }

  function near(x, y) {
    const row = rows[Math.max(0, Math.min(y, rows.length - 1))];
    return row[Math.max(0, Math.min(x, row.length - 1))];
  }

  function go(cell, event) {
    if (!event.shiftKey) anchor = cell;
    cell.focus();
    select(cell);
  }

  function select(end) {
    const one = place.get(anchor), other = place.get(end);
    const within = ({ x, y }) => (x - one.x) * (x - other.x) <= 0 && (y - one.y) * (y - other.y) <= 0;
    const several = anchor !== end;
    for (const cell of fields) {
      cell.parentElement.setAttribute("aria-selected", several && within(place.get(cell)));
    }
  }

  function chosen() {
    const several = fields.filter(cell => cell.parentElement.ariaSelected === "true");
    return several.includes(focus) ? several : [focus];
  }

  // What is written, and taken back

  function write() {
    const value = focus.value.replace(/\D/g, "");
    const last = past.at(-1);
    if (typing && last?.open === focus) {
      last.cells.forEach(entry => { entry.after = value; });
      put(last.cells, "after");
    } else {
      record(chosen().map(cell => ({ cell, before: cell === focus ? remembered : cell.value, after: value })), focus);
    }
    typing = true;
  }

  function set(cells, value) {
    typing = false;
    record(cells.filter(cell => cell.matches("input")).map(cell => ({ cell, before: cell.value, after: value })), null);
  }

  function record(cells, open) {
    past.push({ cells, open });
    future.length = 0;
    put(cells, "after");
  }

  function undo() { turn(past, future, "before"); }
  function again() { turn(future, past, "after"); }

  function turn(from, to, side) {
    const entry = from.pop();
    if (!entry) return;
    to.push({ ...entry, open: null });
    put(entry.cells, side);
    typing = false;
    anchor = entry.cells[0].cell;
    go(anchor, {});
  }

  function put(cells, side) {
    for (const entry of cells) if (entry.cell.value !== entry[side]) entry.cell.value = entry[side];
    refresh();
  }

  // By mouse: a click opens or closes, and what is dragged over does the same; in the list on a phone it only goes there

  function grab(event) {
    const cell = event.target.closest("td")?.querySelector("input");
    if (!cell || event.button || !matchMedia("(min-width: 48rem) and (pointer: fine)").matches) return;
    event.preventDefault();
    if (event.shiftKey) return go(cell, event);
    go(cell, {});
    paint = cell.value ? "" : usual.value || "1";
    set([cell], paint);
    cell.select();
  }

  function drag(event) {
    const cell = event.target.closest?.("td")?.querySelector("input");
    if (paint === null || !cell || !(event.buttons & 1) || cell.value === paint) return;
    const before = cell.value;
    past.at(-1).cells.push({ cell, before, after: paint });
    cell.value = paint;
    refresh();
  }

  // Totals and what is not saved yet

  // An empty cell is busy where the stand has a slot at overlapping hours
  function crowd(cells) {
    const hours = cell => times[place.get(cell).x - 1];
    const taken = cells.filter(cell => !cell.matches("input") || cell.value).map(hours);
    for (const cell of cells) {
      const [start, end] = hours(cell);
      cell.classList.toggle("busy", !cell.value && taken.some(([from, until]) => from < end && start < until));
    }
  }

  function changed() { return fields.filter(cell => cell.value !== stored.get(cell)); }

  function refresh() {
    const number = cell => Number(cell.matches("input") ? cell.value : cell.parentElement.matches("td") ? cell.textContent.match(/\/(\d+)/)[1] : 0);
    const sums = rows[0].map(() => 0);
    rows.forEach((row, y) => {
      row.forEach((cell, x) => { sums[x] += number(cell); });
      table.tBodies[0].rows[y].lastElementChild.textContent = row.reduce((sum, cell) => sum + number(cell), 0);
    });
    const totals = [...table.tHead.rows[1].cells];
    sums.slice(1).forEach((sum, x) => { totals[x + 1].textContent = sum; });
    totals.at(-1).textContent = sums.reduce((all, sum) => all + sum, 0);
    for (const row of rows) crowd(row.filter(cell => cell.matches("input, td > a")));
    const different = changed(), words = form.querySelector("[data-changed]");
    for (const cell of fields) cell.classList.toggle("changed", cell.value !== stored.get(cell));
    const { none, one, many } = words.dataset;
    words.textContent = different.length ? (different.length === 1 ? one : many.replace("%", different.length)) : none;
    remembered = focus.value;
  }
}

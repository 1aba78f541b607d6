"use strict";
// Sorts, filters and searches the list of servers, and opens what was found on each. All that a server said
// reaches the page as text: nothing here makes markup of it.
//
// The address keeps the state, so that "back" works and a link can be sent on: `#host:port` opens a server,
// `#severity=high&sort=-rate` is a view of the list.

const FIRST = 100; // rows at first; a click shows ten times as many
const SORT_NUMBERS = new Set(["number", "rate", "order"]);

document.documentElement.classList.add("js"); // before the list is laid out: the style sheet hides most of it
document.addEventListener("DOMContentLoaded", () => {
  startNotes();
  if (document.getElementById("ranking")) startList();
  document.documentElement.dataset.ready = "";
});

function startList() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const table = document.getElementById("ranking");
  const body = table.tBodies[0];
  const rows = readRows(body, data);
  const byAnchor = new Map(rows.map((row) => [row.anchor, row]));
  const search = document.getElementById("query");
  const selects = [...document.querySelectorAll("[data-facet]")];
  const more = document.getElementById("more");
  const state = { filters: {}, query: "", sort: "", limit: FIRST, fromAddress: null };

  // ---- the list as the state wants it

  function matching() {
    const wanted = Object.entries(state.filters).map(([facet, value]) => {
      const place = Object.keys(data.facets).indexOf(facet);
      return [place, place < 0 ? -1 : data.facets[facet].indexOf(value)];
    });
    const words = state.query.toLowerCase().split(/\s+/).filter(Boolean);
    const found = rows.filter(
      (row) =>
        wanted.every(([place, value]) => row.facets[place]?.includes(value)) &&
        words.every((word) => searched(row, data).includes(word)),
    );
    return state.sort ? sorted(found) : found;
  }

  function sorted(found) {
    const descending = state.sort.startsWith("-");
    const [column, kind] = sortColumns.get(state.sort.replace("-", ""));
    const keys = new Map(found.map((row) => [row, sortKey(row, column, kind)]));
    const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
    const compare = SORT_NUMBERS.has(kind) ? (a, b) => a - b : collator.compare;
    return found.sort((one, other) => {
      const a = keys.get(one), b = keys.get(other);
      if (a === null || b === null) return (a === null) - (b === null); // what is not known comes last
      return compare(a, b) * (descending ? -1 : 1) || one.place - other.place;
    });
  }

  function show(limit = state.limit) {
    const found = matching();
    const shown = found.slice(0, limit);
    body.replaceChildren(...shown.flatMap((row) => (row.opened ? [row.element, row.opened] : [row.element])));
    const said = document.getElementById("shown");
    said.textContent = fill(said.dataset.said, { n: found.length, total: rows.length });
    const next = Math.min(found.length - shown.length, FIRST * 10);
    more.hidden = next < 1;
    more.textContent = fill(more.dataset.said, { n: next });
    document.getElementById("nothing").hidden = found.length > 0;
    document.getElementById("reset").hidden = !state.query && !Object.keys(state.filters).length;
    showState();
    return found;
  }

  function showState() {
    for (const select of selects) select.value = state.filters[select.dataset.facet] ?? "";
    if (search.value !== state.query) search.value = state.query;
    for (const link of document.querySelectorAll("[data-filter]")) {
      const [facet, value] = split(link.dataset.filter);
      link.setAttribute("aria-pressed", String(state.filters[facet] === value));
    }
    const column = state.sort.replace("-", "") || "severity";
    const order = !state.sort || state.sort.startsWith("-") ? "descending" : "ascending";
    for (const [name, [, , header]] of sortColumns) {
      if (name === column) header.setAttribute("aria-sort", order);
      else header.removeAttribute("aria-sort");
    }
  }

  // ---- the address

  function address() {
    const parts = new URLSearchParams(state.filters);
    if (state.query) parts.set("q", state.query);
    if (state.sort) parts.set("sort", state.sort);
    return "#" + (parts.toString() || "servers");
  }

  function remember({ step }) {
    history[step ? "pushState" : "replaceState"](null, "", address());
    state.limit = FIRST;
    show();
  }

  function followAddress() {
    const text = location.hash.slice(1);
    const row = byAnchor.get(text) ?? byAnchor.get(decoded(text));
    if (state.fromAddress && !row) close(state.fromAddress); // "back" takes back what was opened
    state.fromAddress = row ?? null;
    if (row) return reveal(row);
    if (text.includes("=")) {
      const parts = new URLSearchParams(text);
      state.query = parts.get("q") ?? "";
      state.sort = sortColumns.has((parts.get("sort") ?? "").replace("-", "")) ? parts.get("sort") : "";
      state.filters = Object.fromEntries([...parts].filter(([name]) => name in data.facets));
      show();
    } else if (!text || text === "servers") {
      Object.assign(state, { filters: {}, query: "", sort: "" });
      show();
    }
  }

  function reveal(row) {
    open(row);
    let found = matching();
    if (!found.includes(row)) {
      Object.assign(state, { filters: {}, query: "" });
      found = matching();
    }
    state.limit = Math.max(state.limit, found.indexOf(row) + 1);
    show();
    row.link.focus({ preventScroll: true });
    row.element.scrollIntoView({ block: "start" });
  }

  // ---- one server

  function open(row) {
    row.opened ??= details(row, data);
    row.link.setAttribute("aria-expanded", "true");
    row.element.classList.add("is-open");
  }

  function close(row) {
    row.opened?.remove();
    row.opened = null;
    row.link.setAttribute("aria-expanded", "false");
    row.element.classList.remove("is-open");
  }

  function toggle(row) {
    if (!row.opened) {
      open(row);
      show();
      location.hash = row.anchor;
      return;
    }
    close(row);
    if (state.fromAddress === row) {
      state.fromAddress = null;
      history.pushState(null, "", address());
    }
  }

  body.addEventListener("click", (event) => {
    const row = rowOf(event.target);
    const link = event.target.closest("a");
    if (!row || (link ? link !== row.link : hasSelection())) return;
    event.preventDefault();
    toggle(row);
  });
  body.addEventListener("keydown", (event) => {
    const opened = event.target.closest("tr.opened");
    if (event.key !== "Escape" || !opened) return;
    const row = rows.find((each) => each.opened === opened);
    toggle(row);
    row.link.focus();
  });

  function rowOf(target) {
    const element = target.closest("tr");
    return element && byAnchor.get(element.dataset.anchor);
  }

  // ---- what people do

  const sortColumns = startSorting(table, (name, kind) => {
    const first = SORT_NUMBERS.has(kind) ? "-" : "";
    const other = first ? "" : "-";
    const now = state.sort || "-severity";
    state.sort = now === first + name ? other + name : first + name;
    if (state.sort === "-severity") state.sort = ""; // the order that the page came in
    remember({ step: false });
  });
  search.addEventListener("input", () => {
    state.query = search.value.trim();
    remember({ step: false });
  });
  for (const select of selects) {
    select.addEventListener("change", () => {
      if (select.value || select.selectedIndex > 0) state.filters[select.dataset.facet] = select.value;
      else delete state.filters[select.dataset.facet];
      remember({ step: true });
    });
  }
  for (const link of document.querySelectorAll("[data-filter]")) {
    link.setAttribute("role", "button");
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const [facet, value] = split(link.dataset.filter);
      const isOn = state.filters[facet] === value;
      state.filters = isOn ? {} : { [facet]: value };
      remember({ step: true });
      if (!isOn) document.getElementById("servers").scrollIntoView();
    });
    link.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      link.click();
    });
  }
  document.getElementById("reset").addEventListener("click", () => {
    Object.assign(state, { filters: {}, query: "" });
    remember({ step: true });
    search.focus();
  });
  more.addEventListener("click", () => {
    const next = body.lastElementChild;
    state.limit += FIRST * 10;
    show();
    (next.classList.contains("opened") ? next : next.nextElementSibling)?.querySelector("a")?.focus();
  });
  addEventListener("hashchange", followAddress);
  addEventListener("popstate", followAddress);
  addEventListener("beforeprint", () => show(Infinity)); // all of the view, and of it what is open
  addEventListener("afterprint", () => show());

  document.getElementById("tools").hidden = false;
  show();
  if (location.hash.length > 1) followAddress();
  // The browser looks for the address's target itself once all is loaded, and takes the focus with it.
  addEventListener("load", () => state.fromAddress && reveal(state.fromAddress));
}

// ---- rows

function readRows(body, data) {
  return [...body.rows].map((element, place) => {
    const link = element.querySelector("a");
    const [rate, facets, tags, parts] = data.servers[place];
    const anchor = link.getAttribute("href").slice(1);
    element.dataset.anchor = anchor;
    link.setAttribute("aria-expanded", "false");
    return { element, link, anchor, place, rate, facets, tags, parts, opened: null, searched: null };
  });
}

function searched(row, data) {
  row.searched ??= [row.element.textContent, ...row.tags.map((tag) => data.texts[tag])].join(" ").toLowerCase();
  return row.searched;
}

function sortKey(row, column, kind) {
  if (kind === "order") return -row.place;
  if (kind === "rate") return row.rate;
  const text = row.element.cells[column].textContent;
  if (kind !== "number") return text;
  const number = parseFloat(text);
  return Number.isNaN(number) ? null : number;
}

/** Put a button into each header; return what each sorts by: name → [column, kind, header]. */
function startSorting(table, sort) {
  const columns = new Map();
  for (const [place, header] of [...table.tHead.rows[0].cells].entries()) {
    const name = header.className.replace("c-", "");
    const button = document.createElement("button");
    button.type = "button";
    button.append(header.querySelector("span"));
    button.addEventListener("click", () => sort(name, header.dataset.sort));
    header.prepend(button);
    columns.set(name, [place, header.dataset.sort, header]);
  }
  return columns;
}

// ---- details

/** Return the table row with all that is said of a server: a copy of what stands in the page, or its parts. */
function details(row, data) {
  const element = document.createElement("tr");
  element.className = "opened";
  element.setAttribute("role", "row");
  const cell = element.appendChild(document.createElement("td"));
  cell.colSpan = row.element.cells.length;
  cell.setAttribute("role", "cell");
  const heading = cell.appendChild(document.createElement("h3"));
  heading.className = "unseen";
  heading.textContent = row.link.textContent;
  const whole = document.querySelector(`.details [id="${CSS.escape(row.anchor)}"]`);
  if (whole) cell.append(whole.cloneNode(true));
  else cell.append(...row.parts.map((part) => filled(part, data)));
  for (const each of cell.querySelectorAll("[id]")) each.removeAttribute("id");
  return element;
}

/** Return a copy of a part, each hole filled with the server's own text. */
function filled([part, ...texts], data) {
  const copy = document.getElementById(`p${part}`).content.cloneNode(true);
  for (const [place, hole] of copy.querySelectorAll("[data-own]").entries()) {
    hole.replaceWith(data.texts[texts[place]]);
  }
  return copy;
}

// ---- notes: shown beside a raised number while it is pointed at or focused

function startNotes() {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.id = "tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.querySelector("main").append(tip); // what is in no landmark is hard to find
  let timer;
  const hide = () => { tip.hidden = true; };
  const hideSoon = () => { timer = setTimeout(hide, 150); };
  for (const link of document.querySelectorAll("a.note")) {
    link.setAttribute("aria-describedby", "tip");
    const show = () => {
      clearTimeout(timer);
      tip.textContent = document.querySelector(link.getAttribute("href")).textContent.trim().replace(/\s+/g, " ");
      tip.hidden = false;
      const { left, bottom } = link.getBoundingClientRect();
      const room = document.documentElement.clientWidth - tip.offsetWidth - 12;
      tip.style.left = `${Math.max(12, Math.min(left - 16, room)) + scrollX}px`;
      tip.style.top = `${bottom + 6 + scrollY}px`;
    };
    link.addEventListener("mouseenter", show);
    link.addEventListener("focus", show);
    link.addEventListener("mouseleave", hideSoon);
    link.addEventListener("blur", hide);
  }
  tip.addEventListener("mouseenter", () => clearTimeout(timer));
  tip.addEventListener("mouseleave", hide);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
}

// ---- small things

function fill(text, values) {
  const numbers = new Intl.NumberFormat(document.documentElement.lang);
  return text.replace(/\{(\w+)\}/g, (_, name) => numbers.format(values[name]));
}

function split(filter) {
  const at = filter.indexOf("=");
  return [filter.slice(0, at), filter.slice(at + 1)];
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function hasSelection() {
  return !getSelection().isCollapsed;
}

"use strict";
(() => {
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const grouped = (text) => String(text).replace(/\B(?=(\d{3})+$)/g, ",");
  const numeric = (text) => (text === "" ? -Infinity : Number(text.replace(/,/g, "")));
  const folded = (text) => text.toLocaleLowerCase("en");

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  /* Returns a test of whether a text holds every word of what is typed. */
  function holds(typed) {
    const words = folded(typed).split(/\s+/).filter(Boolean);
    return (text) => words.every((word) => text.includes(word));
  }

  /* Puts a button into each header; the columns of figures sort from the largest down at first. */
  function sortable(table, sorted) {
    const headers = [...table.tHead.rows[0].cells];
    headers.forEach((header, place) => {
      const button = make("button", { type: "button", class: "sort" }, header.textContent);
      header.replaceChildren(button);
      button.addEventListener("click", () => {
        const figures = ["number", "share"].includes(header.dataset.kind);
        const was = header.getAttribute("aria-sort");
        const now = was ? (was === "ascending" ? "descending" : "ascending") : figures ? "descending" : "ascending";
        headers.forEach((other) => other.removeAttribute("aria-sort"));
        header.setAttribute("aria-sort", now);
        sorted(place, now === "ascending" ? 1 : -1);
      });
    });
  }

  /* Puts a box to filter by, and a line that tells what is shown, above a table. */
  function controls(table, filtered) {
    const id = `${table.closest("section").id}-filter`;
    const status = make("p", { class: "status", role: "status" });
    const box = make("input", { type: "search", id, autocomplete: "off", spellcheck: "false" });
    box.addEventListener("input", () => filtered(box.value));
    const label = make("label", { for: id }, `Filter ${table.dataset.noun}`);
    table.parentElement.before(make("div", { class: "controls" }, label, box, status));
    return (text) => { if (status.textContent !== text) status.textContent = text; };
  }

  /* A table of few rows is read at a glance. */
  const FEW = 8;

  function plainTable(table) {
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => ({
      row,
      text: folded([...row.cells].map((cell) => cell.textContent).join(" ")),
      values: [...row.cells].map((cell) => {
        const inner = cell.querySelector("data, time");
        return inner ? inner.value ?? inner.dateTime : cell.textContent.trim();
      }),
    }));
    const kinds = [...table.tHead.rows[0].cells].map((header) => header.dataset.kind);
    sortable(table, (place, direction) => {
      const compare = ["number", "share"].includes(kinds[place]) ? (a, b) => a - b : collator.compare;
      const sorted = [...rows].sort((a, b) => direction * compare(a.values[place], b.values[place]));
      body.append(...sorted.map((entry) => entry.row));
    });
    if (rows.length < FEW) return;
    const tell = controls(table, (typed) => {
      const fits = holds(typed);
      let shown = 0;
      for (const entry of rows) {
        entry.row.hidden = !fits(entry.text);
        shown += !entry.row.hidden;
      }
      tell(`${grouped(shown)} of ${grouped(rows.length)} ${table.dataset.noun}`);
    });
    tell(`${grouped(rows.length)} ${table.dataset.noun}`);
  }

  /* Sums exactly: in whole millionths of millionths of a token. */
  const DECIMALS = 12;
  function scaled(text) {
    const [whole, decimals = ""] = text.replace(/,/g, "").split(".");
    return BigInt(whole + decimals.padEnd(DECIMALS, "0"));
  }
  function unscaled(sum) {
    const digits = String(sum).padStart(DECIMALS + 1, "0");
    const decimals = digits.slice(-DECIMALS).replace(/0+$/, "");
    return grouped(digits.slice(0, -DECIMALS)) + (decimals && `.${decimals}`);
  }

  function chargeTable(table, data) {
    const body = table.tBodies[0];
    const titles = [...table.tHead.rows[0].cells].map((header) => header.textContent);
    const tokensAt = titles.indexOf("Tokens");
    const tokens = data.words[tokensAt].map(scaled);
    const keys = data.words.map((words, place) => {
      if (data.kinds[place] === "number") return words.map(numeric);
      const ranks = new Map([...words].sort(collator.compare).map((word, rank) => [word, rank]));
      return words.map((word) => ranks.get(word));
    });
    const everything = data.rows.map((_, index) => index);
    const opened = new Set();
    let order = everything, shown = everything, texts = null, typed = "", page = 0, size = 50;

    const cellsOf = (index) => data.rows[index][0].map((word, place) => data.words[place][word]);
    const sum = (indices) => unscaled(indices.reduce((so_far, index) => so_far + tokens[data.rows[index][0][tokensAt]], 0n));

    function explanation(index) {
      const [id, rules, ...lines] = data.rows[index][1];
      const sentences = lines.map(([sentence, ...instants]) =>
        data.sentences[sentence].map((text, place) => text + (instants[place] ?? "")).join(""));
      const cited = make("p", { class: "cited" }, "Rules ");
      data.rules[rules].forEach((rule, place) => {
        cited.append(place ? ", " : "", make("a", { href: `#rule-${rule}` }, rule));
      });
      cited.append(` · Charge ${id}`);
      const [outcome, ...reasons] = sentences;
      return make("div", {}, make("p", {}, outcome), make("ul", {}, ...reasons.map((reason) => make("li", {}, reason))), cited);
    }

    function toggle(row, index) {
      const button = row.querySelector("button");
      if (opened.delete(index)) {
        row.nextElementSibling.remove();
        button.removeAttribute("aria-controls");
      } else {
        opened.add(index);
        open(row, index);
      }
      row.classList.toggle("opened", opened.has(index));
      button.setAttribute("aria-expanded", String(opened.has(index)));
    }

    function open(row, index) {
      const why = make("tr", { class: "why", id: `why-${index}` }, make("td", { colspan: String(titles.length) }, explanation(index)));
      row.querySelector("button").setAttribute("aria-controls", why.id);
      row.after(why);
    }

    function rowOf(index) {
      const [date, ...others] = cellsOf(index);
      const button = make("button", { type: "button", class: "open", "aria-expanded": String(opened.has(index)) }, date);
      button.append(make("span", { class: "unseen" }, ` why was ${others[0]} charged?`));
      const row = make("tr", { class: opened.has(index) ? "charge opened" : "charge" }, make("th", { scope: "row", class: "date" }, button));
      others.forEach((text, place) => row.append(make("td", { class: data.kinds[place + 1] }, text)));
      row.addEventListener("click", (event) => {
        const selecting = !event.target.closest("button") && getSelection().type === "Range";
        if (!selecting) toggle(row, index);
      });
      return row;
    }

    function render() {
      const pages = Math.max(1, Math.ceil(shown.length / size));
      page = Math.min(page, pages - 1);
      const first = page * size;
      const here = shown.slice(first, first + size);
      body.replaceChildren(...here.map(rowOf));
      [...body.rows].forEach((row, place) => { if (opened.has(here[place])) open(row, here[place]); });
      place.textContent = here.length
        ? `${grouped(first + 1)} to ${grouped(first + here.length)} of ${grouped(shown.length)}, page ${grouped(page + 1)} of ${grouped(pages)}`
        : "No charge fits";
      previous.setAttribute("aria-disabled", String(page === 0));
      next.setAttribute("aria-disabled", String(page === pages - 1));
    }

    function filter() {
      const fits = holds(typed);
      texts ??= typed.trim() ? everything.map((index) => folded(cellsOf(index).join(" "))) : null;
      shown = typed.trim() ? order.filter((index) => fits(texts[index])) : order;
      const count = shown.length === everything.length ? grouped(shown.length) : `${grouped(shown.length)} of ${grouped(everything.length)}`;
      tell(`${count} charges, ${sum(shown)} tokens`);
    }

    function turn(button, by) {
      if (button.getAttribute("aria-disabled") === "true") return;
      page += by;
      render();
      table.parentElement.scrollIntoView({ block: "nearest" });
    }

    const previous = make("button", { type: "button" }, "Previous");
    const next = make("button", { type: "button" }, "Next");
    const place = make("span", { class: "place", role: "status" });
    const sizes = make("select", { id: "charges-size" }, ...[50, 100, 500].map((many) => make("option", { value: String(many) }, String(many))));
    const label = make("label", { for: "charges-size", class: "size" }, "Charges a page");
    previous.addEventListener("click", () => turn(previous, -1));
    next.addEventListener("click", () => turn(next, 1));
    sizes.addEventListener("change", () => { size = Number(sizes.value); page = 0; render(); });

    const tell = controls(table, (text) => { typed = text; page = 0; filter(); render(); });
    sortable(table, (column, direction) => {
      const key = (index) => (column === 0 ? index : keys[column][data.rows[index][0][column]]);
      order = [...everything].sort((a, b) => direction * (key(a) - key(b) || 0));
      page = 0;
      filter();
      render();
    });
    table.tHead.rows[0].cells[0].setAttribute("aria-sort", "ascending");
    table.parentElement.after(make("div", { class: "pager", role: "group", "aria-label": "Pages of charges" }, previous, next, place, label, sizes));
    filter();
    render();
    table.parentElement.hidden = false;
    table.closest("section").querySelector(".note").textContent = "Each charge opens to the reasons for it.";
  }

  for (const table of document.querySelectorAll("section:not(#charges) table")) plainTable(table);
  const data = document.getElementById("charges-data");
  if (data) chargeTable(document.querySelector("#charges table"), JSON.parse(data.textContent));
})();

// "Hurt the bot": levers, what is in force, and the venue's true book to hold the bot's words against.

import { element } from "./elements.js";
import { ask, tell } from "./server.js";

const money = new Intl.NumberFormat("en", { maximumFractionDigits: 2, minimumFractionDigits: 2 });
const SHORT_SECONDS = 1.2;
const LONG_SECONDS = 4;

export class Panel {
  constructor({ root, groups, onStatus }) {
    this.root = root;
    this.onStatus = onStatus;
    this.body = root.querySelector(".body");
    this.handle = root.querySelector(".handle");
    this.summary = root.querySelector(".summary");
    this.amounts = new Map();
    this.book = element("section", { class: "truth" });
    this.second = element("section", { class: "truth", hidden: true });
    this.told = element("p", { class: "told", role: "status", hidden: true });
    this.inForce = element("div", { class: "inforce", "aria-label": "Faults in force" });
    this.notes = new Map();
    this.body.append(this.book, this.second, this.told, this.inForce, ...groups.map((group) => this.#group(group)));
    this.#open(localStorage.getItem("panel") === "open");
    this.handle.addEventListener("click", () => this.#open(!root.classList.contains("open")));
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#look(); });
    this.#tick();
  }

  #open(open) {
    this.root.classList.toggle("open", open);
    this.handle.setAttribute("aria-expanded", String(open));
    localStorage.setItem("panel", open ? "open" : "closed");
  }

  #group({ name, buttons }) {
    const note = element("span", { class: "note" });
    this.notes.set(name, note);
    return element("section", { "aria-label": name }, element("h2", {}, name, note),
      element("div", { class: "levers" }, ...buttons.map((lever) => element("button", {
        type: "button", class: "lever", "data-tone": lever.tone, "data-key": lever.key, title: lever.hint,
        onclick: (event) => this.#pull(event.currentTarget, lever),
      }, lever.label))));
  }

  async #pull(button, lever) {
    button.disabled = true;
    try {
      await tell("/page/hurt", { key: lever.key });
      this.#tellResult(`${lever.label}. ${lever.hint}`, false);
      button.classList.add("done");
      setTimeout(() => button.classList.remove("done"), 900);
    } catch (refused) {
      this.#tellResult(refused.message, true);
    } finally {
      button.disabled = false;
      button.focus({ preventScroll: true });
    }
    this.#look();
  }

  #tellResult(words, refused) {
    this.told.hidden = false;
    this.told.classList.toggle("refused", refused);
    this.told.textContent = words;
  }

  async #tick() {
    if (!document.hidden) await this.#look();
    const visible = this.root.classList.contains("open") || innerWidth > 920;
    setTimeout(() => this.#tick(), 1000 * (visible ? SHORT_SECONDS : LONG_SECONDS));
  }

  async #look() {
    try {
      const status = await ask("/page/status");
      this.onStatus(status);
      this.#drawFaults(status);
      this.#drawBooks(status);
      this.#drawProcess(status.process);
    } catch {
      // the banner over the chat tells that the server is away
    }
  }

  #drawFaults({ faults, venue, binance }) {
    const first = binance ? "Kraken" : "venue";
    const chips = [
      ...(venue?.faults ?? []).map((fault) => [first, fault.name, fault.count, null]),
      ...(binance?.faults ?? []).map((fault) => ["Binance", fault.name, fault.count, null]),
      ...faults.map((fault) => ["Telegram", fault.name, fault.remaining, fault.seconds_left]),
      ...[[first, venue], ["Binance", binance]].filter(([, book]) => book?.latency_ms)
        .map(([where, book]) => [where, `${book.latency_ms} ms slower`, null, null]),
    ].map(([where, name, count, seconds]) => {
      const times = count === null || count === undefined ? "" : ` ×${count}`;
      const left = seconds === null ? "" : `, ${Math.ceil(seconds)} s`;
      return `${where}: ${name.replaceAll("_", " ")}${times}${left}`;
    });
    this.inForce.replaceChildren(...chips.map((chip) => element("span", {}, chip)));
    this.summary.textContent = chips.length ? `${chips.length} in force` : "";
  }

  #drawProcess(process) {
    const note = this.notes.get("Process");
    if (!note || !process) return;
    if (process.error) note.textContent = process.error;
    else {
      const restarts = process.restarts ? `, restarts ${process.restarts}` : "";
      note.textContent = process.running ? `running, pid ${process.pid}${restarts}` : `stopped${restarts}`;
    }
  }

  #drawBooks({ venue, binance }) {
    this.second.hidden = !binance;
    this.#drawBook(this.book, venue, { title: binance ? "Kraken's true book" : "The venue's true book", base: "USD" });
    this.#drawBook(this.second, binance, { title: "Binance's true book", base: "USDT" });
  }

  #drawBook(place, venue, { title: words, base }) {
    if (!venue) return;
    const title = element("h2", {}, words);
    if (venue.error) {
      place.replaceChildren(title, element("p", { class: "told refused" }, venue.error));
      return;
    }
    const rows = Object.entries(venue.balances ?? {}).map(([asset, amounts]) => this.#row(asset, amounts, venue, base));
    const total = rows.every((row) => row.value !== null) ? rows.reduce((sum, row) => sum + row.value, 0) : null;
    place.replaceChildren(title, element("table", { class: "book" },
      element("thead", {}, element("tr", {}, ...["Asset", "Total", "Price", base].map((word) => element("th", { scope: "col" }, word)))),
      element("tbody", {}, ...rows.map((row) => row.line)),
      element("tfoot", {}, element("tr", {}, element("td", { colspan: "3" }, "All"), element("td", {}, total === null ? "unknown" : money.format(total))))),
    element("p", { class: "facts" }, facts(venue)));
  }

  #row(asset, { total, hold }, venue, base) {
    const price = asset === base ? "1" : venue.market?.prices?.[`${asset}/${base}`];
    const value = price === undefined ? null : Number(total) * Number(price);
    const key = `${base}/${asset}`;
    const changed = this.amounts.has(key) && this.amounts.get(key) !== total;
    this.amounts.set(key, total);
    const held = Number(hold) ? element("small", {}, `${hold} held`) : null;
    return {
      value,
      line: element("tr", { class: changed ? "changed" : false },
        element("td", {}, asset), element("td", {}, total, held),
        element("td", {}, asset === base ? "" : price ?? "unknown"),
        element("td", {}, value === null ? "unknown" : money.format(value))),
    };
  }
}

function facts(venue) {
  const open = venue.counts?.open_orders ?? venue.open_orders?.length ?? 0;
  const fills = venue.counts?.fills ?? 0;
  return `${open} open orders, ${fills} fills so far`;
}

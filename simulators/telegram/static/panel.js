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
    this.told = element("p", { class: "told", role: "status", hidden: true });
    this.inForce = element("div", { class: "inforce", "aria-label": "Faults in force" });
    this.notes = new Map();
    this.body.append(this.book, this.told, this.inForce, ...groups.map((group) => this.#group(group)));
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
      this.#drawBook(status.venue);
      this.#drawProcess(status.process);
    } catch {
      // the banner over the chat tells that the server is away
    }
  }

  #drawFaults({ faults, venue }) {
    const chips = [
      ...(venue?.faults ?? []).map((fault) => ["venue", fault.name, fault.count, null]),
      ...faults.map((fault) => ["Telegram", fault.name, fault.remaining, fault.seconds_left]),
      ...(venue?.latency_ms ? [["venue", `${venue.latency_ms} ms slower`, null, null]] : []),
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

  #drawBook(venue) {
    if (!venue) return;
    const title = element("h2", {}, "The venue's true book");
    if (venue.error) {
      this.book.replaceChildren(title, element("p", { class: "told refused" }, venue.error));
      return;
    }
    const rows = Object.entries(venue.balances ?? {}).map(([asset, amounts]) => this.#row(asset, amounts, venue));
    const total = rows.every((row) => row.value !== null) ? rows.reduce((sum, row) => sum + row.value, 0) : null;
    this.book.replaceChildren(title, element("table", { class: "book" },
      element("thead", {}, element("tr", {}, ...["Asset", "Total", "Price", "USD"].map((word) => element("th", { scope: "col" }, word)))),
      element("tbody", {}, ...rows.map((row) => row.line)),
      element("tfoot", {}, element("tr", {}, element("td", { colspan: "3" }, "All"), element("td", {}, total === null ? "unknown" : money.format(total))))),
    element("p", { class: "facts" }, facts(venue)));
  }

  #row(asset, { total, hold }, venue) {
    const price = asset === "USD" ? "1" : venue.market?.prices?.[`${asset}/USD`];
    const value = price === undefined ? null : Number(total) * Number(price);
    const changed = this.amounts.has(asset) && this.amounts.get(asset) !== total;
    this.amounts.set(asset, total);
    const held = Number(hold) ? element("small", {}, `${hold} held`) : null;
    return {
      value,
      line: element("tr", { class: changed ? "changed" : false },
        element("td", {}, asset), element("td", {}, total, held),
        element("td", {}, asset === "USD" ? "" : price ?? "unknown"),
        element("td", {}, value === null ? "unknown" : money.format(value))),
    };
  }
}

function facts(venue) {
  const open = venue.counts?.open_orders ?? venue.open_orders?.length ?? 0;
  const fills = venue.counts?.fills ?? 0;
  return `${open} open orders, ${fills} fills so far`;
}

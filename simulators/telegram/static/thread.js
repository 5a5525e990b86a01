// The list of messages: adds, changes, groups by day and sender, and minds where one has scrolled.

import { messageElement, ticks } from "./bubble.js";
import { dayOf, element } from "./elements.js";

const NEAR_BOTTOM = 90;
const SAME_BREATH_SECONDS = 300;

export class Thread {
  constructor({ root, toBottom, context, onOlder }) {
    this.root = root;
    this.toBottom = toBottom;
    this.context = context;
    this.onOlder = onOlder;
    this.messages = new Map();
    this.missed = 0;
    root.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    toBottom.addEventListener("click", () => this.scrollToEnd(true));
    new ResizeObserver(() => { if (this.sticks) this.scrollToEnd(); }).observe(root);
    root.addEventListener("load", () => { if (this.sticks) this.scrollToEnd(); }, true);
    this.sticks = true;
  }

  reset(messages, hasMore, empty) {
    this.messages = new Map(messages.map((message) => [message.message_id, message]));
    this.root.replaceChildren();
    if (hasMore) this.root.append(this.#older());
    if (!messages.length && empty) this.root.append(empty);
    for (const message of messages) this.root.append(messageElement(message, this.context));
    this.#arrange();
    this.missed = 0;
    this.scrollToEnd();
  }

  prepend(messages, hasMore) {
    const height = this.root.scrollHeight;
    const first = this.root.querySelector(".item");
    this.root.querySelector(".older")?.remove();
    this.messages = new Map([...messages.map((message) => [message.message_id, message]), ...this.messages]);
    for (const message of messages) first.before(messageElement(message, this.context));
    if (hasMore) this.root.prepend(this.#older());
    this.#arrange();
    this.root.scrollTop += this.root.scrollHeight - height;
  }

  append(message) {
    if (this.messages.has(message.message_id)) return;
    this.root.querySelector(".empty")?.remove();
    const stays = this.sticks || !message.from_bot;
    this.messages.set(message.message_id, message);
    const made = messageElement(message, this.context);
    made.classList.add("fresh");
    this.root.append(made);
    this.#arrange();
    if (stays) this.scrollToEnd(true);
    else this.#miss();
  }

  replace(message, { quietly = false } = {}) {
    const old = this.#element(message.message_id);
    if (!old) return;
    const focused = old.contains(document.activeElement) ? document.activeElement.dataset.data : undefined;
    this.messages.set(message.message_id, message);
    const made = messageElement(message, this.context);
    made.className = old.className;
    made.classList.remove("fresh");
    made.classList.toggle("edited-now", !quietly);
    old.replaceWith(made);
    if (focused !== undefined) this.#refocus(made, focused);
    if (this.sticks) this.scrollToEnd();
  }

  // A button that an edit has replaced under one's fingers hands its focus to its successor.
  #refocus(made, data) {
    const keys = [...made.querySelectorAll("button.key")];
    (keys.find((key) => key.dataset.data === data) ?? keys[0] ?? this.root).focus({ preventScroll: true });
  }

  remove(messageId) {
    this.messages.delete(messageId);
    this.#element(messageId)?.remove();
    this.#arrange();
  }

  refresh(messageId) {
    const message = this.messages.get(messageId);
    if (message) this.replace(message, { quietly: true });
  }

  taken(messageId) {
    this.#element(messageId)?.querySelector(".ticks")?.replaceWith(ticks(true));
  }

  show(messageId) {
    const found = this.#element(messageId);
    if (!found) return;
    found.scrollIntoView({ block: "center", behavior: "smooth" });
    found.classList.remove("edited-now");
    requestAnimationFrame(() => found.classList.add("edited-now"));
  }

  lastOwn(userId) {
    return [...this.messages.values()].reverse().find((message) => message.sender_id === userId);
  }

  scrollToEnd(smoothly = false) {
    this.root.scrollTo({ top: this.root.scrollHeight, behavior: smoothly ? "smooth" : "instant" });
    this.sticks = true;
    this.missed = 0;
    this.#showDistance();
  }

  #element(messageId) {
    return this.root.querySelector(`.item[data-id="${messageId}"]`);
  }

  #older() {
    return element("button", { type: "button", class: "older", onclick: () => this.onOlder() }, "Earlier messages");
  }

  #arrange() {
    const items = [...this.root.querySelectorAll(".item")];
    let previous = null;
    for (const item of items) {
      const message = this.messages.get(Number(item.dataset.id));
      const newDay = !previous || dayOf(previous.message.date) !== dayOf(message.date);
      this.#separate(item, newDay ? dayOf(message.date) : null);
      const continues = previous && !newDay && previous.message.sender_id === message.sender_id
        && message.date - previous.message.date < SAME_BREATH_SECONDS;
      item.classList.toggle("first", !continues);
      previous?.item.classList.toggle("last", !continues);
      previous = { item, message };
    }
    previous?.item.classList.add("last");
    if (this.root.lastElementChild?.classList.contains("day")) this.root.lastElementChild.remove();
  }

  // Touches only what must change: each change in a log is read out to those who listen to it.
  #separate(item, day) {
    const before = item.previousElementSibling;
    const has = before?.classList.contains("day");
    if (day && !has) item.before(element("div", { class: "day", role: "separator" }, day));
    else if (day && before.textContent !== day) before.textContent = day;
    else if (!day && has) before.remove();
  }

  #miss() {
    this.missed += 1;
    this.#showDistance();
  }

  #scrolled() {
    const distance = this.root.scrollHeight - this.root.scrollTop - this.root.clientHeight;
    this.sticks = distance < NEAR_BOTTOM;
    if (this.sticks) this.missed = 0;
    this.#showDistance();
  }

  #showDistance() {
    this.toBottom.hidden = this.sticks;
    const badge = this.toBottom.querySelector(".badge");
    badge.hidden = this.missed === 0;
    badge.textContent = String(this.missed);
    this.toBottom.setAttribute("aria-label", this.missed ? `To the end: ${this.missed} new` : "To the end");
  }
}

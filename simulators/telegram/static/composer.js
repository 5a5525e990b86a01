// Where one types: the message, the command menu, the bot's own keyboard, and edits of old words.

import { element } from "./elements.js";
import { CommandMenu } from "./commands.js";

const byId = (id) => document.getElementById(id);

export class Composer {
  constructor({ onSend, onEdit, lastOwn }) {
    this.onSend = onSend;
    this.onEdit = onEdit;
    this.lastOwn = lastOwn;
    this.form = byId("composer");
    this.text = byId("text");
    this.send = byId("send");
    this.quoted = byId("quoted");
    this.keys = byId("keys");
    this.keysToggle = byId("keys-toggle");
    this.editing = null;
    this.replying = null;
    this.draftName = null;
    this.menu = new CommandMenu({
      list: byId("commands"), button: byId("menu"), text: this.text,
      onChosen: (command) => this.#submit(`/${command}`),
      onCompleted: () => this.#changed(),
    });
    this.#listen();
  }

  #listen() {
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.#submit(this.text.value); });
    this.text.addEventListener("input", () => { this.#changed(); this.menu.typed(); });
    this.text.addEventListener("keydown", (event) => this.#key(event));
    this.quoted.querySelector("button").addEventListener("click", () => this.#leaveQuoted());
    this.keysToggle.addEventListener("click", () => this.#showKeys(this.keys.hidden));
    byId("start").addEventListener("click", () => this.#submit("/start"));
  }

  #key(event) {
    if (event.isComposing || this.menu.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit(this.text.value);
    } else if (event.key === "ArrowUp" && !this.text.value) {
      const message = this.lastOwn();
      if (message) { event.preventDefault(); this.#edit(message); }
    } else if (event.key === "Escape") {
      this.#leaveQuoted();
    }
  }

  async #submit(value) {
    const text = value.trim();
    if (!text) return;
    const { editing, replying } = this;
    this.text.value = "";
    this.#leaveQuoted();
    this.menu.hide();
    if (!this.keyboard) this.text.placeholder = "Message";
    if (this.keyboard?.one_time_keyboard) this.#showKeys(false);
    this.text.focus({ preventScroll: true });
    const done = editing ? await this.onEdit(editing, text) : await this.onSend(text, replying);
    if (!done && !this.text.value) this.text.value = text;
    this.#changed();
  }

  #edit(message) {
    this.editing = message;
    this.text.value = message.text;
    this.#quote("edit", "Edit message", message.text);
    this.#changed();
  }

  #quote(mark, title, words) {
    this.quoted.hidden = false;
    this.quoted.querySelector("use").setAttribute("href", `#i-${mark}`);
    this.quoted.querySelector("b").textContent = title;
    this.quoted.querySelector("span").textContent = words;
  }

  #leaveQuoted() {
    if (this.editing) this.text.value = "";
    this.editing = this.replying = null;
    this.quoted.hidden = true;
    this.#changed();
  }

  #changed() {
    this.send.disabled = !this.text.value.trim();
    if (!CSS.supports("field-sizing", "content")) {
      this.text.style.height = "auto";
      this.text.style.height = `${Math.min(this.text.scrollHeight, 154)}px`;
    }
    if (this.draftName && !this.editing) sessionStorage.setItem(this.draftName, this.text.value);
  }

  // Begin a chat: its draft, its commands, and what its messages say about the keyboard.
  open({ chatId, userId, commands, messages, isEmpty }) {
    this.draftName = null;
    this.#leaveQuoted();
    this.draftName = `draft:${userId}:${chatId}`;
    this.text.value = sessionStorage.getItem(this.draftName) ?? "";
    this.setCommands(commands);
    this.setEmpty(isEmpty);
    this.#keyboard(null);
    for (const message of messages) this.heed(message);
    this.#changed();
  }

  setCommands(commands) {
    this.menu.set(commands);
  }

  setEmpty(isEmpty) {
    byId("start").hidden = !isEmpty;
    this.form.querySelector(".line").hidden = isEmpty;
  }

  // A message of the bot may bring a keyboard, take it away, or ask for a reply.
  heed(message) {
    const markup = message.keyboard;
    if (!message.from_bot || !markup) return;
    if (markup.keyboard) this.#keyboard(markup);
    else if (markup.remove_keyboard) this.#keyboard(null);
    else if (markup.force_reply) {
      this.replying = message.message_id;
      this.#quote("reply", "Reply", message.text);
      this.text.focus({ preventScroll: true });
    }
    this.text.placeholder = markup.input_field_placeholder || "Message";
  }

  #keyboard(markup) {
    this.keyboard = markup;
    this.keysToggle.hidden = !markup;
    this.keys.replaceChildren(...(markup?.keyboard ?? []).map((row) => element("div", { class: "row" },
      ...row.map((button) => element("button", { type: "button", onclick: () => this.#submit(button.text) }, button.text)))));
    this.#showKeys(Boolean(markup));
    if (!markup) this.text.placeholder = "Message";
  }

  #showKeys(shown) {
    this.keys.hidden = !shown;
    this.keysToggle.setAttribute("aria-expanded", String(shown));
    this.keysToggle.setAttribute("aria-label", shown ? "Hide the bot's keyboard" : "Show the bot's keyboard");
  }
}

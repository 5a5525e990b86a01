// The command menu: opened by "/" or its button, filtered while one types, steered by arrows.

import { element } from "./elements.js";

export class CommandMenu {
  constructor({ list, button, text, onChosen, onCompleted }) {
    Object.assign(this, { list, button, text, onChosen, onCompleted });
    this.commands = [];
    this.shown = [];
    this.selected = -1;
    button.addEventListener("click", () => (this.list.hidden ? this.#showAll() : this.hide()));
    document.addEventListener("pointerdown", (event) => {
      if (!list.hidden && !list.contains(event.target) && !button.contains(event.target)) this.hide();
    });
  }

  set(commands) {
    this.commands = commands;
    this.button.hidden = commands.length === 0;
    if (!this.list.hidden) this.#show(this.#matching(), this.selected);
  }

  typed() {
    const match = /^\/([a-z0-9_]*)$/i.exec(this.text.value);
    if (!match || !this.commands.length) { this.hide(); return; }
    const matching = this.#matching();
    if (matching.length) this.#show(matching, 0);
    else this.hide();
  }

  #matching() {
    const typed = this.text.value.replace(/^\//, "").toLowerCase();
    const begins = this.commands.filter(({ command }) => command.startsWith(typed));
    const contains = this.commands.filter(({ command }) => !command.startsWith(typed) && command.includes(typed));
    return [...begins, ...contains];
  }

  #showAll() {
    this.#show(this.commands, -1);
    this.text.focus({ preventScroll: true });
  }

  #show(commands, selected) {
    this.shown = commands;
    this.list.replaceChildren(...commands.map(({ command, description }, index) => element("li", {
      id: `command-${index}`, role: "option", "aria-selected": "false",
      onclick: () => this.#choose(index),
    }, element("b", {}, `/${command}`), element("span", {}, description))));
    this.list.hidden = false;
    this.list.scrollTop = 0;
    for (const control of [this.text, this.button]) control.setAttribute("aria-expanded", "true");
    this.#select(selected);
  }

  hide() {
    this.list.hidden = true;
    this.selected = -1;
    this.text.removeAttribute("aria-activedescendant");
    for (const control of [this.text, this.button]) control.setAttribute("aria-expanded", "false");
  }

  // True when the key was meant for the menu.
  key(event) {
    if (this.list.hidden) return false;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) this.#select((this.selected + steps[event.key] + this.shown.length) % this.shown.length);
    else if (event.key === "Escape") this.hide();
    else if (event.key === "Enter" && this.selected >= 0) this.#choose(this.selected);
    else if (event.key === "Tab" && this.selected >= 0) this.#complete();
    else return false;
    event.preventDefault();
    return true;
  }

  #select(index) {
    this.selected = index;
    [...this.list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    if (index < 0) { this.text.removeAttribute("aria-activedescendant"); return; }
    this.text.setAttribute("aria-activedescendant", `command-${index}`);
    this.list.children[index].scrollIntoView({ block: "nearest" });
  }

  #choose(index) {
    const { command } = this.shown[index];
    this.hide();
    this.onChosen(command);
  }

  #complete() {
    this.text.value = `/${this.shown[this.selected].command} `;
    this.hide();
    this.onCompleted();
  }
}

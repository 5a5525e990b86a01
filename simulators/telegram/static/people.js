// Whose phone this is: the owner's, a viewer's or a stranger's, and what each has not read yet.

import { element, icon } from "./elements.js";

export class People {
  constructor({ button, menu, users, groups, onChosen }) {
    Object.assign(this, { button, menu, users, groups, onChosen });
    this.unread = new Map();
    button.addEventListener("click", () => this.#show(menu.hidden));
    document.addEventListener("pointerdown", (event) => {
      if (!menu.parentElement.contains(event.target)) this.#show(false);
    });
    menu.addEventListener("keydown", (event) => this.#key(event));
    const known = JSON.parse(localStorage.getItem("me") ?? "{}");
    this.me = users.find((user) => user.id === known.user)?.id ?? users[0].id;
    this.chat = groups.some((group) => group.id === known.chat) ? known.chat : this.me;
  }

  get user() {
    return this.users.find((user) => user.id === this.me);
  }

  nameOf(userId) {
    return this.users.find((user) => user.id === userId)?.name ?? "Somebody";
  }

  // Another chat got a message while this one was on the screen.
  missed(chatId) {
    this.unread.set(chatId, (this.unread.get(chatId) ?? 0) + 1);
    this.draw();
  }

  choose({ me = this.me, chat }) {
    this.me = me;
    this.chat = chat ?? me;
    this.unread.delete(this.chat);
    localStorage.setItem("me", JSON.stringify({ user: this.me, chat: this.chat }));
    this.#show(false);
    this.draw();
    this.onChosen();
  }

  draw() {
    const total = [...this.unread.values()].reduce((sum, count) => sum + count, 0);
    const group = this.groups.find(({ id }) => id === this.chat);
    const { name, role } = this.user;
    this.button.replaceChildren(
      this.#face(this.user),
      element("span", { class: "person" }, name, element("small", {}, group ? group.title : role)),
      ...(total ? [element("span", { class: "badge" }, String(total))] : []),
    );
    this.button.setAttribute("aria-label", `You are ${name}, ${role}. Change`);
    document.title = total ? `(${total}) Steelyard` : "Steelyard";
    if (!this.menu.hidden) this.#fill();
  }

  #face(user) {
    const hue = this.users.indexOf(user) % 4;
    return element("span", { class: "face", "data-hue": hue, "aria-hidden": "true" }, user.name[0]);
  }

  #fill() {
    const users = this.users.map((user) => this.#entry({
      face: this.#face(user), name: user.name, note: user.role, chatId: user.id,
      checked: user.id === this.me && this.chat === this.me, onclick: () => this.choose({ me: user.id }),
    }));
    const groups = this.groups.map((group) => this.#entry({
      face: element("span", { class: "face", "data-hue": 3, "aria-hidden": "true" }, "#"),
      name: group.title, note: `group, as ${this.user.name}`, chatId: group.id,
      checked: group.id === this.chat, onclick: () => this.choose({ chat: group.id }),
    }));
    this.menu.replaceChildren(
      element("h2", {}, "Whose phone this is"), ...users,
      ...(groups.length ? [element("h2", {}, "Groups"), ...groups] : []),
    );
  }

  #entry({ face, name, note, chatId, checked, onclick }) {
    const unread = this.unread.get(chatId);
    return element("button", { type: "button", role: "menuitemradio", "aria-checked": String(checked), onclick },
      face, element("span", { class: "person" }, name, element("small", {}, note)),
      unread ? element("span", { class: "badge" }, String(unread)) : null,
      checked ? icon("check") : null);
  }

  #show(shown) {
    if (shown === !this.menu.hidden) return;
    this.menu.hidden = !shown;
    this.button.setAttribute("aria-expanded", String(shown));
    if (!shown) return;
    this.#fill();
    (this.menu.querySelector('[aria-checked="true"]') ?? this.menu.querySelector("button")).focus();
  }

  #key(event) {
    const entries = [...this.menu.querySelectorAll("button")];
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) {
      event.preventDefault();
      const at = entries.indexOf(document.activeElement) + steps[event.key];
      entries[(at + entries.length) % entries.length].focus();
    } else if (event.key === "Escape") {
      this.#show(false);
      this.button.focus();
    }
  }
}

// Text and entities become elements. Offsets are UTF-16 units, as in JavaScript's own strings.

import { element } from "./elements.js";

const SIMPLE = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code" };

export function formatted(text, entities, { onCommand }) {
  const ordered = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return nodes(text, ordered, 0, text.length, onCommand).map(afterBlock);
}

export const endsInBlock = (parts) => isBlock(parts.at(-1));
const isBlock = (part) => part instanceof Element && ["PRE", "BLOCKQUOTE"].includes(part.tagName);

// A block ends its line by itself: the line break behind it would show as an empty line.
function afterBlock(part, index, parts) {
  return typeof part === "string" && isBlock(parts[index - 1]) ? part.replace(/^\n/, "") : part;
}

function nodes(text, entities, start, end, onCommand) {
  const made = [];
  let at = start;
  const rest = [...entities];
  while (rest.length) {
    const entity = rest.shift();
    const from = Math.max(entity.offset, at);
    const to = Math.min(entity.offset + entity.length, end);
    if (to <= from) continue;
    if (from > at) made.push(text.slice(at, from));
    // What begins inside belongs inside; what sticks out of it goes on behind it.
    const inside = rest.filter((other) => other.offset < to);
    made.push(wrapped(entity, text.slice(from, to), nodes(text, inside, from, to, onCommand), onCommand));
    for (const other of inside) rest.splice(rest.indexOf(other), 1);
    const sticking = inside.filter((other) => other.offset + other.length > to)
      .map((other) => ({ ...other, offset: to, length: other.offset + other.length - to }));
    rest.unshift(...sticking);
    at = to;
  }
  if (at < end) made.push(text.slice(at, end));
  return made;
}

function wrapped(entity, text, children, onCommand) {
  const simple = SIMPLE[entity.type];
  if (simple) return element(simple, {}, ...children);
  switch (entity.type) {
    case "pre":
      return element("pre", { "data-language": entity.language, tabindex: "0" }, ...children);
    case "spoiler":
      return spoiler(children);
    case "blockquote":
      return element("blockquote", {}, ...children);
    case "expandable_blockquote":
      return foldable(children);
    case "bot_command":
      return element("button", { type: "button", class: "command", onclick: () => onCommand(text) }, ...children);
    case "url":
      return link(text, children);
    case "text_link":
      return link(entity.url, children);
    case "email":
      return link(`mailto:${text}`, children);
    default:
      return element("span", { class: `entity-${entity.type}` }, ...children);
  }
}

function link(address, children) {
  const safe = /^(https?|tg|mailto):/i.test(address);
  if (!safe) return element("span", {}, ...children);
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

function spoiler(children) {
  const show = () => hidden.classList.add("shown");
  const hidden = element("span", {
    class: "spoiler", role: "button", tabindex: "0", "aria-label": "Hidden text: show it", onclick: show,
    onkeydown: (event) => { if (event.key === "Enter") show(); },
  }, element("span", {}, ...children));
  return hidden;
}

function foldable(children) {
  const quote = element("blockquote", { class: "folded", tabindex: "0" }, ...children);
  const turn = () => quote.classList.toggle("folded");
  quote.addEventListener("click", turn);
  quote.addEventListener("keydown", (event) => { if (event.key === "Enter") turn(); });
  return quote;
}

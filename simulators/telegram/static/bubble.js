// One message as it looks: bubble, picture or file, time and ticks, and its buttons.

import { element, icon, sizeOf, timeOf } from "./elements.js";
import { fileUrl } from "./server.js";
import { endsInBlock, formatted } from "./text.js";

export function messageElement(message, context) {
  const out = message.sender_id === context.me;
  const item = element("article", {
    class: `item ${out ? "out" : "in"}`,
    "data-id": message.message_id,
    "aria-label": `${context.nameOf(message)}, ${timeOf(message.date)}`,
  });
  const stack = element("div", { class: "stack" }, bubble(message, context));
  if (message.buttons.length) {
    stack.classList.add("has-keys");
    stack.append(inlineKeyboard(message, context));
  }
  item.append(stack);
  return item;
}

function bubble(message, context) {
  const bare = message.kind === "photo" && !message.text;
  const box = element("div", { class: bare ? "bubble bare" : "bubble" });
  if (context.showsSenders && !message.from_bot && message.sender_id !== context.me) {
    box.append(element("p", { class: "sender" }, context.nameOf(message)));
  }
  if (message.reply_to) box.append(reply(message.reply_to, context));
  if (message.kind === "photo") box.append(photo(message, context));
  if (message.kind === "document") box.append(documentLink(message));
  if (message.text) {
    const parts = formatted(message.text, message.entities, context);
    box.append(element("span", { class: endsInBlock(parts) ? "text ends-in-block" : "text" }, ...parts));
  }
  box.append(meta(message, context));
  return box;
}

function meta(message, context) {
  const time = element("time", { datetime: new Date(message.date * 1000).toISOString() }, timeOf(message.date));
  const line = element("span", { class: "meta" }, message.edit_date ? element("span", {}, "edited") : null, time);
  if (message.sender_id === context.me) line.append(ticks(!context.isWaiting(message.message_id)));
  return line;
}

// One tick: Telegram has it. Two: the bot has taken it, for good.
export function ticks(taken) {
  const marks = element("span", { class: "ticks", role: "img", "aria-label": taken ? "received by the bot" : "sent" }, icon("check"));
  if (taken) marks.append(icon("check"));
  return marks;
}

function reply(to, context) {
  const who = to.from_bot ? context.botName : "You";
  return element("button", {
    type: "button", class: "reply", onclick: () => context.onShow(to.message_id),
  }, element("b", {}, who), element("span", {}, to.text || "File"));
}

function photo(message, context) {
  const { file } = message;
  const address = fileUrl(file.file_id);
  const label = message.text ? `Picture: ${message.text.slice(0, 80)}` : "Picture";
  return element("button", {
    type: "button", class: "photo", "aria-label": `${label}. Enlarge`, onclick: () => context.onEnlarge(address, label),
  }, element("img", { src: address, alt: label, width: file.width, height: file.height }));
}

function documentLink(message) {
  const { file } = message;
  return element("a", {
    class: "document", href: fileUrl(file.file_id, { download: true }), download: file.name,
  },
  element("span", { class: "circle" }, icon("file")),
  element("span", {}, element("b", {}, file.name), element("small", {}, sizeOf(file.size))));
}

function inlineKeyboard(message, context) {
  const rows = message.buttons.map((row) => element("div", { class: "row" }, ...row.map((button) => key(button, message, context))));
  return element("div", { class: "buttons", role: "group", "aria-label": "Buttons of this message" }, ...rows);
}

function key(button, message, context) {
  if (button.url) {
    return element("a", { class: "key", href: button.url, target: "_blank", rel: "noopener noreferrer" }, button.text, icon("link"));
  }
  if (button.copy_text) {
    return element("button", { type: "button", class: "key", onclick: () => context.onCopy(button.copy_text.text) }, button.text, icon("copy"));
  }
  const waiting = context.isPressed(message.message_id, button.callback_data);
  return element("button", {
    type: "button", class: waiting ? "key waiting" : "key", "aria-busy": waiting ? "true" : false,
    "data-data": button.callback_data, onclick: () => context.onPress(message, button),
  }, button.text);
}

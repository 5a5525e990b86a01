// Puts the page together: who one is, what was said, what is pushed, and what one does.

import { Composer } from "./composer.js";
import { element } from "./elements.js";
import { Panel } from "./panel.js";
import { People } from "./people.js";
import { ask, follow, tell } from "./server.js";
import { Thread } from "./thread.js";

const byId = (id) => document.getElementById(id);
const TYPING_SECONDS = 5.5;
const PRESS_SECONDS = 15;

const setup = await ask("/page/setup");
const pressed = new Map(); // `${message}:${data}` -> timer of its spinner
let waiting = new Set(); // messages the bot has not taken yet
let opened = 0; // guards against answers for a chat one has left
let shownSeq = 0; // events up to this one are part of the loaded history
let typingTimer = null;
let status = { polled: true, process: null };

const context = {
  me: 0,
  botName: setup.bot.first_name,
  showsSenders: false,
  nameOf: (message) => (message.from_bot ? setup.bot.first_name : people.nameOf(message.sender_id)),
  isWaiting: (messageId) => waiting.has(messageId),
  isPressed: (messageId, data) => pressed.has(`${messageId}:${data}`),
  onCommand: (command) => send(command),
  onPress: press,
  onShow: (messageId) => thread.show(messageId),
  onEnlarge: enlarge,
  onCopy: async (text) => { await navigator.clipboard.writeText(text); toast("Copied"); },
};

const thread = new Thread({ root: byId("thread"), toBottom: byId("to-bottom"), context, onOlder: older });
const composer = new Composer({ onSend: send, onEdit: edit, lastOwn: () => thread.lastOwn(people.me) });
const people = new People({
  button: byId("people"), menu: byId("people-menu"), users: setup.users, groups: setup.groups, onChosen: openChat,
});
byId("bot-name").textContent = setup.bot.first_name;
if (setup.panel.length) new Panel({ root: byId("panel"), groups: setup.panel, onStatus: (now) => { status = now; drawStatus(); } });
chooseColours();
await openChat();
people.draw();
follow(setup.last_seq, { onEvent: heard, onConnection: (up) => { byId("offline").hidden = up; } });

async function openChat() {
  const mine = ++opened;
  const { me, chat } = people;
  const history = await ask("/page/history", { chat_id: chat });
  if (mine !== opened) return;
  context.me = me;
  context.showsSenders = chat !== me;
  waiting = new Set(history.waiting);
  shownSeq = history.last_seq;
  const isEmpty = history.messages.length === 0;
  thread.reset(history.messages, history.has_more, isEmpty ? welcome() : null);
  composer.open({
    chatId: chat, userId: me, commands: setup.commands[chat] ?? [], messages: history.messages, isEmpty: isEmpty && chat === me,
  });
  stopTyping();
}

function welcome() {
  return element("div", { class: "empty" }, element("b", {}, "What can this bot do?"),
    setup.description || "Nothing has been said yet. Press Start and see.");
}

async function older() {
  const { chat } = people;
  const history = await ask("/page/history", { chat_id: chat, before: Math.min(...thread.messages.keys()) });
  if (chat === people.chat) thread.prepend(history.messages, history.has_more);
}

function heard(event) {
  if (event.event === "commands") { renewCommands(); return; }
  if (event.chat_id !== people.chat) {
    if (event.event === "message" && event.from_bot) people.missed(event.chat_id);
    return;
  }
  if (event.seq <= shownSeq) return;
  const hear = {
    message: () => added(event),
    edit: () => { releaseMessage(event.message_id); thread.replace(event); },
    delete: () => thread.remove(event.message_id),
    taken: () => { waiting.delete(event.message_id); thread.taken(event.message_id); },
    answer: () => answered(event),
    action: () => showTyping(event),
  };
  hear[event.event]?.();
}

function added(message) {
  if (message.from_bot) stopTyping();
  else waiting.add(message.message_id);
  thread.append(message);
  composer.setEmpty(false);
  composer.heed(message);
}

async function renewCommands() {
  setup.commands = (await ask("/page/setup")).commands;
  composer.setCommands(setup.commands[people.chat] ?? []);
}

async function send(text, replyTo = null) {
  return attempt(() => tell("/page/say", { user_id: people.me, chat_id: people.chat, text, reply_to: replyTo }));
}

async function edit(message, text) {
  return attempt(() => tell("/page/edit", { user_id: people.me, message_id: message.message_id, text }));
}

async function press(message, button) {
  const key = `${message.message_id}:${button.callback_data}`;
  if (pressed.has(key)) return;
  pressed.set(key, setTimeout(() => release(key), PRESS_SECONDS * 1000));
  thread.refresh(message.message_id);
  const done = await attempt(() => tell("/page/press", {
    user_id: people.me, chat_id: message.chat_id, message_id: message.message_id, data: button.callback_data,
  }));
  if (!done) release(key);
}

async function attempt(deed) {
  try {
    await deed();
    return true;
  } catch (refused) {
    toast(refused.message);
    return false;
  }
}

function release(key) {
  clearTimeout(pressed.get(key));
  pressed.delete(key);
  thread.refresh(Number(key.split(":", 1)[0]));
}

function releaseMessage(messageId) {
  for (const key of [...pressed.keys()]) if (key.startsWith(`${messageId}:`)) release(key);
}

function answered(event) {
  releaseMessage(event.message_id);
  if (event.user_id !== people.me || !event.text) return;
  if (event.alert) showAlert(event.text);
  else toast(event.text);
}

function toast(words) {
  const shown = element("p", { class: "toast" }, words);
  byId("toasts").append(shown);
  setTimeout(() => shown.remove(), Math.max(3000, 60 * words.length));
}

function showAlert(words) {
  byId("alert-text").textContent = words;
  byId("alert").showModal();
}

function enlarge(address, label) {
  const box = byId("lightbox");
  const picture = box.querySelector("img");
  picture.src = address;
  picture.alt = label;
  box.onclick = () => box.close();
  box.showModal();
}

function showTyping({ action, at }) {
  if (Date.now() / 1000 - at > TYPING_SECONDS) return;
  clearTimeout(typingTimer);
  typingTimer = setTimeout(stopTyping, TYPING_SECONDS * 1000);
  drawStatus(action.startsWith("upload_photo") ? "sending a picture" : action.startsWith("upload") ? "sending a file" : "typing");
}

function stopTyping() {
  clearTimeout(typingTimer);
  typingTimer = null;
  drawStatus();
}

function drawStatus(doing) {
  if (!doing && typingTimer !== null) return;
  const line = byId("bot-status");
  const stopped = status.process?.running === false;
  const [mood, words] = doing ? ["typing", doing]
    : stopped ? ["bad", "stopped"]
      : status.polled ? ["good", "listening"] : ["bad", "not listening"];
  if (line.dataset.mood !== mood) line.dataset.mood = mood;
  const text = line.querySelector(".words");
  if (text.textContent !== words) text.textContent = words;
}

function chooseColours() {
  const button = byId("theme");
  const order = ["automatic", "light", "dark"];
  const draw = () => {
    const now = document.documentElement.dataset.theme ?? "automatic";
    button.querySelector("use").setAttribute("href", `#i-${now === "automatic" ? "auto" : now}`);
    button.setAttribute("aria-label", `Colours: ${now}`);
    button.title = `Colours: ${now}`;
    return now;
  };
  draw();
  button.addEventListener("click", () => {
    const next = order[(order.indexOf(draw()) + 1) % order.length];
    if (next === "automatic") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    localStorage.setItem("theme", next);
    draw();
  });
}

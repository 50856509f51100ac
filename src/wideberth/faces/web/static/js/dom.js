// How the page is drawn: lists kept by key, so that a row is made anew only when what it shows
// changed, nothing flickers and the focus stays where it is; and texts that are as old as they are.

import { age, duration, h, plain } from "./text.js";
import { key, phrase, placed, sourceOf, t } from "./words.js";
import { partyColour } from "./colours.js";

/** What every acknowledgement carries; the server's own words are shown where they came. */
export const SENTENCE =
  key("This confirms receipt; it is neither permission nor a guarantee, and lack of notice removes no protection.");
export const NO_INFORMATION = phrase("No information. No information is not clearance.");

/** @type {(id: string) => any} An element of the page as it is served. */
export const at = (id) => document.getElementById(id);

/** Put rows, each {key, shows, make}, into a list; shows is everything that the row depends on. */
export function rows(container, wanted, empty) {
  const before = new Map([...container.children].map((node) => [node.dataset.key, node]));
  const focus = container.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  const nodes = wanted.map(({ key, shows, make }) => {
    const signature = JSON.stringify(shows);
    const old = before.get(key);
    if (old && old.signature === signature) return old;
    const made = make();
    const node = old && old.tagName === made.tagName ? became(old, made) : made;
    node.dataset.key = key;
    node.signature = signature;
    return node;
  });
  if (!nodes.length) {
    const old = before.get("-");
    const node = old?.signature === empty ? old : h("p", { class: "none" }, empty);
    node.dataset.key = "-";
    node.signature = empty;
    nodes.push(node);
  }
  const same = nodes.length === container.children.length && nodes.every((node, i) => node === container.children[i]);
  if (same) return;
  const scrolled = container.scrollTop;
  container.replaceChildren(...nodes);
  container.scrollTop = scrolled;
  if (focus) container.querySelector(`[data-focus="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
}

/** A text in the place of the one that a node has; of a translation the English is its tooltip. */
export function setText(node, text) {
  const shown = placed(text);
  if (node.textContent === shown) return;
  node.textContent = shown;
  const source = sourceOf(text);
  if (source) node.title = source;
  else if (node.sourced) node.removeAttribute("title");
  node.sourced = Boolean(source);
}

/** The old node with the new one's looks and contents: a click that has begun on it still counts,
 * and what it does when clicked goes by the key, which is the same. */
function became(old, made) {
  const focus = old.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  for (const { name } of [...old.attributes]) if (!made.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of [...made.attributes]) old.setAttribute(name, value);
  old.replaceChildren(...made.childNodes);
  if (focus && document.activeElement?.dataset.focus !== focus) {
    old.querySelector(`[data-focus="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
  }
  return old;
}

// Ages change all the time; they are written into the rows in place.
const AGES = {
  ago: (ms, now) => t("{age} ago", { age: age(now - ms) }),
  silent: (ms, now) => phrase("SILENT {age}", { age: age(now - ms) }),
  lost: (ms, now) => phrase("LOST {age}", { age: age(now - ms) }),
  begins: (ms, now) => t("begins in {duration}", { duration: coarse(ms - now) }),
  ends: (ms, now) => t("ends in {duration}", { duration: coarse(ms - now) }),
  over: () => t("its time is over"),
  within: (ms, now) => (ms > now ? t("in {duration}", { duration: duration((ms - now) / 1000) }) : t("due {duration} ago", { duration: duration((now - ms) / 1000) })),
  loss: (ms, now) => (ms > now ? t("distance lost in {duration}", { duration: duration((ms - now) / 1000) }) : t("the time to loss is over")),
  waiting: (ms, now) => t("{duration} so far", { duration: duration((now - ms) / 1000) }),
};
const coarse = (ms) => duration(ms / 1000).replace(/(min) \d+ s$/, "$1");

/** A text that is kept as old as it is by tick(). */
export const aged = (form, ms, attributes = {}) => h("span", { ...attributes, "data-form": form, "data-ms": ms });

/** Bring every aged text up to date. */
export function tick(now) {
  for (const node of document.querySelectorAll("[data-form]")) {
    setText(node, AGES[node.dataset.form](Number(node.dataset.ms), now));
  }
}

const announced = new Set();

/** Say what is new, once, to those who listen to the page. */
export function announce(key, text) {
  if (announced.has(key)) return;
  announced.add(key);
  at("announce").append(h("p", {}, text));
  while (at("announce").children.length > 5) at("announce").firstChild.remove();
}

const TOAST_MS = 15000;

/** Say something in a corner of every view, for a while, or until it is clicked away. link: where it
 * leads, {text, href}, or null. */
export function toast(text, link = null) {
  const away = h("button", { type: "button", class: "quiet", "aria-label": t("Put it away"), onclick: () => node.remove() }, "×");
  const node = h("p", { class: "toast" }, h("span", {}, plain(text, 300), link ? [" ", h("a", { href: link.href, onclick: () => node.remove() }, link.text)] : null), away);
  at("toasts").append(node);
  while (at("toasts").children.length > 4) at("toasts").firstChild.remove();
  setTimeout(() => node.remove(), TOAST_MS);
}

export const partyName = (state, id) => (id ? (state.parties[id]?.name ?? id) : t("not shown"));
/** By what people call an intent; where nothing of that is told, or shown, by its kind and whose it is. */
export const intentName = (state, intent) => intent.callSign ?? intent.placeName ?? t("{kind} of {party}", { kind: intent.kind, party: partyName(state, intent.party) });
/** What a notice tells of, where that is on no list of the page: what it was called while it was
 * shown; where it never was, the kind that the notice names of it, and that no more is shown. */
export function goneName(state, reference, kind = null) {
  if (reference.type !== "intent") return `${reference.type} ${reference.id}`;
  const known = state.called[reference.id];
  if (known) return t("{name}, over or not shown now", { name: intentName(state, known) });
  return t("{kind}, over or not shown to you", { kind: kind ?? t("something") });
}

/** Whether a name says already whose it is. */
export function namesParty(state, name, party) {
  const whose = t("{kind} of {party}", { kind: "", party: partyName(state, party) }).replace("\u2068\u2069", "");
  return name.split(/, |، /)[0].endsWith(whose);
}
export const swatch = (party) => h("i", { class: `swatch c${partyColour(party)}`, "aria-hidden": "true" });

/** That it is not the whole, in the server's words, and what is left out. */
export function partText({ words, withheld }) {
  const left = withheld.map((field) => plain(field).replaceAll("_", " ")).join(", ");
  return t("As agreed: {words}{what}.", { words: plain(words ?? t("shown in part"), 160), what: left ? t("; not shown: {left}", { left }) : "" });
}

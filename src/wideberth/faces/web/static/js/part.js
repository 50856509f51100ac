// A part of an incident's sheet: a heading, what stands in it, the buttons that begin something, and
// one small form at a time, which a redraw leaves alone.

import { rows } from "./dom.js";
import { Wrong } from "./fields.js";
import { smallForm } from "./life.js";
import { h } from "./text.js";
import { t } from "./words.js";

export class Part {
  constructor(id, title, empty) {
    this.empty = empty;
    this.list = h("div", { class: "cards", id });
    this.buttons = h("p", { class: "actions" });
    this.box = h("div", {});
    this.node = h("section", { "aria-labelledby": `h-${id}` }, h("h4", { id: `h-${id}` }, title), this.list, this.buttons, this.box);
  }

  /** items: {key, shows, make} as rows() takes them; begins: [label, act] of the buttons below. */
  draw(items, begins = []) {
    rows(this.list, items, this.empty);
    rows(this.buttons, begins.map(([label, act]) => ({ key: label, shows: label, make: () => button(label, act) })), "");
  }

  /** Open a form with one thing to do; act(elements) throws what is wrong. */
  ask(heading, label, inside, act) {
    const from = document.activeElement;
    const close = () => { this.box.replaceChildren(); if (from?.isConnected) from.focus({ preventScroll: true }); };
    const form = smallForm(heading, label, inside, act, close);
    this.box.replaceChildren(form);
    form.querySelector("input, textarea, select, button")?.focus();
    form.scrollIntoView({ block: "nearest" });
  }
}

export const button = (label, act) => h("button", { type: "button", class: "do other", "data-focus": label, onclick: act }, label);

/** Words as they were written, a paragraph for each line, in quotes that are the page's. */
export const quoted = (words, language = null) => h("blockquote", { class: "words", lang: language }, words.split("\n").map((line) => h("p", {}, document.createTextNode(line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\u00b7")))));

export function wordsField(most, label = t("Words")) {
  const area = h("textarea", { rows: "4", maxlength: String(most), spellcheck: "false", "aria-label": label, name: "words" });
  return h("p", { class: "field" }, h("label", {}, label, area));
}

export function neededWords(elements) {
  const words = elements.words.value.trim();
  if (!words) throw new Wrong("words", t("Give the words."));
  return words;
}

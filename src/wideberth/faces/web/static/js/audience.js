// Who may read what somebody gives, and to whom it goes: small parts of forms.

import { partyName } from "./dom.js";
import { Wrong } from "./fields.js";
import { h, plain } from "./text.js";
import { t } from "./words.js";

let asked = 0;

/** Boxes for parties, with a legend; read() gives those that are ticked. */
export function partiesField(legend, parties, state, ticked = []) {
  asked += 1;
  const boxes = parties.map((party) => h("input", { type: "checkbox", value: party, checked: ticked.includes(party), "data-focus": `p${asked}-${party}` }));
  const node = h("fieldset", { class: "field" }, h("legend", {}, legend),
    boxes.length ? boxes.map((box) => h("label", { class: "mark-one" }, box, ` ${plain(partyName(state, box.value), 60)}`)) : h("span", { class: "dim" }, t("nobody else is there")));
  return { node, boxes, read: () => boxes.filter((box) => box.checked).map((box) => box.value) };
}

const WHO = { own: t("nobody yet; its time can be proved later"), all: t("all who are named in it now"), named: t("these:") };

/** A choice of who may read it. read() gives "own", "all" or parties, as the API takes it. */
export function audienceField(legend, parties, state, given = "own") {
  asked += 1;
  const name = `audience-${asked}`;
  const start = Array.isArray(given) ? "named" : given;
  const radios = Object.fromEntries(Object.keys(WHO).map((who) => [who, h("input", { type: "radio", name, value: who, checked: who === start, "data-focus": `${name}-${who}` })]));
  const those = partiesField(t("These parties"), parties, state, Array.isArray(given) ? given : []);
  for (const box of those.boxes) box.addEventListener("change", () => { radios.named.checked = true; });
  const node = h("fieldset", { class: "field" }, h("legend", {}, legend),
    Object.entries(WHO).map(([who, words]) => h("label", { class: "mark-one" }, radios[who], ` ${words}`)), those.node);
  return {
    node,
    read: () => {
      if (!radios.named.checked) return radios.all.checked ? "all" : "own";
      const chosen = those.read();
      if (!chosen.length) throw new Wrong(those.boxes[0] ?? radios.named, t("{legend}: tick one party at least, or choose another line.", { legend }));
      return chosen;
    },
  };
}

/** A form that names parties is not begun before they are known: it would stand there without any. */
export function waitForParties(button, state) {
  button.disabled = !Object.keys(state.parties).length;
}

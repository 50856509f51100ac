// Things that the page knows, to be picked in a form instead of typing their ids: intents, zones,
// warnings, notices and STOPs that the reader may see. What is not among them is named by its id,
// which is looked up before it is signed.

import { choice, field } from "./answer.js";
import { partyName } from "./dom.js";
import { kindOf } from "./desk.js";
import { Wrong } from "./fields.js";
import { h, plain, utcDate, utcShort } from "./text.js";
import { phrase, t } from "./words.js";

const OTHER = "*";
const stamp = (ms) => (Number.isFinite(ms) ? `${utcDate(ms)} ${utcShort(ms)}` : t("time not told"));

/** [id, words] of each kind that is known. shapes: of a timeline, which also has what is over. */
export function knownThings(state, shapes = []) {
  const intents = new Map(shapes.filter((each) => each.type === "intent").map((each) => [each.id, t("{name} · {kind} of {party}", { name: plain(each.name || each.kind, 60), kind: each.kind, party: plain(partyName(state, each.party), 40) })]));
  for (const each of Object.values(state.intents)) {
    intents.set(each.id, t("{callSign} · {kind} of {party} · {stamp}", { callSign: plain(each.callSign ?? each.placeName ?? each.kind, 60), kind: each.kind, party: plain(partyName(state, each.party), 40), stamp: stamp(each.startMs) }));
  }
  return {
    intent: [...intents],
    zone: Object.values(state.zones).map((each) => [each.id, t("{name} · zone of {party}", { name: plain(each.name, 60), party: plain(partyName(state, each.party), 40) })]),
    warning: Object.values(state.warnings).map((each) => [each.id, `${plain(each.kind, 40)} · ${stamp(each.raisedMs)}`]),
    notice: Object.values(state.notices).sort((a, b) => b.number - a.number).map((each) => [each.id, t("no. {number} · {kind} · {stamp}", { number: each.number, kind: kindOf(state, each), stamp: stamp(each.issuedMs) })]),
    stop: Object.values(state.stops).map((each) => [each.id, t("{form} of {party} · {stamp}", { form: each.form.toUpperCase(), party: plain(partyName(state, each.sender), 40), stamp: stamp(each.sentMs) })]),
  };
}

/** A choice of one thing of a kind, or of another by its id. nodes: fields of a form; read(): its id,
 * or "" where none is said.
 * @param {string} name @param {string} label
 * @param {{known: string[][], value?: string, changed?: (value: string) => void}} given */
export function thingField(name, label, { known, value = "", changed = () => {} }) {
  const before = value && !known.some(([id]) => id === value) ? [[value, t("as given before, {value}", { value: plain(value, 60) })]] : [];
  const select = choice([["", t("not said")], ...known, ...before, [OTHER, t("another, by its id …")]]);
  select.value = value;
  const by = field(`${name}_id`, t("Its id"), { maxlength: 200 });
  const input = by.querySelector("input");
  by.hidden = true;
  select.addEventListener("change", () => {
    by.hidden = select.value !== OTHER;
    changed(select.value);
    if (!by.hidden) input.focus();
  });
  const read = () => {
    if (select.value !== OTHER) return select.value;
    if (!input.value.trim()) throw new Wrong(input, t("Its id: give the id, or pick another line."));
    return input.value.trim();
  };
  return { nodes: [field(name, label, {}, select), by], read };
}

const TITLES = { intent: t("Intents"), zone: t("Zones"), warning: phrase("Warnings"), notice: t("Notices"), stop: phrase("STOPs") };

/** What something is about: any number of things, picked or named by their ids. read(api) looks up
 * what was typed and gives all ids, or throws, once, which of them the reader may not see. */
export function thingsField(legend, state, given = []) {
  const known = knownThings(state);
  /** @type {Map<string, string>} */
  const words = new Map(/** @type {any} */ (Object.values(known).flat()));
  const picked = h("div", { class: "picked" });
  const boxes = () => [...picked.querySelectorAll("input")];
  const add = (id) => {
    if (boxes().some((each) => each.value === id)) return;
    picked.append(h("label", { class: "mark-one" }, h("input", { type: "checkbox", value: id, checked: true, "data-thing": id }), ` ${plain(words.get(id) ?? t("by its id, {id}", { id }), 160)}`));
  };
  for (const id of given) add(id);
  const select = h("select", {}, h("option", { value: "" }, t("pick one to add it …")),
    Object.entries(known).filter(([, each]) => each.length).map(([type, each]) => h("optgroup", { label: TITLES[type] }, each.map(([id, text]) => h("option", { value: id }, plain(text, 120))))));
  select.addEventListener("change", () => { if (select.value) add(select.value); select.value = ""; });
  const typed = field("subjects", t("Others by their ids, with spaces between"), { class: "long" });
  const input = typed.querySelector("input");
  const asked = new Set();
  const node = h("fieldset", { class: "field" }, h("legend", {}, legend), picked, field("subject", t("Of what you see here"), {}, select), typed);
  const read = async (api) => {
    const ids = input.value.split(/[\s,]+/).filter(Boolean);
    for (const id of ids) {
      if (words.has(id) || asked.has(id) || (await exists(api, id))) continue;
      asked.add(id); // a warning that is over is found by no look-up: whoever means it says so again
      throw new Wrong(input, phrase("No intent, zone, notice or STOP that you may see has the id {id}. Pick it above, or leave it out; if it is meant, press the button once more.", { id: plain(id, 60) }));
    }
    return [...new Set([...boxes().filter((each) => each.checked).map((each) => each.value), ...ids])];
  };
  return { node, read };
}

const LOOKED_UP = ["intents", "zones", "notices", "stops"];

/** Whether any thing that the reader may see has this id. */
async function exists(api, id) {
  const found = LOOKED_UP.map((path) => api.get(`/api/v1/${path}/${encodeURIComponent(id)}`).then(() => true, (error) => {
    if (error.status) return false;
    throw error;
  }));
  return (await Promise.all(found)).some(Boolean);
}

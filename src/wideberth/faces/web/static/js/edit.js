// A text of an agreement as a form: each number, place and word of it in a field of its own, and
// each provision as it is signed for whoever needs what is not there yet. What comes out is the
// text as it is signed.

import { choice, field } from "./answer.js";
import { Wrong, clearFault, instantOf, refusal, showFault } from "./fields.js";
import { inputOf, labelOf, leaves, put } from "./inputs.js";
import { NO_NEUTRAL, TITLES, callsNeutral, titleOf } from "./provisions.js";
import { h, plain } from "./text.js";
import { t } from "./words.js";

const DAY_MS = 86_400_000;
const MOST_DAYS = 120;
const DRAWN_AFTER_MS = 250; // since the last key, the map follows what is typed
const LEFT_OVER = /\(placeholder\)/i;

// What a new provision begins with: the members that it has to have.
const NEW = {
  wording: { words: "" },
  line: { points: [[0, 0], [0, 1_000_000_000]] },
  "separation-table": { rows: [{ actor: "fixed", line: "", distance_m: 1000 }] },
  "line-buffer": { line: "", width_m: 1000 },
  "moving-buffer": { round: ["ship"], radius_m: 1000 },
  between: { horizontal_m: 1000, vertical_m: 300 },
  zone: {
    footprint: { type: "circle", latitude_nd: 0, longitude_nd: 0, radius_mm: 1_000_000 },
    lower: { value_mm: 0, reference: "W84" }, upper: { value_mm: 1_000_000, reference: "W84" },
  },
  "lead-time": { kind: "flight", minimum_s: 3600 },
  acknowledgement: { urgency: "prompt", within_s: 600, ladder: [{ after_s: 900, to: "senior" }] },
  liveness: { every_s: 3600 },
  distribution: { party: "", units: [] },
  coverage: { party: "", bound: [], informed: [], not_covered: [] },
  "graduated-response": { steps: [{ words: "First warning" }] },
  condition: { words: "", duty: "widen", within_s: 600, parties: [] },
  stop: { words: "" },
  languages: { tags: ["en"] },
  consent: { words: "", entitled: [] },
  publish: { sender: "", area: "", rules: ["keep-out", "stand-off"] },
  drills: { every_days: 7, at_s: 32400, window_s: 28800 },
  "read-back-test": { valid_days: 365 },
  counting: { counts: [{ what: "incursion" }] },
};

const minute = (us) => new Date(us / 1000).toISOString().slice(0, 16).replace("T", " ");

function number(input, unit, least, most) {
  const value = Number(input.value.trim());
  if (!input.value.trim() || !Number.isFinite(value) || value < least || value > most) throw new Wrong(input, t("{label}: give {least} to {most} {unit}.", { label: input.labels[0].textContent, least, most, unit }));
  return value;
}



/** One provision in a fieldset. read(): it as it is to be signed, null where it is left out. */
function editor(provision, { index, parties, lineIds, vacant }) {
  const keep = h("input", { type: "checkbox", "aria-label": t("Keep {id}", { id: provision.id }) });
  keep.checked = true;
  const fields = [];
  const nodes = [];
  let row = null;
  for (const [path, was] of leaves(provision)) {
    const made = inputOf(path, was, { parties, lineIds });
    made.input.value = made.text;
    fields.push({ path, ...made, text: made.input.value }); // as the browser has it: what is not touched stays
    const group = path.length > 2 && /^\d+$/.test(path[1]) ? `${path[0]}/${path[1]}` : "";
    if (!row || row.dataset.group !== group) {
      row = h("div", { class: `fields ${group ? "one-row" : ""}`, "data-group": group });
      nodes.push(row);
    }
    row.append(field(`p${index}-${path.join("-")}`, labelOf(path), {}, made.input));
  }
  const stated = JSON.stringify(provision, null, 1);
  const text = h("textarea", { rows: 8, class: "num", spellcheck: "false", "aria-label": t("{id} as it is signed", { id: provision.id }) });
  text.value = stated;
  const node = h("fieldset", { class: "provision" },
    h("legend", {}, h("label", {}, keep, ` ${plain(provision.id, 60)} `), h("span", { class: "dim" }, titleOf(provision))),
    vacant && callsNeutral(provision) ? h("p", { class: "missing" }, NO_NEUTRAL) : null,
    nodes,
    h("details", { class: "log" }, h("summary", {}, t("As it is signed: add parties, rows or exceptions here")),
      h("p", { class: "dim small" }, t("What is changed here takes the place of the fields above. Whole numbers; places in 1e-9 degree, latitude first.")), text));
  const read = () => {
    if (!keep.checked) return null;
    if (text.value !== stated) {
      try {
        return JSON.parse(text.value);
      } catch {
        throw new Wrong(text, t("{id}: what is typed in “As it is signed” is not JSON.", { id: provision.id }));
      }
    }
    const made = structuredClone(provision);
    for (const { path, input, text: was, read: meant } of fields) if (input.value !== was) put(made, path, within(provision, () => meant(input)));
    for (const [name, value] of Object.entries(made)) if (Array.isArray(value) && !value.length) delete made[name];
    return made;
  };
  const inputAt = (path) => fields.find((each) => each.path.join(".") === path)?.input ?? fields.find((each) => path.startsWith(each.path.join(".")))?.input ?? text;
  return { node, read, inputAt, id: provision.id };
}

/** What is wrong in a field says of which provision. */
function within(provision, read) {
  try {
    return read();
  } catch (error) {
    throw error instanceof Wrong ? new Wrong(error.at, `${provision.id}, ${error.message}`) : error;
  }
}

/** A form of a text. send(terms, answerBy) proposes it; others = buttons beside that, {label, act}. vacant:
 * whether the space has no neutral; map: that shows the places of the text as they are typed. */
export function editForm({ terms, label, send, others = [], nowMs, close, vacant = false, map = null }) {
  const fault = h("p", { class: "fault", role: "alert" });
  const parties = terms.parties;
  const editors = [];
  const box = h("div", { class: "provisions-edited" });
  const lineIds = terms.provisions.filter((each) => each.type === "line").map((each) => each.id);
  const add = (provision) => {
    const made = editor(provision, { index: editors.length, parties, lineIds, vacant });
    editors.push(made);
    box.append(made.node);
    return made;
  };
  terms.provisions.forEach(add);

  const input = (value, attributes = {}) => { const made = h("input", { type: "text", autocomplete: "off", ...attributes }); made.value = value; return made; };
  const title = input(terms.title, { maxlength: 200, class: "long" });
  const begins = input(minute(terms.effective_us));
  const days = input(String(Math.round((terms.expires_us - terms.effective_us) / 1000 / DAY_MS * 100) / 100), { inputmode: "decimal" });
  const hours = input("24", { inputmode: "decimal" });
  const was = { begins: begins.value, days: days.value };

  const kinds = choice(Object.keys(NEW)
    .filter((type) => terms.kind === "CONSENT" || type !== "consent")
    .filter((type) => terms.kind !== "NOTIFY" || !["separation-table", "line-buffer", "moving-buffer", "between"].includes(type))
    .map((type) => [type, TITLES[type]]));
  const fresh = (type) => {
    const taken = new Set(editors.map((each) => each.id));
    let count = 1;
    while (taken.has(`${type}-${count}`)) count += 1;
    const given = structuredClone(NEW[type]);
    if (given.party === "") given.party = parties[0];
    if (given.entitled || given.parties) given[given.entitled ? "entitled" : "parties"] = [parties[0]];
    if (given.line === "") given.line = lineIds[0] ?? "line-1";
    for (const each of given.rows ?? []) each.line = lineIds[0] ?? "line-1";
    const made = { type, id: `${type}-${count}`, ...given };
    if (type === "line") lineIds.push(made.id);
    return made;
  };
  const adding = h("p", { class: "line" }, field("adding", t("Another provision"), {}, kinds),
    h("button", { type: "button", class: "quiet", onclick: () => {
      const made = add(fresh(kinds.value));
      made.node.querySelector("input:not([type=checkbox]), textarea, select")?.focus();
    } }, t("Add it")));

  let proposed = []; // the editors of what was sent last, in its order
  const read = () => {
    const made = structuredClone(terms);
    made.title = title.value.trim();
    if (begins.value !== was.begins || days.value !== was.days) {
      const from = begins.value === was.begins ? terms.effective_us / 1000 : instantOf(begins, nowMs());
      made.effective_us = Math.round(from * 1000);
      made.expires_us = made.effective_us + Math.round(number(days, "days", 0.01, MOST_DAYS) * DAY_MS * 1000);
    }
    const read = editors.map((each) => [each, each.read()]).filter(([, each]) => each);
    made.provisions = read.map(([, each]) => each);
    proposed = read.map(([each]) => each);
    return made;
  };
  const answerBy = () => new Date(nowMs() + number(hours, "hours", 0.2, 1440) * 3_600_000).toISOString();
  /** What still bears the mark of a template is not proposed: who signs it, signs that. */
  const refuseLeftOver = (made) => {
    if (LEFT_OVER.test(made.title)) throw new Wrong(title, t("Title: it still says “{title}”. Write your own; it is signed as it stands.", { title: plain(made.title, 80) }));
    const at = made.provisions.findIndex((each) => LEFT_OVER.test(each.title ?? ""));
    if (at < 0) return;
    const { id, title: said } = made.provisions[at];
    throw new Wrong(proposed[at].inputAt("title"), t("{id}: its title still says “{said}”. What stands in it is the template's: put in your own places, and a title of your own.", { id, said: plain(said, 80) }));
  };
  const doing = async (act, check = () => {}) => {
    clearFault(fault);
    try {
      const made = read();
      check(made);
      await act(made, answerBy());
      close();
    } catch (error) {
      const path = String(error.details?.field ?? "");
      const [, index, rest] = /provisions\.(\d+)\.?(.*)$/.exec(path.split(",")[0]) ?? [];
      const at = index === undefined ? null : proposed[Number(index)]?.inputAt(rest);
      showFault(form, fault, at ? new Wrong(at, `${proposed[Number(index)].id}: ${refusal(error.message)}`) : error, [[/title/, title], [/effective/, begins], [/expires/, days], [/answer_by/, hours]]);
    }
  };
  const form = h("form", { class: "answer", "aria-label": label, novalidate: true },
    h("h4", {}, label, ` ${t("· {kind} · between {parties}{what}", { kind: terms.kind, parties: terms.parties.map((each) => plain(each, 60)).join(", "), what: terms.neutral ? t(", through {neutral}", { neutral: plain(terms.neutral, 60) }) : "" })}`),
    h("div", { class: "fields" },
      field("title", t("Title"), {}, title), field("begins", t("Begins, UTC (once all have signed)"), {}, begins),
      field("days", t("Lasts, days (up to {days})", { days: MOST_DAYS }), {}, days), field("hours", t("The others answer within, hours"), {}, hours)),
    map?.draw(terms), box, adding, fault,
    h("p", { class: "line" },
      h("button", { type: "submit", class: "do" }, label),
      others.map((each) => h("button", { type: "button", class: "quiet", onclick: () => doing(each.act) }, each.label)),
      h("button", { type: "button", class: "quiet", onclick: close }, t("Leave it"))));
  let drawing = null;
  form.addEventListener("input", () => {
    clearTimeout(drawing);
    drawing = setTimeout(() => { try { if (form.isConnected) map?.draw(read()); } catch { /* what cannot be read yet is not drawn */ } }, DRAWN_AFTER_MS);
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); doing(send, refuseLeftOver); });
  return form;
}

// A text of an agreement as a form: each number and each word of it in a field of its own, the
// rest (points of lines, corners) as it stands. What comes out is the text as it is signed.

import { field } from "./answer.js";
import { says, titleOf } from "./provisions.js";
import { h, plain } from "./text.js";

const UNITS = { m: "metres", s: "seconds", us: "", nd: "1e-9 degree", mm: "millimetres" };
const SKIPPED = new Set(["id", "type"]);
const DAY_MS = 86_400_000;

const named = (name) => {
  const found = /^(.*)_(m|s|mm|nd)$/.exec(name);
  return found ? `${found[1].replaceAll("_", " ")}, ${UNITS[found[2]]}` : name.replaceAll("_", " ");
};

/** Paths to what a person may edit in a provision: numbers and words, not the shapes. */
function* leaves(value, path = []) {
  for (const [name, each] of Object.entries(value)) {
    if (SKIPPED.has(name) || name === "points" || name === "vertices") continue;
    if (typeof each === "number" || typeof each === "string") yield [[...path, name], each];
    else if (each && typeof each === "object") yield* leaves(each, [...path, name]);
  }
}

const labelOf = (path) => path.map((part) => (/^\d+$/.test(part) ? String(Number(part) + 1) : named(part))).join(" › ");

function put(value, path, text, was) {
  const inner = path.slice(0, -1).reduce((at, name) => at[name], value);
  if (typeof was === "string") { inner[path.at(-1)] = text; return; }
  const number = Number(text.trim());
  if (!text.trim() || !Number.isInteger(number)) throw new RangeError(`${labelOf(path)}: give a whole number`);
  inner[path.at(-1)] = number;
}

/** A form of a text. send(terms, answerBy) proposes it; others = buttons beside that, {label, act}. */
export function editForm({ terms, label, send, others = [], nowMs, close }) {
  const fault = h("p", { class: "fault", role: "alert" });
  const fields = [];
  const provisions = terms.provisions.map((provision, index) => {
    const keep = h("input", { type: "checkbox", checked: true, "aria-label": `Keep ${provision.id}` });
    keep.checked = true;
    const inputs = [...leaves(provision)].map(([path, was]) => {
      const long = typeof was === "string" && was.length > 40;
      const input = long ? h("textarea", { rows: 2 }) : h("input", { type: "text", autocomplete: "off" });
      input.value = String(was);
      if (long) input.className = "long";
      fields.push({ index, path, was, input });
      return field(`p${index}-${path.join("-")}`, labelOf(path), {}, input);
    });
    fields.push({ index, keep });
    return h("fieldset", { class: "provision" },
      h("legend", {}, keep, ` ${plain(provision.id, 60)} `, h("span", { class: "dim" }, titleOf(provision))),
      inputs.length ? h("div", { class: "fields" }, inputs) : h("p", { class: "dim" }, says(provision).join("; ")));
  });
  const title = h("input", { type: "text", value: terms.title, maxlength: 200, class: "long" });
  const days = h("input", { type: "text", inputmode: "numeric", value: String(Math.round((terms.expires_us - terms.effective_us) / 1000 / DAY_MS)) });
  const hours = h("input", { type: "text", inputmode: "numeric", value: "24" });

  const read = () => {
    const made = structuredClone(terms);
    made.title = title.value.trim();
    const long = Number(days.value);
    if (!Number.isInteger(long) || long < 1 || long > 120) throw new RangeError("days: give 1 to 120");
    made.expires_us = made.effective_us + long * DAY_MS * 1000;
    for (const { index, path, was, input } of fields) if (input) put(made.provisions[index], path, input.value, was);
    made.provisions = made.provisions.filter((_, index) => fields.find((each) => each.keep && each.index === index).keep.checked);
    return made;
  };
  const answerBy = () => {
    const given = Number(hours.value);
    if (!Number.isFinite(given) || given <= 0) throw new RangeError("hours: give how long the others have to answer");
    return new Date(nowMs() + given * 3_600_000).toISOString();
  };
  const doing = async (act) => {
    fault.textContent = "";
    try {
      await act(read(), answerBy());
      close();
    } catch (error) {
      fault.textContent = plain(error.message, 400);
    }
  };
  const form = h("form", { class: "answer", "aria-label": label, novalidate: true },
    h("div", { class: "fields" },
      field("title", "Title", {}, title), field("days", "Lasts, days (up to 120)", {}, days),
      field("hours", "The others answer within, hours", {}, hours)),
    provisions, fault,
    h("p", { class: "line" },
      h("button", { type: "submit", class: "do" }, label),
      others.map((each) => h("button", { type: "button", class: "quiet", onclick: () => doing(each.act) }, each.label)),
      h("button", { type: "button", class: "quiet", onclick: close }, "Leave it")));
  form.addEventListener("submit", (event) => { event.preventDefault(); doing(send); });
  return form;
}

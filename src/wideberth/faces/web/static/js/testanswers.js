// The answers of the read-back test: in which form each is typed, how it is read, and, once graded,
// what was typed beside what the message says. What cannot be read is asked again, not graded; of a
// time without its day the day is asked for, since the message says it.

import { SENTENCE } from "./dom.js";
import { Wrong, instantOf } from "./fields.js";
import { h, plain } from "./text.js";
import { t } from "./words.js";

/** name: [label, what it looks like, the line of the message that says it]. */
export const FIELDS = {
  identification: [t("Number"), "4711", 1],
  place: [t("Place: latitude, longitude"), "-7.458000, 54.852000", 2],
  begins: [t("Begins, UTC, with the day"), "2041-03-05 19:54", 3],
  ends: [t("Ends, UTC, with the day"), "2041-03-05 21:10", 4],
  lowest_m: [t("Lowest height, metres"), "120", 5],
  highest_m: [t("Highest height, metres"), "1800", 5],
};

const RIGHT = {
  permission: t("no. {sentence}", { sentence: SENTENCE }),
  clear: t("no. That no message came tells nothing of what is there."),
};

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const COMMAS = /^([+-]?\d{1,3}),(\d+)\s*[,; ]\s*([+-]?\d{1,3}),(\d+)$/;
const METRES = /^[+-]?\d{1,6}(\.0+)?\s*m?$/i;

const READ = {
  identification: (input) => input.value.trim(),
  place(input) {
    const commas = COMMAS.exec(input.value.trim());
    return commas ? `${commas[1]}.${commas[2]}, ${commas[3]}.${commas[4]}` : input.value.trim();
  },
  begins: timeOf,
  ends: timeOf,
  lowest_m: metresOf,
  highest_m: metresOf,
};

function timeOf(input) {
  const text = input.value.trim();
  if (RFC3339.test(text)) return text;
  const [one, other] = [0, 86_400_000].map((day) => instantOf(input, day));
  if (one !== other) throw new Wrong(input, t("Give the day too, as the message says it, such as 2041-03-05 19:54."));
  return new Date(one).toISOString().replace(".000Z", "Z");
}

function metresOf(input) {
  const text = input.value.trim();
  if (!METRES.test(text)) throw new Wrong(input, t("“{text}” is not understood; give whole metres, such as 120.", { text: plain(text, 40) }));
  return text;
}

/** What is handed in of what was typed in a field. Raises Wrong of what cannot be read. */
export const readAs = (name, input) => (READ[name] ? READ[name](input) : input.value);

const lineOf = (item, name) => RIGHT[name] ?? item?.text.split("\n")[FIELDS[name]?.[2]] ?? "";

/** A table of what was wrong. items: the messages; typed: of each, what was typed; wrong: "language/field";
 * languageName, nameOf: what a language and a field are called. */
export function wrongTable({ items, typed, wrong, languageName, nameOf }) {
  return h("table", { class: "provisions wrong", "aria-label": t("What was wrong") },
    h("thead", {}, h("tr", {}, [t("Field"), t("You typed"), t("The message says")].map((each) => h("th", { scope: "col" }, each)))),
    h("tbody", {}, wrong.map((each) => {
      const [language, name] = each.split("/");
      const at = items.findIndex((item) => item.language === language);
      return h("tr", { "data-wrong": each },
        h("th", { scope: "row" }, `${languageName(language)}: ${nameOf(name)}`),
        h("td", { class: "bad" }, h("bdi", {}, plain(typed[at]?.[name] ?? "", 120))),
        h("td", { dir: "auto" }, plain(lineOf(items[at], name), 300)));
    })));
}

// What is pasted or typed as text: read by the server, which says of each row what it could not read.

import { choice, field } from "./answer.js";
import { Problem } from "./api.js";
import { h, plain } from "./text.js";
import { t, tn } from "./words.js";

const QUIET_MS = 400;
const FORMS = () => [["", t("as it looks")], ["coordinates", t("coordinates")], ["notam", t("NOTAM text")], ["geojson", "GeoJSON"], ["table", t("rows of a sheet")]];
const ARE = () => [["", t("as many as they are")], ["polygon", t("corners of an area")], ["corridor", t("points of a line")], ["circle", t("circles of their own")]];

export class Pasting {
  /** taken(drafts): what was read takes the place of what was drawn. */
  constructor(context, taken) {
    Object.assign(this, { context, taken });
    this.turn = 0;
    this.columns = null;
    this.text = h("textarea", { rows: 5, class: "long num", spellcheck: "false", autocomplete: "off", dir: "ltr", placeholder: "46.80, 7.60\n46 48 00 N 7 36 00 E\n32T LT 93108 83846" });
    this.said = h("div", { class: "read", "aria-live": "polite" });
    this.mapping = h("div", { class: "fields mapping", hidden: true });
    this.node = h("details", { class: "pasting" }, h("summary", {}, t("Paste: coordinates, a NOTAM, GeoJSON, rows of a sheet")),
      field("pasted", t("Text, one place or row on each line"), {}, this.text),
      h("div", { class: "fields" },
        field("pasted_form", t("It is"), {}, choice(FORMS())), field("pasted_shape", t("Places are"), {}, choice(ARE())),
        field("pasted_datum", t("Datum of MGRS and UTM"), {}, choice([["WGS84", "WGS84"], ["", t("not known")]]))),
      this.mapping, this.said);
    this.node.addEventListener("input", (event) => {
      event.stopPropagation(); // no field of the intent itself
      if (event.target === this.text) this.columns = null;
      this.#later();
    });
  }

  value(name) { return this.node.querySelector(`[name="${name}"]`).value; }

  #later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.read(), QUIET_MS);
  }

  async read() {
    clearTimeout(this.timer);
    this.turn += 1;
    const turn = this.turn;
    this.control?.abort();
    if (!this.text.value.trim()) { this.said.replaceChildren(); this.mapping.hidden = true; return; }
    this.control = new AbortController();
    const [form, shape, datum] = ["pasted_form", "pasted_shape", "pasted_datum"].map((name) => this.value(name));
    const body = { text: this.text.value, ...(form ? { form } : {}), ...(shape ? { shape } : {}), ...(datum ? { datum } : {}), ...(this.columns ? { columns: this.columns } : {}) };
    try {
      const found = await this.context.api.post("/api/v1/intents/read", body, crypto.randomUUID(), { signal: this.control.signal });
      if (turn !== this.turn) return;
      this.#show(found);
      if (found.drafts.length) this.taken(found.drafts);
    } catch (error) {
      if (turn !== this.turn || error.name === "AbortError") return;
      this.said.replaceChildren(h("p", { class: "missing" }, error instanceof Problem ? plain(error.message, 300) : t("No connection: it is read when the line is back.")));
      if (error instanceof TypeError) this.timer = setTimeout(() => this.read(), 3000);
    }
  }

  #show(found) {
    this.said.replaceChildren(
      h("p", { class: found.drafts.length ? "" : "missing" }, found.drafts.length
        ? tn(found.drafts.length, "{count} shape was read and is on the map.", "{count} shapes were read and are on the map.")
        : t("No shape was read; what stands on the map is as it was.")),
      found.troubles.length ? h("ol", { class: "troubles" }, found.troubles.map((each) => this.#trouble(each))) : "",
      ...found.notes.map((note) => h("p", { class: "missing" }, plain(note, 300))));
    this.#columns(found);
  }

  #trouble(each) {
    const where = [each.row ? t("Row {row}", { row: each.row }) : t("The whole text"), each.column ?? each.field].filter(Boolean).join(", ");
    return h("li", {}, h("b", {}, `${plain(where, 80)}: `), each.value ? h("q", { class: "num", dir: "ltr" }, plain(each.value, 80)) : null, " ", plain(each.detail, 300), " ", h("span", { class: "dim" }, `(${plain(each.rule, 40)})`),
      each.choices?.length ? h("span", { class: "line" }, each.choices.map((choice) => h("button", { type: "button", class: "quiet", onclick: () => this.#choose(each, choice) }, plain(choice.meaning, 100)))) : null);
  }

  /** What was asked is answered: the shape of all, or the text that is meant in its row. */
  #choose(trouble, { text }) {
    if (trouble.rule === "rows-are-what") this.node.querySelector('[name="pasted_shape"]').value = text;
    else {
      const lines = this.text.value.split("\n");
      const at = trouble.row - 1;
      if (lines[at]?.includes(trouble.value)) lines[at] = lines[at].replace(trouble.value, text);
      this.text.value = lines.join("\n");
    }
    this.read();
  }

  /** Which column is what, to be looked at and changed. */
  #columns(found) {
    this.mapping.hidden = found.form !== "table" || !found.columns.length;
    if (this.mapping.hidden || this.mapping.contains(document.activeElement)) return;
    const of = Object.fromEntries(Object.entries(found.mapping).map(([name, column]) => [column, name]));
    this.mapping.replaceChildren(h("p", { class: "dim" }, t("What each column is:")), ...found.columns.filter(Boolean).map((column, i) => {
      const select = choice([["", t("not read")], ...found.fields.map((name) => [name, name.replaceAll("_", " ")])]);
      select.value = of[column] ?? "";
      select.addEventListener("change", () => this.#mapped());
      select.dataset.column = column;
      return field(`column-${i}`, plain(column, 40), {}, select);
    }));
  }

  #mapped() {
    const selects = [...this.mapping.querySelectorAll("select")].filter((each) => each.value);
    this.columns = Object.fromEntries(selects.map((each) => [each.value, each.dataset.column]));
    this.read();
  }
}

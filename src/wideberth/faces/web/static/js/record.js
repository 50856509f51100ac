// The view of the record: its entries as far as the reader may read them, each with its envelope and
// the proof that it is there; and the check of a receipt, which this browser does by itself.
// Entries are asked for when somebody looks, never by themselves: those of protected sites count as given.

import { field } from "./answer.js";
import { partyName, rows, setText, swatch } from "./dom.js";
import { check, fileFrom } from "./receiptcheck.js";
import { h, plain, utc, utcDate } from "./text.js";
import { key, phrase, t, tn } from "./words.js";

const PAGE = 200;
const NAMES = {
  form: key("The file and its receipt are well formed"), key: key("The log's key is one that can be trusted to sign"),
  head: key("The log signed this head"), entry: key("The entry stands at its place in the tree of that head"), witnesses: key("Witnesses cosigned the head"),
};
const SAYS = "It proves that the record holds this entry, and nothing of whether what it says is so.";

export function mount(root, context) {
  return new RecordView(root, context);
}

class RecordView {
  constructor(root, context) {
    this.root = root;
    this.context = context;
    Object.assign(this, { entries: [], from: null, open: null, asking: false, kinds: "" });
    this.list = h("div", { class: "list", id: "entries" });
    this.count = h("small", { id: "n-entries" });
    this.fault = h("p", { class: "fault", role: "alert" });
    this.kind = h("select", {}, h("option", { value: "" }, t("every kind")));
    this.filter = h("form", { class: "fields", "aria-label": t("Filter"), novalidate: true },
      field("kind", t("Kind"), {}, this.kind), field("words", t("Party, or any words of the entry"), { type: "search" }));
    this.filter.addEventListener("submit", (event) => event.preventDefault());
    for (const event of ["input", "change"]) this.filter.addEventListener(event, () => this.#draw());
    this.older = h("button", { type: "button", class: "quiet", onclick: () => this.#ask(false) }, t("Older entries"));
    this.sheet = h("section", { class: "entry", id: "entry", "aria-live": "polite" });
    root.replaceChildren(h("div", { class: "sheet inbox record" },
      h("div", {}, h("h2", { tabindex: "-1", "data-first": true }, t("Record"), " ", this.count),
        h("p", { class: "dim" }, t("Entries that you may read, the newest first. What others alone may read is counted and not shown.")),
        this.filter, h("p", { class: "line" }, h("button", { type: "button", class: "do other", onclick: () => this.#ask(true) }, t("Look again"))), this.fault, this.list, h("p", {}, this.older)),
      h("div", {}, this.sheet, this.#checking(), this.#takeAway())));
    this.#ask(true);
  }

  unmount() { this.root.replaceChildren(); }

  update(state) {
    if (this.vkey && !this.vkey.value && !this.keyed && state.space) { this.keyed = true; this.vkey.value = state.space.vkey; }
    const known = Object.keys(state.parties).length;
    if (known !== this.known) { this.known = known; this.#draw(); }
  }

  /** A page more: the newest, or what is before those that are here. */
  async #ask(anew) {
    if (this.asking) return;
    this.asking = true;
    try {
      const { api } = this.context;
      const size = Number((await api.text("/api/v1/record/checkpoint")).split("\n")[1]);
      const until = anew ? size : this.from;
      const from = Math.max(0, until - PAGE);
      const found = [];
      for (let at = from; at < until;) {
        const page = await api.get(`/api/v1/record/entries?from=${at}&limit=${until - at}`);
        if (!page.entries.length) break;
        found.push(...page.entries);
        at += page.entries.length;
      }
      this.entries = [...found.map(entryOf), ...(anew ? [] : this.entries)];
      this.from = from;
      setText(this.fault, "");
    } catch (error) {
      setText(this.fault, plain(`${t("Not read:")} ${error.message}`, 240));
    }
    this.asking = false;
    if (this.context.api) this.#draw();
  }

  #draw() {
    const state = this.context.state();
    const readable = this.entries.filter((each) => each.value);
    const kinds = [...new Set(readable.map((each) => each.kind))].sort();
    if (kinds.join() !== this.kinds) {
      this.kinds = kinds.join();
      const chosen = this.kind.value;
      this.kind.replaceChildren(h("option", { value: "" }, t("every kind")), ...kinds.map((each) => h("option", { value: each, selected: each === chosen }, each)));
    }
    const words = this.filter.elements.words.value.trim().toLowerCase();
    const shown = readable.filter((each) => (!this.kind.value || each.kind === this.kind.value) && (!words || `${partyName(state, each.party)} ${each.envelope}`.toLowerCase().includes(words))).reverse();
    const hidden = this.entries.length - readable.length;
    setText(this.count, `${tn(shown.length, "{count} entry", "{count} entries")}${hidden ? `, ${tn(hidden, "{count} that you may not read", "{count} that you may not read")}` : ""}`);
    rows(this.list, shown.map((each) => ({
      key: String(each.position), shows: [this.open === each.position, partyName(state, each.party)],
      make: () => h("button", { type: "button", class: `row ${this.open === each.position ? "on" : ""}`, "data-focus": `e${each.position}`, "aria-current": this.open === each.position ? "true" : null, onclick: () => this.#show(each) },
        h("span", { class: "num" }, `${each.position}`), h("b", {}, plain(each.kind, 60)),
        each.party ? h("span", {}, swatch(each.party), plain(partyName(state, each.party), 60)) : null,
        h("span", { class: "tag" }, plain(each.how, 20)), h("span", { class: "age" }, `${utcDate(each.timeMs)} ${utc(each.timeMs)}`)),
    })), this.asking ? t("Asking …") : t("No entry that you may read here."));
    this.older.hidden = !this.from;
  }

  /** One entry: what stands in it byte for byte, and the proof that it is there, checked at once. */
  async #show(each) {
    this.open = each.position;
    this.#draw();
    const state = this.context.state();
    const verdict = h("div", { role: "status" }, t("Asking for its receipt …"));
    this.sheet.replaceChildren(
      h("h2", { tabindex: "-1" }, `${t("Entry {position}", { position: each.position })}: ${plain(each.kind, 60)}`),
      h("p", {}, `${utcDate(each.timeMs)} ${utc(each.timeMs)}`, each.party ? [" · ", swatch(each.party), plain(partyName(state, each.party), 60)] : null, ` · ${plain(each.how, 20)}`),
      verdict, h("details", { open: true }, h("summary", {}, t("The envelope, as it stands")), h("pre", { class: "envelope", dir: "ltr" }, document.createTextNode(JSON.stringify(each.value, null, 1)))));
    this.sheet.querySelector("h2").focus({ preventScroll: true });
    try {
      const receipt = await this.context.api.text(`/api/v1/record/receipts/${each.position}`);
      const file = fileFrom(each.salt, each.envelope, receipt);
      if (this.open !== each.position) return;
      verdict.replaceChildren(verdictOf(await check(file, { vkey: state.space.vkey }), true),
        h("p", {}, h("button", { type: "button", class: "do other", onclick: () => this.#save(each.position, file) }, t("Save it with its proof"))),
        h("details", {}, h("summary", {}, t("The receipt, as it stands")), h("pre", { class: "envelope", dir: "ltr" }, document.createTextNode(receipt))));
    } catch (error) {
      verdict.replaceChildren(h("p", { class: "fault" }, plain(error.message, 240)));
    }
  }

  #save(position, file) {
    const { space, session } = this.context.state();
    const href = URL.createObjectURL(new Blob([file], { type: "application/json" }));
    h("a", { href, download: `${space.exercise ? "EXERCISE-" : ""}entry-${position}-${session.party}.json` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60000);
  }

  /** Check a file that somebody handed over: pasted, chosen or dropped. */
  #checking() {
    const { space } = this.context.state();
    const file = h("textarea", { name: "file", rows: "5", spellcheck: "false", dir: "ltr", "aria-label": t("The file, pasted or dropped here") });
    const chosen = h("input", { type: "file", name: "chosen", "aria-label": t("Or choose it") });
    const vkey = field("vkey", t("The log's key as you were given it, by another way than this page"), { class: "long", value: space?.vkey ?? "", dir: "ltr" });
    this.vkey = vkey.querySelector("input");
    const witnesses = h("textarea", { name: "witnesses", rows: "2", spellcheck: "false", dir: "ltr", "aria-label": t("Keys of witnesses, a line each") });
    const verdict = h("div", { id: "verdict", role: "status" });
    const form = h("form", { class: "answer", "aria-labelledby": "h-check", novalidate: true },
      h("p", { class: "dim" }, t("It is worked out in this browser, and nothing of it is sent anywhere.")),
      h("p", { class: "field" }, h("label", {}, t("The file, pasted or dropped here"), file)), h("p", { class: "field" }, h("label", {}, t("Or choose it"), " ", chosen)),
      h("div", { class: "fields" }, vkey), h("p", { class: "field" }, h("label", {}, t("Keys of witnesses, a line each"), witnesses)),
      h("p", { class: "line" }, h("button", { type: "submit", class: "do" }, t("Check it"))), verdict);
    const take = async (given) => { if (given) { file.value = await given.text(); form.requestSubmit(); } };
    chosen.addEventListener("change", () => take(chosen.files[0]));
    form.addEventListener("dragover", (event) => event.preventDefault());
    form.addEventListener("drop", (event) => { event.preventDefault(); take(event.dataTransfer.files[0]); });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const known = form.elements.vkey.value.trim();
      const found = await check(file.value, { vkey: known, witnesses: witnesses.value.split("\n") });
      verdict.replaceChildren(verdictOf(found, known === this.context.state().space?.vkey));
      verdict.scrollIntoView({ block: "nearest" });
    });
    return h("section", {}, h("h2", { id: "h-check" }, t("Check a receipt")), form);
  }

  /** What is made by a command: it takes keys and policies that stand outside of this page. */
  #takeAway() {
    const { session } = this.context;
    const command = (text) => h("p", {}, h("code", { dir: "ltr" }, text));
    return h("section", {}, h("h2", {}, t("To take away")),
      h("p", { class: "dim" }, t("A bundle of evidence and the pack for a review meeting are made by commands, on a machine of yours, with your own policy of keys.")),
      command(`wideberth evidence --party ${plain(session.party, 60)} --url ${location.origin} --policy policy.txt --out evidence.zip`),
      command(`wideberth report --party ${plain(session.party, 60)} --url ${location.origin} --out review`));
  }
}

/** An entry of the page, read: {position, kind, timeMs, party, how, salt, envelope, value}; value null: not readable. */
function entryOf({ position, salt, envelope }) {
  if (!envelope) return { position, value: null };
  const value = JSON.parse(envelope);
  return {
    position, salt, envelope, value, kind: value.body?.type ?? "?", timeMs: Math.floor((value.time_us ?? NaN) / 1000),
    party: value.author?.party ?? null, how: value.said ? "signed" : value.author?.how ?? "",
  };
}

const MARK = new Map([[true, "■"], [false, "✕"], [null, "□"]]);

/** True or false, and every step. isOwn: under the key that this node names itself. */
function verdictOf(found, isOwn) {
  const failed = found.steps.find((each) => each.holds === false);
  return h("div", { class: `answer verdict ${found.holds ? "holds" : "fails"}` },
    h("p", {}, h("b", {}, found.holds ? `■ ${phrase("TRUE: the entry is in the record")}` : `✕ ${phrase("FALSE: this proves nothing")}`),
      found.holds ? ` · ${t("entry {position} of {size} in {origin}", { position: found.position, size: found.size, origin: plain(found.origin, 100) })}` : failed ? `: ${t(NAMES[failed.name])}: ${failed.why}` : ""),
    h("ul", { class: "answers checks" }, found.steps.map((each) => h("li", { class: each.holds === false ? "bad" : each.holds ? "done" : "dim" },
      h("span", { "aria-hidden": "true" }, `${MARK.get(each.holds)} `), t(NAMES[each.name]), h("span", { class: "sr" }, each.holds === false ? t(": no") : each.holds ? t(": yes") : ""), each.why ? `: ${each.why}` : ""))),
    found.seen.map((each) => h("p", { class: "num" }, `${plain(each.name, 100)} · ${utcDate(each.timeMs)} ${utc(each.timeMs)}`)),
    isOwn && found.holds ? h("p", { class: "missing" }, t("Checked under the key that this node names itself: compare it with the one that you were given by another way.")) : null,
    h("p", { class: "sentence" }, t(SAYS)));
}

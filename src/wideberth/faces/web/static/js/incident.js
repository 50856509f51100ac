// The sheet of one incident: its head, the columns, where they differ, questions, evidence, results,
// and how its signed bundle is made. Each part is drawn on its own, so that a form in it stays.

import { columnsOf, differencesOf, inOrder } from "./columns.js";
import { areaText, moment, stamp } from "./claims.js";
import { partiesField } from "./audience.js";
import { partyName, rows, toast } from "./dom.js";
import { Wrong } from "./fields.js";
import { inquiriesPart } from "./inquiries.js";
import { evidencePart } from "./lodged.js";
import { Part, button } from "./part.js";
import { questionsPart } from "./questions.js";
import { sketchOf } from "./sketch.js";
import { h, plain } from "./text.js";
import { t } from "./words.js";

const MORE = { questions: "questions", evidence: "evidence", inquiries: "results" }; // where the rest of it is asked for

/** An incident whole: what did not fit its answer, and all versions that are shown, with it. */
export async function wholeIncident(api, id) {
  const path = `/api/v1/incidents/${encodeURIComponent(id)}`;
  const seen = await api.get(path);
  for (const name of seen.more) seen[name] = (await api.all(`${path}/${MORE[name]}`, MORE[name])).items;
  const columns = [...Object.values(seen.accounts), ...Object.values(seen.observer_accounts)];
  const several = columns.some((each) => each.account?.version > 1);
  return { seen, versions: several ? (await api.all(`${path}/accounts`, "accounts")).items : [] };
}

export class IncidentSheet {
  /** view: {context, signing, give(), again(), enrol()}; again() asks for the incident once more. */
  constructor(id, view) {
    this.id = id;
    this.view = view;
    this.context = view.context;
    this.chosen = {};
    this.shows = null;
    this.seen = null;
    this.versions = [];
    this.head = h("header", {});
    this.table = h("div", {});
    this.differences = h("section", { "aria-labelledby": "h-differences" });
    this.bundle = h("section", { "aria-labelledby": "h-bundle" });
    this.naming = new Part("members", t("Named in it"), "");
    this.parts = [questionsPart(this), evidencePart(this), inquiriesPart(this)];
    this.nodes = [this.head, this.table, this.differences, ...this.parts.map((each) => each.node), this.naming.node, this.bundle];
    this.readRecord();
  }

  get state() { return this.context.state(); }
  get party() { return this.context.session.party; }
  get signer() { return this.context.signer; }

  /** Whether this browser can sign. */
  get may() { return this.view.signing.ready; }

  /** Who is named in it beside the reader. */
  others(seen) {
    return inOrder(seen, this.state).map((each) => each.party).filter((each) => each !== this.party);
  }

  /** A write about this incident; signed wherever this browser can. */
  async write(path, type, body) {
    const at = `/api/v1/incidents/${encodeURIComponent(this.id)}${path}`;
    const told = this.may ? await this.signer.post(at, type, { incident: this.id, ...body }) : await this.context.api.post(at, body, crypto.randomUUID());
    await this.view.again();
    toast(t("It stands in the record, entry {position}.", { position: told.position }));
    return told;
  }

  /** What the record shows of it, asked for anew: at the start, when it is about more, or by hand. */
  async readRecord() {
    try {
      this.shows = await this.context.api.get(`/api/v1/incidents/${encodeURIComponent(this.id)}/timeline`);
    } catch (error) {
      this.shows = { fault: t("What the record shows could not be read: {message}", { message: error.message }) };
    }
    if (this.seen) this.redraw();
  }

  redraw() {
    this.draw(this.seen, this.versions);
  }

  draw(seen, versions) {
    this.seen = seen;
    this.versions = versions;
    const { state, may } = this;
    const names = this.others(seen).map((each) => partyName(state, each));
    const one = (box, shows, make) => rows(box, [{ key: "one", shows, make }], "");
    one(this.head, [seen, names, may], () => this.#head(seen));
    one(this.table, [seen.accounts, seen.observer_accounts, names, versions.map((each) => each.id), this.chosen, this.shows ? [this.shows.sentence, this.shows.groups?.length, this.shows.fault] : null], () => columnsOf(seen, {
      state, versions, chosen: this.chosen, shows: this.shows, readAgain: () => this.readRecord(),
      choose: (party, version) => { this.chosen = { ...this.chosen, [party]: version }; this.redraw(); },
    }));
    one(this.differences, [seen.differences, names], () => h("div", {}, h("h4", { id: "h-differences" }, t("Where the accounts differ")),
      seen.differences.some((each) => each.kind === "place") ? sketchOf(inOrder(seen, state), state) : null,
      seen.differences.length ? differencesOf(seen, state) : h("p", { class: "none" }, t("No difference between the accounts that are shown to you, of what two of them claim."))));
    for (const part of this.parts) part.draw(seen);
    this.naming.draw(inOrder(seen, state).map((each) => ({
      key: each.party, shows: [each.column, each.named, partyName(state, each.party)],
      make: () => h("p", {}, t("{party}: {what}, named by {party2} {time}", { party: plain(partyName(state, each.party), 60), what: each.column === "party" ? t("a party to it") : t("observes"), party2: plain(partyName(state, each.by), 60), time: moment(each.named) })),
    })), [[t("Name others …"), () => this.#name(seen)]]);
    one(this.bundle, [seen.id], () => this.#bundle(seen));
  }

  #head(seen) {
    const own = seen.accounts[this.party] ?? seen.observer_accounts[this.party];
    return h("div", {},
      h("h3", { tabindex: "-1" }, plain(seen.title, 200)),
      h("p", { class: "num" }, t("{stamp} to {stamp2}{what}", { stamp: stamp(seen.start), stamp2: stamp(seen.end), what: seen.area ? ` · ${areaText(seen.area)}` : "" })),
      h("p", { class: "dim" }, `${t("Opened {time} by {party}, who wrote the title.", { time: moment(seen.opened), party: plain(partyName(this.state, seen.opened_by), 60) })} `, h("span", { class: "num small" }, plain(seen.id, 80))),
      h("p", { class: "actions" }, this.may ? button(own?.account ? t("Correct your account …") : t("Give your account …"), () => this.view.give(seen, own?.account ?? null))
        : [h("span", { class: "missing" }, `${t("An account is signed:")} `), button(t("Enrol this browser …"), () => this.view.enrol())],
      h("a", { href: `#/replay/${encodeURIComponent(seen.id)}` }, t("Replay it on the map"))),
      h("p", { class: "sentence" }, plain(seen.sentence, 600)));
  }

  #name(seen) {
    const named = new Set(inOrder(seen, this.state).map((each) => each.party));
    const rest = Object.keys(this.state.parties).filter((each) => !named.has(each)).sort();
    const parties = partiesField(t("As parties to it"), [...rest, ...Object.keys(seen.observer_accounts)], this.state);
    const observers = partiesField(t("As observers"), rest, this.state);
    this.naming.ask(t("Who is named later is shown nothing that was given before. Nobody can be taken out again"), t("Name them"), [parties.node, observers.node], async () => {
      const body = { parties: parties.read(), observers: observers.read() };
      if (!body.parties.length && !body.observers.length) throw new Wrong(parties.boxes[0] ?? observers.boxes[0], t("Tick one at least."));
      const both = observers.boxes.find((box) => box.checked && body.parties.includes(box.value));
      if (both) throw new Wrong(both, t("{party} is ticked as a party and as an observer: tick it in one of the two.", { party: plain(partyName(this.state, both.value), 60) }));
      return this.write("/parties", "NameParties", body);
    });
  }

  #bundle(seen) {
    const command = `wideberth evidence --url ${location.origin} --party ${this.party} --incident ${seen.id} --out incident.zip`;
    const shown = h("div", { hidden: true }, h("p", {}, t("This command writes what you may read of it, but for what you show to nobody else, with proofs, a page in plain words and a verifier, into one file:")),
      h("p", {}, h("code", { class: "num", id: "bundle-command" }, command)), h("p", { class: "dim" }, t("Run it where wideberth is installed, with your token in the variable WIDEBERTH_TOKEN. The file is made there, from what this node proves; no page can make it. With --withheld it holds what you show to nobody else as well: keep that one, whoever is handed it reads all of it.")),
      h("p", { class: "dim" }, t("Without a command line: send this line to whoever runs wideberth for your party, and ask for the file incident.zip. It opens in any browser, and its README says how to check it.")));
    const toggle = h("button", { type: "button", class: "do other", "aria-expanded": "false", "data-focus": "bundle", onclick: () => { shown.hidden = !shown.hidden; toggle.setAttribute("aria-expanded", String(!shown.hidden)); } }, t("Signed bundle …"));
    return h("div", {}, h("h4", { id: "h-bundle" }, t("As evidence, for somebody without wideberth")), h("p", { class: "actions" }, toggle), shown);
  }
}

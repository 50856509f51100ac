// The view of incidents: those in which the reader is named, and one of them whole, a column for each
// party. Nothing here joins two columns, weighs them, or puts them into other words.

import { accountForm } from "./account.js";
import { waitForParties } from "./audience.js";
import { moment, stamp } from "./claims.js";
import { partyName, rows, toast } from "./dom.js";
import { IncidentSheet, wholeIncident } from "./incident.js";
import * as inquiries from "./inquiries.js";
import { openingForm, proposalRow } from "./opening.js";
import * as questions from "./questions.js";
import { SigningPanel } from "./signing.js";
import { h, plain } from "./text.js";
import { phrase, t, tn } from "./words.js";

const AGAIN_MS = 30000;
const LOOKED_INTO = 20; // of the newest incidents it is said what waits
const NARROW_PX = 900; // below, the list stands above the sheet
const ABOUT_MORE = new Set(["named", "subjects"]); // of which the record may show more
const PROPOSES = new Set(["warning", "warning-update", "stop", "site"]);

export function mount(root, context) {
  return new Incidents(root, context);
}

class Incidents {
  constructor(root, context) {
    this.root = root;
    this.context = context;
    this.heads = [];
    this.proposals = [];
    this.whole = new Map();
    this.open = null;
    this.sheet = null;
    this.form = null;
    this.loaded = false;
    this.folded = true;
    this.list = h("div", { class: "list", id: "incidents" });
    this.proposed = h("div", { class: "list", id: "proposed" });
    this.article = h("article", { class: "agreement", id: "incident" });
    this.fault = h("p", { class: "fault", role: "alert" });
    const signing = h("div", { class: "signing" });
    this.fresh = h("button", { type: "button", class: "do other", "data-focus": "new", onclick: () => this.begin(null) }, t("Open an incident …"));
    waitForParties(this.fresh, context.state());
    this.listed = h("div", { class: "listed", id: "incidents-listed" }, this.list,
      h("p", {}, this.fresh),
      signing,
      h("h2", {}, t("An incident could be opened of")),
      h("p", { class: "dim small" }, phrase("Of your own stream: warnings of a conflict, a distance, an incursion or a departure, STOPs and reports of harm. Other warnings stand in the Picture alone. None is opened by itself.")), this.proposed);
    this.unfold = h("button", { type: "button", class: "quiet unfold", "aria-controls": "incidents-listed", onclick: () => this.#fold(!this.folded) });
    this.side = h("div", { class: "agreed" }, h("h2", { tabindex: "-1", "data-first": true }, t("Incidents")), this.fault, this.unfold, this.listed);
    root.replaceChildren(h("div", { class: "sheet agreements incidents" }, this.side, this.article));
    this.signing = new SigningPanel(signing, context, () => this.draw());
    this.ask();
    this.timer = setInterval(() => this.ask(), AGAIN_MS);
    this.stop = context.onEvent(({ event, data }) => {
      if (event === "incident") {
        this.ask(data.incident);
        if (ABOUT_MORE.has(data.change) && this.sheet?.id === data.incident) this.sheet.readRecord();
      } else if (PROPOSES.has(event)) this.#propose().then(() => this.draw(), () => {});
    });
  }

  unmount() {
    clearInterval(this.timer);
    this.stop();
    this.root.replaceChildren();
  }

  /** What the address names; where it names nothing, the newest. */
  at(incident) {
    if (incident && incident !== this.open) this.choose(incident);
    else if (!incident && this.sheet) this.context.stands(this.open);
  }

  update(state) {
    waitForParties(this.fresh, state);
    const names = Object.values(state.parties).map((each) => each.name).join();
    const minute = Math.floor(this.context.now() / 60000);
    if (names === this.names && minute === this.minute) return;
    this.names = names;
    this.minute = minute;
    this.draw();
  }

  /** The list again, and those incidents that changed or were never read. changed: one that did. */
  async ask(changed = null) {
    const { api } = this.context;
    if (!api) return;
    try {
      const heads = (await api.all("/api/v1/incidents", "incidents")).items;
      this.heads = heads.sort((a, b) => b.opened.localeCompare(a.opened));
      this.open ??= this.heads[0]?.id ?? null;
      const unread = this.heads.slice(0, LOOKED_INTO).filter((each) => !this.whole.has(each.id)).map((each) => each.id);
      const named = new Set(this.heads.map((each) => each.id)); // an address may name another's
      await Promise.all([...new Set([...unread, this.open, changed])].filter((id) => named.has(id)).map((id) => this.#read(id)));
      await this.#propose();
      this.loaded = true;
      this.fault.textContent = "";
    } catch (error) { // what was read last stays
      this.fault.textContent = plain(t("Not read: {message}", { message: error.message }), 200);
    }
    this.draw();
  }

  async #read(id) {
    this.whole.set(id, await wholeIncident(this.context.api, id));
  }

  async #propose() {
    this.proposals = (await this.context.api.get("/api/v1/incidents/proposed")).proposed;
  }

  /** Ask for the incident that is open once more. */
  async again() {
    await this.ask(this.open);
  }

  /** On a narrow page the list stands above the sheet: folded away while one is open, it is a line. */
  #fold(folded) {
    this.folded = folded;
    this.#lists();
  }

  /** Bring what makes a key of this browser into view. */
  enrol() {
    this.#fold(false);
    this.signing.reach();
  }

  /** What the line of the folded list says: how many there are, and what waits in them. */
  #lists() {
    const one = Boolean(this.form || (this.open && this.whole.get(this.open)));
    this.side.classList.toggle("folded", one && this.folded);
    this.unfold.hidden = !one;
    this.unfold.setAttribute("aria-expanded", String(!this.folded));
    const waiting = this.heads.filter((each) => this.#waits(each.id, this.context.session.party)?.length).length;
    const count = tn(this.heads.length, "{count} incident{waits}, and what one could be opened of", "{count} incidents{waits}, and what one could be opened of", { waits: waiting ? t(", something waits for you in {waiting}", { waiting }) : "" });
    this.unfold.textContent = `${this.folded ? t("▸ Show the list") : t("▾ Fold the list away")}: ${count}`;
  }

  choose(id) {
    this.open = id;
    this.form = null;
    this.folded = true;
    const shown = () => { this.draw(); if (this.root.clientWidth < NARROW_PX) this.article.scrollIntoView({ block: "start" }); };
    this.#read(id).then(shown, shown);
  }

  /** The form that opens one, filled with a proposal where there is one. */
  begin(proposal) {
    this.#form(openingForm({
      context: this.context, proposal, close: () => this.#close(),
      send: async (body, subjects) => {
        const { api, signer } = this.context;
        const told = this.signing.ready ? await signer.post("/api/v1/incidents", "OpenIncident", body) : await api.post("/api/v1/incidents", body, crypto.randomUUID());
        this.open = told.incident;
        this.form = null;
        if (subjects.length) await api.post(`/api/v1/incidents/${encodeURIComponent(told.incident)}/subjects`, { subjects }, crypto.randomUUID());
        await this.again();
        toast(t("Opened. It stands in the record, entry {position}; those named in it are told.", { position: told.position }));
        this.article.scrollIntoView({ block: "start" });
      },
    }));
  }

  /** The form of the reader's own account; before: as given last, or null. */
  give(seen, before) {
    const path = `/api/v1/incidents/${encodeURIComponent(seen.id)}/accounts`;
    this.#form(accountForm({
      context: this.context, before, others: this.sheet.others(seen), seen, shapes: this.sheet.shows?.shapes, close: () => this.#close(),
      send: async (body) => {
        const told = await this.context.signer.post(path, "GiveAccount", { incident: seen.id, ...body });
        this.form = null;
        this.sheet.chosen = {};
        await this.again();
        toast(t("Given. Your account stands in the record, entry {position}.", { position: told.position }));
        this.article.scrollIntoView({ block: "start" });
        this.article.querySelector("h3")?.focus({ preventScroll: true });
      },
    }));
  }

  #form(form) {
    this.form = form;
    this.folded = true;
    form.addEventListener("keydown", (event) => { if (event.key === "Escape") this.#close(); });
    this.draw();
    form.querySelector("h3")?.focus({ preventScroll: true });
    form.scrollIntoView({ block: "start" });
  }

  #close() {
    this.form = null;
    this.draw();
    this.root.querySelector("[data-first]")?.focus({ preventScroll: true });
  }

  draw() {
    const { session } = this.context;
    if (!session) return;
    const state = this.context.state();
    rows(this.list, this.heads.map((each) => {
      const waits = this.#waits(each.id, session.party);
      const names = [...each.parties, ...each.observers].map((party) => partyName(state, party));
      return { key: each.id, shows: [each, waits, names, this.open === each.id], make: () => this.#row(each, waits, names) };
    }), this.loaded ? t("No incident names your party.") : t("Asking …"));
    rows(this.proposed, this.proposals.map((each) => this.#proposal(state, each)), this.loaded ? t("Nothing of that kind is on your stream.") : t("Asking …"));
    this.#lists();
    if (this.form) { if (this.form.parentNode !== this.article) this.article.replaceChildren(this.form); return; }
    const found = this.open && this.whole.get(this.open);
    if (!found) { this.article.replaceChildren(h("p", { class: "none" }, this.loaded ? this.#missing() : t("Asking …"))); return; }
    if (this.sheet?.id !== this.open) this.sheet = new IncidentSheet(this.open, this);
    this.sheet.draw(found.seen, found.versions);
    if (!this.root.hidden) {
      this.context.stands(this.open);
      this.context.actions.incidentRead(this.open);
    }
    if (this.sheet.head.parentNode !== this.article) this.article.replaceChildren(...this.sheet.nodes);
  }

  #proposal(state, each) {
    const stop = state.stops[each.subject];
    const opened = this.#openedOf(each.subject);
    const names = each.open.parties.map((party) => partyName(state, party));
    return {
      key: each.subject, shows: [each, stop, opened, names, stop && partyName(state, stop.sender)],
      make: () => proposalRow(state, each, { stop, opened, fill: () => this.begin(each) }),
    };
  }

  /** Incidents that the reader said to be about something, of those that were read here. */
  #openedOf(subject) {
    return [...this.whole.values()].map((each) => each.seen).filter((seen) => seen.subjects.includes(subject)).map(({ id, title }) => ({ id, title }));
  }

  /** Bring the form of a proposal, or the incident that was opened of it. draft: what the form is
   * filled with where the stream proposes none. */
  async show({ subject, draft }) {
    const { api } = this.context;
    try {
      await this.ask();
      const [opened] = this.#openedOf(subject);
      if (opened) {
        toast(t("An incident was opened of it."));
        this.choose(opened.id);
        return;
      }
      let found = null;
      let before = "";
      while (!found && before !== null) {
        const page = await api.get(`/api/v1/incidents/proposed${before}`);
        found = page.proposed.find((each) => each.subject === subject) ?? null;
        before = page.next === null ? null : `?before=${page.next}`;
      }
      if (found ?? draft) this.begin(found ?? draft);
      else toast(t("It is not among what an incident could be opened of; open one by hand."));
    } catch (error) {
      this.fault.textContent = plain(t("Not read: {message}", { message: error.message }), 200);
    }
  }

  #missing() {
    return this.open ? t("No incident of this address names your party. Choose one, or open one.") : t("Choose an incident, or open one.");
  }

  /** What waits for the reader, in words; null where it was not looked into. */
  #waits(id, party) {
    const seen = this.whole.get(id)?.seen;
    if (!seen) return null;
    const due = seen.questions.filter((each) => questions.waitsFor(each, party));
    const late = due.filter((each) => each.overdue).length;
    const results = seen.inquiries.filter((each) => inquiries.waitsFor(each, party)).length;
    return [
      due.length ? t("{count} to answer{what}", { count: due.length, what: late ? `, ${late} overdue` : "" }) : "", results ? t("{results} to receipt", { results }) : "",
    ].filter(Boolean);
  }

  #row(each, waits, names) {
    const on = this.open === each.id;
    return h("button", { type: "button", class: `row ${on ? "on" : ""}`, "data-focus": `i${each.id}`, "aria-current": on ? "true" : null, onclick: () => this.choose(each.id) },
      h("b", {}, plain(each.title, 80)),
      h("span", { class: "num wide" }, t("{stamp} to {stamp2}", { stamp: stamp(each.start), stamp2: stamp(each.end) })),
      h("span", { class: "dim wide" }, t("opened {time} by {party} · id {id}", { time: moment(each.opened), party: plain(partyName(this.context.state(), each.opened_by), 40), id: plain(each.id, 6) })),
      h("span", { class: "dim wide" }, names.map((name) => plain(name, 40)).join(", ")),
      waits === null ? h("span", { class: "dim wide" }, t("open it to see what waits")) : waits.map((one) => h("span", { class: "missing wide" }, one)));
  }
}

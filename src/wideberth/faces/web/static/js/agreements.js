// The view of agreements: what is proposed, in force, suspended or over, as the reader may see it;
// its provisions beside those of the version before; and what the reader's party does with it.
//
// The three legal kinds never share a button: approving, refusing and clearing are in consents.js,
// which is drawn for agreements of the kind CONSENT and for no other.

import { field } from "./answer.js";
import { AgreedMap } from "./agreedmap.js";
import { waitForParties } from "./audience.js";
import { consents } from "./consents.js";
import { partyName, rows, swatch } from "./dom.js";
import { isVacant } from "./desk.js";
import { editForm } from "./edit.js";
import { gallery } from "./gallery.js";
import { LIVE, STANDS, STATES, leftOf, remindersOf, signaturesOf, smallForm, when } from "./life.js";
import { KINDS, whole } from "./provisions.js";
import { SigningPanel } from "./signing.js";
import { provisionsOf, unilateralRow } from "./terms.js";
import { h, plain } from "./text.js";
import { phrase, t } from "./words.js";

const AGAIN_MS = 15000;
const NARROW_PX = 900; // below, the list stands above the sheet
const CONCERNS = new Set(["agreement", "draft", "consent"]);

export function mount(root, context) {
  return new AgreementsView(root, context);
}

const keyOf = (each) => `${each.agreement}/${each.version}`;

class AgreementsView {
  constructor(root, context) {
    this.root = root;
    this.context = context;
    this.versions = [];
    this.drafts = [];
    this.asked = [];
    this.whole = new Map();
    this.open = null;
    this.form = null;
    this.fault = "";
    this.loaded = false;
    this.map = new AgreedMap();
    this.list = h("div", { class: "list", id: "agreements" });
    this.zones = h("div", { class: "list", id: "unilateral" });
    this.sheet = h("article", { class: "agreement", id: "agreement", "aria-live": "polite" });
    const signing = h("div", { class: "signing" });
    this.fresh = h("button", { type: "button", class: "do other", "data-focus": "new", onclick: () => this.propose() }, t("New, from a template …"));
    waitForParties(this.fresh, context.state());
    root.replaceChildren(h("div", { class: "sheet agreements" },
      h("div", { class: "agreed" },
        h("h2", { tabindex: "-1", "data-first": true }, t("Agreements")), this.list,
        h("p", {}, this.fresh),
        signing,
        h("h2", {}, t("Declared by one party, agreed by nobody")), this.zones),
      this.sheet));
    this.signing = new SigningPanel(signing, context, () => this.draw());
    this.again = () => this.ask().catch(() => {}); // what was read last stays, and the bar says how old it is
    this.again();
    this.timer = setInterval(this.again, AGAIN_MS);
    this.stop = context.onEvent(({ event }) => { if (CONCERNS.has(event)) this.again(); });
  }

  /** The address names one. */
  at(what) {
    if (what && what !== this.open) this.choose(what);
  }

  unmount() {
    clearInterval(this.timer);
    this.stop();
    this.map.remove();
    this.root.replaceChildren();
  }

  update(state) {
    waitForParties(this.fresh, state);
    const clock = Math.floor(this.context.now() / 60000);
    if (clock === this.clock && state.zones === this.drawnZones) return;
    this.clock = clock;
    this.drawnZones = state.zones;
    this.draw();
  }

  async ask() {
    const { api } = this.context;
    const [versions, drafts, asked] = await Promise.all([
      api.all("/api/v1/agreements", "agreements"),
      api.all("/api/v1/drafts", "drafts"),
      api.all("/api/v1/consents", "consents"),
    ]);
    this.versions = versions.items;
    this.drafts = drafts.items;
    this.asked = asked.items;
    this.loaded = true;
    this.open ??= this.#newest()[0]?.agreement ?? null;
    await this.#read();
    this.draw();
  }

  /** The version shown, and the one that it stands beside, whole. */
  async #read() {
    const shown = this.#shown();
    for (const version of shown ? [shown.version, shown.replaces].filter(Boolean) : []) {
      const key = `${this.open}/${version}`;
      const known = this.versions.find((each) => keyOf(each) === key);
      const had = this.whole.get(key);
      if (had && had.state === known?.state) continue; // the terms of a version never change
      this.whole.set(key, await this.context.api.get(`/api/v1/agreements/${encodeURIComponent(this.open)}?version=${version}`));
    }
  }

  #newest() {
    const newest = new Map();
    for (const each of this.versions) newest.set(each.agreement, each);
    return [...newest.values()].sort((a, b) =>
      Number(!LIVE.has(a.state)) - Number(!LIVE.has(b.state)) || a.expires.localeCompare(b.expires));
  }

  #shown() {
    const own = this.versions.filter((each) => each.agreement === this.open);
    return own.find((each) => each.version === this.version) ?? own.at(-1) ?? null;
  }

  choose(agreement, version = null) {
    this.open = agreement;
    this.version = version;
    this.form = null;
    this.fault = "";
    const shown = () => { this.draw(); if (root.clientWidth < NARROW_PX) this.sheet.scrollIntoView({ block: "start" }); };
    const { root } = this;
    this.#read().then(shown, shown);
  }

  draw() {
    const { session } = this.context;
    if (!session) return;
    rows(this.list, [
      ...this.#newest().map((each) => ({
        key: each.agreement,
        shows: [keyOf(each), each.state, each.unsigned, this.open === each.agreement, leftOf(each, this.context.now())],
        make: () => this.#row(each, session),
      })),
      ...this.drafts.map((each) => ({
        key: `draft ${each.agreement}`,
        shows: each,
        make: () => h("button", { type: "button", class: "row", "data-focus": `d${each.agreement}`, onclick: () => this.#resume(each) },
          h("b", {}, plain(each.terms.title, 60)), h("span", { class: "tag" }, t("DRAFT {revision}", { revision: each.revision })),
          h("span", { class: "dim wide" }, t("seen by your party alone"))),
      })),
    ], this.loaded ? t("No agreement concerns you.") : t("Asking …"));
    const state = this.context.state();
    rows(this.zones, Object.values(state.zones).filter((each) => each.unilateral).map((each) => ({
      key: each.id, shows: [each, partyName(state, each.party)], make: () => unilateralRow(state, each),
    })), t("No zone that you may see."));
    if (this.form) { if (this.form.parentNode !== this.sheet) this.sheet.replaceChildren(this.form); return; }
    const shown = this.#shown();
    rows(this.sheet, shown ? this.#parts(shown, session) : [], this.loaded ? t("Choose an agreement, or propose one.") : t("Asking …"));
  }

  #row(each, session) {
    const mine = each.unsigned?.some((one) => one.party === session.party);
    return h("button", {
      type: "button", class: `row ${this.open === each.agreement ? "on" : ""}`, "data-focus": `a${each.agreement}`,
      "aria-current": this.open === each.agreement ? "true" : null, onclick: () => this.choose(each.agreement),
    },
    h("b", {}, plain(each.title, 60)), h("span", { class: `tag kind k-${each.kind}` }, each.kind),
    h("span", { class: `tag s-${each.state}` }, `${STATES[each.state] ?? each.state}`),
    h("span", { class: "dim wide" }, `v${each.version} · ${each.parties.map((party) => plain(party, 30)).join(", ")}`),
    mine ? h("span", { class: "missing wide" }, t("waits for your signature")) : null,
    h("span", { class: "num wide" }, leftOf(each, this.context.now())));
  }

  #parts(shown, session) {
    const key = keyOf(shown);
    const whole = this.whole.get(key);
    const before = shown.replaces ? this.whole.get(`${shown.agreement}/${shown.replaces}`) : null;
    const state = this.context.state();
    const own = this.versions.filter((each) => each.agreement === shown.agreement);
    const asked = this.asked.filter((each) => each.agreement === shown.agreement);
    const may = this.signing.ready && this.signing.found.enrolled.roles.includes("sign");
    const parts = [
      { key: "head", shows: [shown, own.length, leftOf(shown, this.context.now())], make: () => this.#head(shown, own, state) },
      { key: "signed", shows: [key, shown.signatures, shown.unsigned, shown.accepted, shown.state], make: () => signaturesOf(shown) },
    ];
    if (whole?.terms) {
      parts.push({ key: "do", shows: [key, shown.state, shown.unsigned, shown.suspension, shown.conditions, may, this.fault], make: () => this.#acts(shown, whole, session, may) });
      parts.push({ key: "provisions", shows: [key, shown.state, Boolean(before?.terms), may], make: () => this.#provisions(shown, whole, before, session, may) });
    }
    if (shown.kind === "CONSENT" && whole?.terms) {
      const inForce = shown.state === "in-force";
      parts.push({
        key: "consents", shows: [key, inForce, asked, may],
        make: () => consents({
          asked, provisions: whole.terms.provisions, party: session.party, inForce, may,
          ask: (body) => this.#send(`/api/v1/agreements/${encodeURIComponent(shown.agreement)}/consents`, "AskConsent", { agreement: shown.agreement, version: shown.version, ...body }),
          answer: (consent, body) => this.#send(`/api/v1/consents/${encodeURIComponent(consent)}/answers`, "AnswerConsent", { consent, ...body }),
        }),
      });
    }
    return parts;
  }

  #head(shown, own, state) {
    const { suspension } = shown;
    return h("header", {},
      h("h3", {}, plain(shown.title, 200)),
      h("p", {}, h("span", { class: `tag kind k-${shown.kind}` }, shown.kind), ` ${KINDS[shown.kind] ?? ""} · `,
        h("b", { class: `state s-${shown.state}` }, STATES[shown.state] ?? shown.state), ` · ${leftOf(shown, this.context.now())}`),
      h("p", {}, `${t("Between")} `, shown.parties.flatMap((party, i) => [i ? ", " : "", swatch(party), plain(partyName(state, party), 60)]),
        shown.neutral ? ` ${t("· signed through the neutral {party}, each party a sheet of its own", { party: plain(partyName(state, shown.neutral), 60) })}` : ""),
      h("p", { class: "num" }, t("{time} to {time2} · proposed by {party} {time3}", { time: when(shown.effective), time2: when(shown.expires), party: plain(shown.party, 60), time3: when(shown.proposed) })),
      STANDS.has(shown.state) ? h("p", { class: "dim" }, t("Reminders {reminders}", { reminders: remindersOf(shown) })) : null,
      h("p", {}, `${t("Versions:")} `, own.map((each) => h("button", {
        type: "button", class: `quiet ${each.version === shown.version ? "on" : ""}`, "data-focus": `v${each.version}`,
        "aria-pressed": each.version === shown.version ? "true" : "false",
        onclick: () => this.choose(shown.agreement, each.version),
      }, `v${each.version} ${each.state}`))),
      suspension ? h("p", { class: "missing" },
        `${t("Suspended since {time} by {by}:", { time: when(suspension.since), by: plain(suspension.by, 60) })} `, whole(suspension.reason), ". ",
        whole(suspension.provisions.length ? `${t("Only: {provisions}.", { provisions: suspension.provisions.join(", ") })} ` : `${t("All of it.")} `),
        suspension.stop_usable ? phrase("STOP stays usable.") : phrase("The agreement excludes STOP while it is suspended.")) : null,
      shown.reason ? h("p", {}, `${plain(shown.closed_by ?? "", 60)}: `, whole(shown.reason)) : null,
      h("p", { class: "num small dim" }, t("SHA-256 of the one text: {digest}", { digest: shown.digest })));
  }

  #acts(shown, whole, session, may) {
    const mine = shown.parties.includes(session.party);
    const acts = h("div", { class: "actions" });
    const fault = h("p", { class: "fault", role: "alert" }, this.fault ? plain(this.fault, 300) : "");
    const button = (label, act, title = null) => h("button", {
      type: "button", class: "do other", disabled: !may, title: may ? title : t("This browser cannot sign yet"),
      "data-focus": `act${label}`, onclick: act,
    }, label);
    if (shown.state === "proposed") {
      for (const each of (shown.unsigned ?? []).filter((one) => one.party === session.party)) {
        const sheet = each.sheet ? { sheet: each.sheet } : {};
        acts.append(button(t("Sign{what} …", { what: each.sheet ? ` ${t("on the sheet of {sheet}", { sheet: plain(each.sheet, 40) })}` : "" }), () => this.#confirm(
          t("Sign this text"), [t("You sign version {version} of “{title}”, the text with the SHA-256", { version: shown.version, title: plain(shown.title, 120) }), shown.digest, t("It holds once all have signed the same text.")],
          () => this.#act(shown, { act: "sign", digest: shown.digest, ...sheet }), this.#signed(shown, whole))));
      }
      if (mine) {
        acts.append(button(t("Accept the marked provisions"), () => this.#now(() => this.#accept(shown)), t("Those that are not marked are not accepted")));
        acts.append(button(t("Counter …"), () => this.#edit(shown, whole.terms, t("Propose version {next}", { next: this.#next(shown) }))));
        acts.append(button(t("Decline …"), () => this.#reason(t("Decline"), (reason) => this.#act(shown, { act: "decline", reason }))));
      }
    }
    if (mine && shown.state === "in-force") {
      acts.append(button(t("Suspend …"), () => this.#reason(t("Suspend"), (reason, provisions) => this.#act(shown, { act: "suspend", reason, provisions }), whole.terms.provisions)));
    }
    if (mine && STANDS.has(shown.state)) acts.append(button(t("Renew or change …"), () => this.#edit(shown, this.#renewed(whole.terms), t("Propose version {next}", { next: this.#next(shown) }))));
    if (mine && shown.state === "suspended" && shown.suspension?.by === session.party) {
      acts.append(button(t("Resume"), () => this.#now(() => this.#act(shown, { act: "resume" }))));
    }
    if (mine && STANDS.has(shown.state)) {
      acts.append(button(t("End …"), () => this.#reason(t("End"), (reason) => this.#act(shown, { act: "end", reason }))));
    }
    for (const each of mine && shown.state === "in-force" ? whole.terms.provisions.filter((one) => one.type === "condition") : []) {
      const declared = shown.conditions?.find((one) => one.provision === each.id);
      if (!declared) acts.append(button(t("Declare {id}", { id: each.id }), () => this.#now(() => this.#act(shown, { act: "declare-condition", provisions: [each.id] }))));
      else {
        if (each.parties.includes(session.party) && !declared.met?.includes(session.party)) acts.append(button(t("Report {id} met", { id: each.id }), () => this.#now(() => this.#act(shown, { act: "report-met", provisions: [each.id] }))));
        if (declared.by === session.party) acts.append(button(t("Lift {id}", { id: each.id }), () => this.#now(() => this.#act(shown, { act: "lift-condition", provisions: [each.id] }))));
      }
    }
    return h("section", { "aria-label": t("What your party does with it") }, acts, fault,
      (shown.conditions ?? []).map((each) => h("p", { class: "missing" },
        t("{provision}: declared by {by} {time}, due {time2}. Reported met: {met}{what}", { provision: each.provision, by: plain(each.by, 60), time: when(each.since), time2: when(each.due), met: each.met?.join(", ") || t("nobody"), what: each.failed?.length ? t(". NOT IN TIME: {failed}", { failed: each.failed.join(", ") }) : "" }))));
  }

  /** To name none would accept all of them. */
  #accept(shown) {
    const provisions = this.#marked();
    if (!provisions.length) throw new Error("Mark the provisions that you accept. What is not marked is not accepted.");
    return this.#act(shown, { act: "accept", provisions });
  }

  #marked() {
    return [...this.sheet.querySelectorAll("input[data-provision]")].filter((each) => each.checked).map((each) => each.dataset.provision);
  }

  #provisions(shown, text, before, session, may) {
    const marks = may && shown.state === "proposed" && shown.parties.includes(session.party);
    return h("section", { "aria-label": t("Provisions") }, this.map.draw(text.terms),
      provisionsOf({ shown, terms: text.terms, before: before?.terms ?? null, marks, vacant: this.#vacant }),
      h("details", { class: "log" }, h("summary", {}, t("The one text, as it is signed")), h("p", { class: "num text" }, whole(text.text))));
  }

  /** Whether a step to a neutral would reach nobody. */
  get #vacant() { return isVacant(this.context.state(), "neutral"); }

  /** The text that is being signed stays in view, below what signs it. */
  #signed(shown, text) {
    const before = shown.replaces ? this.whole.get(`${shown.agreement}/${shown.replaces}`)?.terms ?? null : null;
    return h("section", { "aria-label": t("What you sign") }, h("h4", {}, t("What you sign")), this.map.draw(text.terms),
      h("p", { class: "num" }, t("{time} to {time2} · between {parties}", { time: when(shown.effective), time2: when(shown.expires), parties: shown.parties.map((each) => plain(each, 60)).join(", ") })),
      provisionsOf({ shown, terms: text.terms, before, marks: false, vacant: this.#vacant }),
      h("details", { class: "log" }, h("summary", {}, t("The one text, as it is signed")), h("p", { class: "num text" }, whole(text.text))));
  }

  async #act(shown, body) {
    await this.#send(`/api/v1/agreements/${encodeURIComponent(shown.agreement)}/acts`, "StepAgreement", { agreement: shown.agreement, version: shown.version, ...body });
  }

  async #send(path, type, body) {
    const answer = await this.context.signer.post(path, type, body);
    this.form = null;
    this.fault = "";
    await this.ask();
    return answer;
  }

  /** What a button does at once: where it fails, that stands beside the buttons. */
  async #now(work) {
    try {
      await work();
    } catch (error) {
      this.fault = error.message;
      this.draw();
    }
  }

  #show(form) {
    this.form = form;
    this.draw();
    form.querySelector("input, textarea, button")?.focus();
  }

  #close() { this.form = null; this.sheet.replaceChildren(); this.draw(); }

  /** The second of two actions. below: a node, or none.
   * @param {any} [below] */
  #confirm(label, lines, act, below = []) {
    const form = smallForm(label, label, lines.map((line, i) => h("p", { class: i === 1 ? "num" : "" }, line)), act, () => this.#close());
    this.#show(h("div", {}, form, below));
  }

  #reason(label, act, provisions = []) {
    const reason = field("reason", t("Reason"), { maxlength: 2000, class: "long" });
    const marks = provisions.map((each) => h("label", { class: "mark-one" }, h("input", { type: "checkbox", name: "part", value: each.id }), ` ${t("only {id}", { id: plain(each.id, 60) })}`));
    this.#show(smallForm(`${label}: ${this.#shown()?.title ?? ""}`, label, [reason, provisions.length ? h("p", { class: "dim" }, t("Mark provisions to take only those; none marked takes all.")) : null, ...marks],
      (elements) => act(elements.reason.value.trim(), [...(elements.part?.length ? elements.part : elements.part ? [elements.part] : [])].filter((each) => each.checked).map((each) => each.value)), () => this.#close()));
  }

  #next(shown) {
    return Math.max(...this.versions.filter((each) => each.agreement === shown.agreement).map((each) => each.version)) + 1;
  }

  /** The same text for as long again, from now on; the version before holds until all have signed. */
  #renewed(terms) {
    const fromUs = Math.floor(this.context.now() / 1000) * 1_000_000;
    return { ...terms, effective_us: fromUs, expires_us: fromUs + terms.expires_us - terms.effective_us };
  }

  #edit(shown, terms, label) {
    this.#show(editForm({
      terms, label, nowMs: () => this.context.now(), close: () => this.#close(), vacant: this.#vacant, map: this.map,
      send: async (made, answerBy) => {
        await this.#send(`/api/v1/agreements/${encodeURIComponent(shown.agreement)}/versions`, "ProposeAgreement",
          { agreement: shown.agreement, terms: made, answer_by: answerBy, replaces: shown.version });
        this.version = null;
      },
    }));
  }

  #resume(draft) {
    this.#show(this.#proposal(draft.terms, draft.agreement));
  }

  async propose() {
    const state = this.context.state();
    const parties = Object.values(state.parties).filter((each) => each.id !== this.context.session.party);
    try {
      const { templates } = await this.context.api.get("/api/v1/templates");
      this.#show(gallery({
        templates, parties, close: () => this.#close(),
        choose: async (name, others, days) => {
          const names = [this.context.session.party, ...others].map(encodeURIComponent).join(",");
          const filled = await this.context.api.get(`/api/v1/templates/${encodeURIComponent(name)}?parties=${names}&days=${days}`);
          this.#show(this.#proposal(filled.terms));
        },
      }));
    } catch (error) {
      this.fault = error.message;
      this.draw();
    }
  }

  #proposal(terms, draft = null) {
    return editForm({
      terms, label: t("Propose to the others"), nowMs: () => this.context.now(), close: () => this.#close(), vacant: this.#vacant, map: this.map,
      send: async (made, answerBy) => {
        const path = `/api/v1/agreements${draft ? `?draft=${encodeURIComponent(draft)}` : ""}`;
        const told = await this.#send(path, "ProposeAgreement", { terms: made, answer_by: answerBy });
        this.choose(told.agreement);
      },
      others: [{
        label: t("Keep as a draft of your party"),
        act: async (made) => {
          const path = draft ? `/api/v1/drafts/${encodeURIComponent(draft)}` : "/api/v1/drafts";
          await this.context.api.post(path, { terms: made }, crypto.randomUUID());
          await this.ask();
        },
      }],
    });
  }
}

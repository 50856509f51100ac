// Hazards that nobody said to be over, with their status. The party of a hazard says it here, ends
// it, and says ALL-CLEAR under its signature; a missed word reads unknown, never safe.

import { aged, intentName, partyName, rows, swatch } from "./dom.js";
import { dayTime, radiusOf, whereText } from "./meets.js";
import { limitText } from "./shape.js";
import { h, plain, utcDate, utcShort } from "./text.js";
import { phrase, t } from "./words.js";

const NONE = phrase("No hazard that you may see stands here. No information is not clearance.");
const STATUSES = ["active", "moved", "ended", "unknown"];

/** What takes two actions: the second stands with what it does. */
const STEPS = {
  end: {
    open: t("End it …"), does: phrase("End this hazard"),
    says: phrase("It will not go on. Whoever was told of it is told that it ended, not confirmed as ALL-CLEAR, and takes it out of every unit."),
  },
  over: {
    open: "ALL-CLEAR …", does: phrase("Sign ALL-CLEAR"),
    says: phrase("You say, signed, that the hazard is over and nothing of it is left. Whoever was told of it gets a notice, to be read back."),
  },
};

/** Where its party suggests to keep; or that it is withheld, and what it would lead into. */
function suggestion(state, { avoiding, party }) {
  const head = h("p", { class: "line" }, h("b", {}, t("Suggested: where to keep")), h("span", { class: "dim" }, ` ${t("for a {kind}, by", { kind: plain(avoiding.kind, 20) })} `), swatch(party), plain(partyName(state, party), 60),
    h("span", { class: "age" }, aged("ago", avoiding.suggestedMs)));
  const to = avoiding.to.length ? h("p", { class: "dim" }, t("To {to} only.", { to: avoiding.to.map((each) => plain(partyName(state, each), 60)).join(", ") })) : null;
  const named = avoiding.inTheWay.map((each) => plain(wayName(state, each), 60)).join(", ");
  return h("div", { class: "suggested", role: "group", "aria-label": t("Suggested: where to keep") }, head, to,
    named ? h("p", { class: "missing" }, t("WITHHELD: it leads into {named}.", { named })) : null,
    avoiding.volumes.map((volume) => h("p", { class: "num" },
      t("{where} · {lower} to {upper} · {start} to {end}", { where: whereText(null, { volumes: [volume] }, radiusOf({ volumes: [volume] })), lower: limitText(volume.lower), upper: limitText(volume.upper), start: dayTime(volume.startMs), end: dayTime(volume.endMs) }))),
    h("p", { class: "dim" }, plain(avoiding.sentence), ` ${t("It rests on what you may see and on nothing else.")}`));
}

/** What stands in the way, as it is called here. */
function wayName(state, { type, id }) {
  if (type === "zone") return t("zone {name}", { name: state.zones[id]?.name ?? id });
  const intent = state.intents[id];
  return intent ? `${intent.kind} ${intentName(state, intent)}` : `${type} ${id}`;
}

export class HazardList {
  constructor(box, context, signing) {
    this.box = box;
    this.context = context;
    this.signing = signing;
    this.said = new Map();
    this.steps = new Map(); // hazard: the step whose second action is shown
    this.busy = new Set();
    this.names = new Map(); // hazard: how it is called, also once its intent ended
  }

  update(state) {
    const own = state.session?.party;
    const all = Object.values(state.hazards).sort((a, b) => Number(a.party !== own) - Number(b.party !== own) || a.startMs - b.startMs);
    rows(this.box, all.map((hazard) => {
      const intent = state.intents[hazard.id];
      const name = this.#name(hazard, intent);
      return {
        key: hazard.id,
        shows: [hazard, name, Boolean(intent), partyName(state, hazard.party), this.said.get(hazard.id), this.steps.get(hazard.id), this.busy.has(hazard.id), this.signing.ready],
        make: () => this.#card(state, hazard, { name, own: hazard.party === own, stands: Boolean(intent) }),
      };
    }), state.loaded.hazards ? NONE : t("Asking …"));
  }

  /** How it is called; of one that ended that is asked for once. */
  #name(hazard, intent) {
    if (intent) this.names.set(hazard.id, intent.placeName ?? intent.callSign ?? hazard.id);
    else if (!this.names.has(hazard.id)) {
      this.names.set(hazard.id, hazard.id);
      this.context.api.get(`/api/v1/intents/${encodeURIComponent(hazard.id)}`).then((found) => {
        this.names.set(hazard.id, found.place_name ?? found.call_sign ?? hazard.id);
        this.update(this.context.state());
      }, () => {}); // what may not be read is called by its id
    }
    return this.names.get(hazard.id);
  }

  #card(state, hazard, { name, own, stands }) {
    const said = this.said.get(hazard.id);
    return h("article", { class: "card" },
      h("p", { class: "line" }, h("b", {}, plain(name, 60)), h("span", { class: "tag strong" }, hazard.state),
        h("span", { class: "age" }, Number.isFinite(hazard.statedMs) ? [`${t("said")} `, aged("ago", hazard.statedMs)] : t("no status was given"))),
      h("p", {}, `${t("of")} `, swatch(hazard.party), plain(partyName(state, hazard.party), 60), h("span", { class: "num" }, ` ${t("· {date} {time} to {time2}", { date: utcDate(hazard.startMs), time: utcShort(hazard.startMs), time2: utcShort(hazard.endMs) })}`)),
      own && Number.isFinite(hazard.nextMs) ? h("p", { class: "dim" }, `${t("Its status is due")} `, aged("within", hazard.nextMs, { class: "num" }), t("; a missed one reads unknown.")) : null,
      hazard.avoiding ? suggestion(state, hazard) : null,
      own && state.session.roles.includes("tell") ? this.#acts(hazard, name, stands) : null,
      said ? h("p", { class: "fault", role: "alert" }, said) : null);
  }

  /** Its status while it stands; its end; and once it ended, ALL-CLEAR. */
  #acts(hazard, name, stands) {
    const step = stands ? "end" : "over";
    if (this.steps.get(hazard.id) === step) return this.#confirm(hazard, name, step);
    const button = (key, label, act) => h("button", { type: "button", class: "do other", "data-focus": `${key}${hazard.id}`, onclick: act }, label);
    return h("div", { class: "actions", role: "group", "aria-label": t("Status of {name}", { name: plain(name, 40) }) },
      stands ? STATUSES.map((status) => button(status, status, () => this.#state(hazard, status))) : null,
      button("step", STEPS[step].open, () => this.#show(hazard, step)));
  }

  #confirm(hazard, name, step) {
    const unsigned = step === "over" && !this.signing.ready;
    return h("div", { class: "answer", role: "group", "aria-label": `${STEPS[step].does}: ${plain(name, 40)}` },
      h("p", {}, STEPS[step].says),
      unsigned ? h("p", { class: "missing" }, t("This takes a signature: make and enrol a key on this page first.")) : null,
      h("p", { class: "line" },
        h("button", { type: "button", class: "do", "data-focus": `step${hazard.id}`, disabled: unsigned || this.busy.has(hazard.id), onclick: () => this.#take(hazard, step) }, STEPS[step].does),
        h("button", { type: "button", class: "quiet", onclick: () => this.#show(hazard, null) }, t("Leave it"))));
  }

  #show(hazard, step) {
    if (step) this.steps.set(hazard.id, step);
    else this.steps.delete(hazard.id);
    this.update(this.context.state());
  }

  #state(hazard, status) {
    return this.#do(hazard, () => this.context.api.post(`/api/v1/hazards/${encodeURIComponent(hazard.id)}/status`, { status }, crypto.randomUUID()));
  }

  #take(hazard, step) {
    const id = encodeURIComponent(hazard.id);
    return this.#do(hazard, async () => {
      if (step === "over") {
        await this.context.signer.post(`/api/v1/hazards/${id}/all-clear`, "GiveAllClear", { intent: hazard.id });
      } else {
        const { ovn } = await this.context.api.get(`/api/v1/intents/${id}`);
        const path = `/api/v1/intents/${id}/state`;
        if (this.signing.ready) await this.context.signer.post(path, "ChangeIntentState", { intent: hazard.id, ovn, step: "end" });
        else await this.context.api.post(path, { ovn, step: "end" }, crypto.randomUUID());
      }
      this.steps.delete(hazard.id);
    });
  }

  /** Do it once, whatever is clicked meanwhile, and say what was wrong. */
  async #do(hazard, act) {
    if (this.busy.has(hazard.id)) return;
    this.busy.add(hazard.id);
    this.update(this.context.state());
    try {
      await act();
      this.said.delete(hazard.id);
    } catch (error) {
      this.said.set(hazard.id, plain(error.message, 200));
    } finally {
      this.busy.delete(hazard.id);
    }
    this.update(this.context.state());
    this.context.refresh("hazards", "intents", "notices");
  }
}

// STOP, from every view: a button and a confirmation. What comes in stands above everything else,
// each one for itself, until a person here says that it was read.

import { patiently } from "./api.js";
import { field } from "./answer.js";
import { aged, announce, at, partyName, rows, swatch } from "./dom.js";
import { contactText, h, plain, utc } from "./text.js";
import { phrase, t } from "./words.js";

const FORMS = [ // each with its own button: two actions from any view
  ["stop", phrase("STOP: something must end at once")],
  ["our-error", phrase("OUR-ERROR: this came from us and is not meant")],
  ["doubt", phrase("DOUBT: something told here may be wrong")],
];
const IS_NOT = phrase("It is no order and no permission. No answer to it is consent.");

/** The button with its dialog, and the banner of STOPs. */
export class StopDesk {
  constructor(context) {
    this.context = context;
    this.sending = []; // own ones that are not taken yet: {key, body, why}
    this.away = new Set(); // own ones that were put away
    this.asked = new Map(); // STOP id: "…" or a fault, for "read"
    this.dialog = at("stop-dialog");
    at("stop").addEventListener("click", () => this.#open());
  }

  reset() {
    this.sending = [];
    this.asked.clear();
    if (this.dialog.open) this.dialog.close();
  }

  #open() {
    const text = field("text", t("In a few words, if there is time: what is wrong, where, how to call back"), { maxlength: 200, class: "long" });
    const sends = FORMS.map(([form, says]) => h("p", { class: "line" },
      h("button", { type: "submit", class: form === "stop" ? "stop" : "stop kin", id: form === "stop" ? "stop-send" : null, value: form }, phrase("Send {form} to everybody", { form: form.toUpperCase() })), h("span", {}, says)));
    const body = h("form", { class: "answer" },
      h("h2", { id: "h-stop" }, phrase("STOP")), h("p", {}, `${t("It goes to every party of the space at once, before it is recorded, with your token: nothing waits for a signature, and it reads “attested”.")} `, IS_NOT),
      sends, text,
      h("p", { class: "line" }, h("button", { type: "button", class: "quiet", onclick: () => this.dialog.close() }, t("Leave it"))));
    body.addEventListener("submit", (event) => { // Enter in the words sends STOP, the first
      event.preventDefault();
      this.dialog.close();
      this.#send({ form: event.submitter?.value || "stop", text: body.elements.text.value.trim() });
    });
    this.dialog.replaceChildren(body);
    this.dialog.showModal();
    at("stop-send").focus();
  }

  /** Under one key: tried until it is taken, and taken once. */
  async #send(body) {
    const { api } = this.context;
    const own = { key: crypto.randomUUID(), body, why: t("sending …") };
    this.sending.push(own);
    this.draw();
    try {
      await patiently(() => api.post("/api/v1/stop", body, own.key), {
        waits: (why) => { own.why = why ? phrase("NOT SENT: no connection. Use the telephone. It goes out when the line is back") : own.why; this.draw(); },
        stopped: () => this.context.api !== api,
      });
      this.sending = this.sending.filter((each) => each !== own);
    } catch (error) {
      own.why = phrase("NOT SENT: {why}", { why: plain(error.message, 200) });
      own.failed = true;
    }
    this.context.refresh("stops");
    this.draw();
  }

  async #read(stop) {
    const { api } = this.context;
    const key = crypto.randomUUID();
    this.asked.set(stop.id, "…");
    this.draw();
    try {
      await patiently(() => api.post(`/api/v1/stops/${encodeURIComponent(stop.id)}/acknowledgements`, { by: "person", post: "duty" }, key), {
        stopped: () => this.context.api !== api,
      });
      this.asked.delete(stop.id);
    } catch (error) {
      this.asked.set(stop.id, plain(error.message, 200));
    }
    this.context.refresh("stops");
    this.draw();
  }

  /** Incoming ones that no person here has read. */
  unread(state) {
    const own = state.session?.party;
    return Object.values(state.stops).filter((stop) => stop.sender !== own && !stop.reads.some((read) => read.party === own));
  }

  draw(state = this.context.state()) {
    const own = state.session?.party;
    const coming = this.unread(state).sort((a, b) => a.sentMs - b.sentMs);
    const mine = Object.values(state.stops).filter((stop) => stop.sender === own && !this.away.has(stop.id)).sort((a, b) => a.sentMs - b.sentMs);
    for (const stop of coming) announce(stop.id, t("{form} from {party}: {text}", { form: stop.form.toUpperCase(), party: plain(partyName(state, stop.sender)), text: plain(stop.text) }));
    rows(at("stops"), [
      ...coming.map((stop) => ({ key: stop.id, shows: [stop, this.asked.get(stop.id), partyName(state, stop.sender)], make: () => this.#incoming(state, stop) })),
      ...this.sending.map((each) => ({ key: each.key, shows: [each.why, each.failed], make: () => this.#outgoing(each) })),
      ...mine.map((stop) => ({ key: stop.id, shows: [stop, Object.keys(state.parties).length], make: () => this.#own(state, stop) })),
    ], "");
    at("stops").hidden = !(coming.length || mine.length || this.sending.length);
  }

  #incoming(state, stop) {
    const asked = this.asked.get(stop.id);
    return h("div", { class: "stop-card", role: "alert" },
      h("p", { class: "line" }, h("b", { class: "form" }, `■ ${stop.form.toUpperCase()}`), ` ${t("from")} `, swatch(stop.sender), h("b", {}, plain(partyName(state, stop.sender), 60)),
        stop.identified === "unverified" ? h("span", { class: "tag strong" }, phrase("UNVERIFIED: {doubts}", { doubts: plain(stop.doubts, 60) })) : h("span", { class: "tag" }, stop.identified),
        h("span", { class: "age" }, `${utc(stop.sentMs)} · `, aged("ago", stop.sentMs))),
      h("p", { class: "text" }, stop.text ? plain(stop.text, 200) : t("Nothing more was said."), placeText(state, stop)),
      stop.contact ? h("p", {}, `${t("Call:")} `, h("b", {}, plain(contactText(stop.contact), 160))) : null,
      h("p", { class: "line" },
        h("button", { type: "button", class: "do", "data-focus": `s${stop.id}`, disabled: asked === "…", onclick: () => this.#read(stop) }, asked === "…" ? "…" : phrase("I have read it")),
        h("span", { class: "sentence" }, IS_NOT)),
      asked && asked !== "…" ? h("p", { class: "fault", role: "alert" }, asked) : null);
  }

  #outgoing(own) {
    return h("div", { class: "stop-card own", role: "alert" },
      h("p", { class: "line" }, h("b", { class: "form" }, t("□ Your {form}", { form: own.body.form.toUpperCase() })), own.why,
        own.failed ? h("button", { type: "button", class: "quiet", onclick: () => { this.sending = this.sending.filter((each) => each !== own); this.draw(); } }, t("Put away")) : null));
  }

  #own(state, stop) {
    const first = Number.isFinite(stop.firstS)
      ? t("First read by a person after {duration}{readers}.", { duration: `${Math.round(stop.firstS)} s`, readers: readers(state, stop) })
      : [`${t("No person has said that it was read:")} `, aged("waiting", stop.sentMs, { class: "num" }), "."];
    return h("div", { class: "stop-card own" },
      h("p", { class: "line" }, h("b", { class: "form" }, t("□ Your {form}", { form: stop.form.toUpperCase() })), plain(stop.text, 200), placeText(state, stop),
        h("span", { class: "tag" }, stop.recorded ? t("recorded") : t("sent, not recorded yet")),
        h("span", { class: "age" }, `${utc(stop.sentMs)} · `, aged("ago", stop.sentMs))),
      h("p", {}, first, stop.unread?.length ? h("span", { class: "missing" }, ` ${t("Not read at: {unread}.", { unread: stop.unread.map((each) => plain(partyName(state, each), 40)).join(", ") })}`) : null),
      h("p", {}, h("button", { type: "button", class: "quiet", "data-focus": `s${stop.id}`, onclick: () => { this.away.add(stop.id); this.draw(); } }, t("Put away"))));
  }
}

const readers = (state, stop) =>
  (stop.reads.length ? ` (${stop.reads.map((read) => t("{party} after {duration}", { party: plain(partyName(state, read.party), 40), duration: `${Math.round(read.afterS)} s` })).join(", ")})` : "");

function placeText(state, stop) {
  const thing = state.intents[stop.intent] ?? state.zones[stop.zone];
  if (thing) return ` · ${plain(thing.callSign ?? thing.placeName ?? thing.name ?? thing.id, 60)}`;
  if (!stop.area) return stop.intent || stop.zone ? ` ${t("· about something that is named to those who see it")}` : "";
  return ` ${t("· within {radius} of {place}", { radius: `${Math.round(stop.area.radius_m)} m`, place: placeOfStop(stop.area) })}`;
}

const side = (value, plus, minus) => `${Math.abs(value).toFixed(4)}° ${value < 0 ? minus : plus}`;
const placeOfStop = ({ latitude, longitude }) => `${side(latitude, "N", "S")} ${side(longitude, "E", "W")}`;

// The time that the picture shows: from the past, which the record has, through now to the future, of
// which only intents say anything. What is not now never reads as now: the slider, a bar over the map
// and the lists beside it all say so, and one key or click leads back. Warnings and notices stay those
// of now, always.

import { NO_INFORMATION, at, rows, setText, swatch, intentName, partyName } from "./dom.js";
import { placeText } from "./coordinates.js";
import { longRows } from "./longlist.js";
import { MINUTE, minuteOf, stateAt } from "./past.js";
import { limitText } from "./shape.js";
import { serverNow } from "./state.js";
import { distance, duration, h, local, metresAndFeet, plain, utc, utcDate, utcShort } from "./text.js";
import { t } from "./words.js";

const REACHES_H = [1, 6, 24];
const BEFORE_H = 6; // what was told so long before, or still stands, is what is known to have stood
const ASK_AFTER_MS = 350; // that the slider stands still

/** The volumes of an area that are in force at an instant. */
const inForce = (area, atMs) => area.volumes.filter((volume) => !(volume.startMs > atMs) && !(volume.endMs < atMs));

/** What is said now to be in force at an instant to come. Where anything will be nobody knows. */
export function futureOf(state, atMs) {
  const those = (things, also = () => true) => Object.fromEntries(Object.values(things)
    .map((each) => ({ ...each, volumes: inForce(each, atMs) })).filter((each) => each.volumes.length && also(each)).map((each) => [each.id, each]));
  const told = (intent) => intent.state !== "Ended";
  return { ...stateAt(state, atMs, { intents: those(state.intents, told), zones: those(state.zones), tracks: {} }), shared: those(state.shared, told), buffers: state.buffers };
}

/** What stood at a minute of the past: by the record where it has anything of a thing in the hours
 * before it and since, and by what stands today, unchanged since before that. */
export function pastOf(state, atMs, told, kept) {
  const stood = minuteOf({ shapes: told.shapes, tracks: kept.tracks }, atMs);
  const known = new Set(told.shapes.map((each) => each.id));
  const today = (things, since) => Object.fromEntries(Object.values(things).filter((each) => !known.has(each.id) && since(each) <= atMs).map((each) => [each.id, each]));
  const tracks = Object.fromEntries(stood.tracks.map((each) => [each.id, each]));
  return stateAt(state, atMs + MINUTE, {
    intents: { ...today(state.intents, (each) => each.toldMs), ...stood.intents },
    zones: { ...today(state.zones, (each) => each.declaredMs), ...stood.zones },
    tracks,
  });
}

/** The slider, and what it shows. changed() is called when another time is to be shown. */
export class Moment {
  constructor(context, changed) {
    Object.assign(this, { context, changed, atMs: null, told: null, kept: null, fault: "", asked: 0 });
    this.slider = h("input", { type: "range", id: "moment-slider", step: 1, value: 0, "aria-label": t("Time that the picture shows"), oninput: () => this.#slide() });
    this.reach = h("select", { "aria-label": t("How far it reaches"), onchange: () => this.#range() }, REACHES_H.map((hours) => h("option", { value: hours }, `± ${hours} h`)));
    this.clock = h("output", { class: "num", for: "moment-slider" });
    this.back = h("button", { type: "button", class: "do", id: "moment-now", "aria-keyshortcuts": "Escape", onclick: () => this.now() }, t("Back to now"));
    this.node = h("div", { class: "moment", role: "group", "aria-label": t("Past, now and future") },
      h("div", { class: "ends" }, h("span", {}, `◀ ${t("past")}`), h("b", {}, t("now")), h("span", {}, `${t("future")} ▶`)), this.slider, this.clock, this.reach, this.back);
    this.bar = h("p", { class: "moment-bar", role: "status", hidden: true });
    this.leave = (event) => {
      if (event.key !== "Escape" || this.atMs === null || document.querySelector("dialog[open]") || document.body.dataset.view !== "picture") return;
      this.now();
    };
    document.addEventListener("keydown", this.leave);
    this.#range();
  }

  remove() {
    clearTimeout(this.timer);
    document.removeEventListener("keydown", this.leave);
  }

  #range() {
    const minutes = 60 * Number(this.reach.value);
    this.slider.min = String(-minutes);
    this.slider.max = String(minutes);
    this.#stand();
  }

  #slide() {
    const minutes = Number(this.slider.value);
    if (!minutes) { this.now(); return; }
    const before = this.atMs;
    this.atMs = Math.floor((this.context.now() + minutes * MINUTE) / MINUTE) * MINUTE;
    if (this.atMs === before) return;
    this.kept = null;
    this.fault = "";
    clearTimeout(this.timer);
    if (minutes < 0) this.timer = setTimeout(() => this.#ask(this.atMs), ASK_AFTER_MS);
    this.changed();
  }

  /** Show what is now. */
  now() {
    clearTimeout(this.timer);
    this.atMs = this.kept = null;
    this.fault = "";
    this.#stand();
    this.changed();
  }

  async #ask(atMs) {
    const turn = (this.asked += 1);
    const iso = (ms) => new Date(ms).toISOString();
    const path = (from, to) => `/api/v1/timeline?from=${iso(from)}&to=${iso(to)}`;
    try {
      const from = atMs - BEFORE_H * 60 * MINUTE;
      const [told, kept] = await Promise.all([this.context.api.get(path(from, this.context.now())), this.context.api.get(path(atMs, atMs + MINUTE))]);
      if (turn !== this.asked || this.atMs !== atMs) return;
      Object.assign(this, { told, kept });
    } catch (error) {
      if (turn !== this.asked || this.atMs !== atMs) return;
      this.fault = plain(error.message, 200);
    }
    this.changed();
  }

  #stand() {
    const minutes = this.atMs === null ? 0 : Math.round((this.atMs - this.context.now()) / MINUTE);
    this.slider.value = String(minutes);
  }

  /** What is to be shown of a state: {mode, state}; mode "now", "past", "waiting" or "future". A time to
   * come that has come is now. */
  view(state) {
    const nowMs = serverNow(state);
    if (this.future && this.atMs !== null && this.atMs <= nowMs) { this.atMs = null; this.#stand(); }
    this.future = this.atMs !== null && this.atMs > nowMs;
    const mode = this.atMs === null ? "now" : this.future ? "future" : this.kept ? "past" : "waiting";
    this.#say(mode, nowMs);
    if (mode === "now") return { mode, state };
    if (mode === "future") return { mode, state: this.#same(state, mode, () => futureOf(state, this.atMs)) };
    if (mode === "past") return { mode, state: this.#same(state, mode, () => pastOf(state, this.atMs, this.told, this.kept)) };
    return { mode, state: this.#same(state, mode, () => stateAt(state, this.atMs, { intents: {}, zones: {}, tracks: {} })) };
  }

  /** The same object while what it rests on is the same, so that nothing is drawn again. */
  #same(state, mode, make) {
    const rests = [mode, this.atMs, this.kept, state.selected, state.parties, state.buffers, ...(mode === "waiting" ? [] : [state.intents, state.shared, state.zones])];
    if (!this.rests || rests.some((each, index) => each !== this.rests[index])) { this.rests = rests; this.made = make(); }
    return this.made;
  }

  #say(mode, nowMs) {
    const shownMs = this.atMs ?? nowMs;
    const clock = `${utcDate(shownMs)} ${mode === "now" ? utc(shownMs) : utcShort(shownMs)}`;
    setText(this.clock, clock);
    this.clock.title = local(shownMs);
    const away = duration(Math.abs(nowMs - shownMs) / 1000);
    const where = mode === "now" ? t("now") : mode === "future" ? t("{time} from now", { time: away }) : t("{time} ago", { time: away });
    this.slider.setAttribute("aria-valuetext", `${clock}, ${where}`);
    this.back.hidden = mode === "now";
    this.node.dataset.mode = this.bar.dataset.mode = mode;
    this.bar.hidden = mode === "now";
    if (mode === "now") return;
    const says = {
      future: t("Only what is told so far for then. Where anything will be: no information."),
      past: `${t("From the record and the positions kept. What is not shown may have been there.")}${this.told?.more_from ? ` ${t("The record has more than is shown.")}` : ""}`,
      waiting: this.fault ? t("Not known: {why}", { why: this.fault }) : t("Asking the record …"),
    }[mode];
    const head = mode === "future" ? `▶▶ ${t("FUTURE")}` : `◀◀ ${t("PAST")}`;
    setText(this.bar, `${head} ${clock} (${where}) · ${t("NOT NOW")} · ${says}`);
  }

  /** The lists on the left, of that time. */
  lists({ mode, state }) {
    const asOf = `${mode === "future" ? t("FUTURE") : t("PAST")} ${utcShort(this.atMs)}`;
    const tracks = Object.values(state.tracks);
    const intents = [...Object.values(state.intents), ...Object.values(state.shared)];
    const zones = Object.values(state.zones);
    for (const [name, count] of [["tracks", tracks.length], ["intents", intents.length], ["zones", zones.length]]) setText(at(`n-${name}`), `${asOf} · ${count}`);
    const none = mode === "waiting" ? (this.fault || t("Asking the record …")) : NO_INFORMATION;
    longRows(at("tracks"), tracks, (track) => ({
      key: track.id, shows: ["then", track, state.parties],
      make: () => h("p", { class: "row" }, swatch(track.party), h("b", {}, plain(track.callSign ?? track.track, 24)), h("span", { class: "age" }, utc(track.timeMs)),
        h("span", { class: "num wide" }, placeText(track.place)),
        h("span", { class: "num wide" }, Number.isFinite(track.altitudeM) ? metresAndFeet(track.altitudeM) : t("height not known"), Number.isFinite(track.uncertaintyM) ? ` · ±${distance(track.uncertaintyM)}` : "")),
    }), mode === "future" ? `${t("Nobody knows where anything will be.")} ${NO_INFORMATION}` : none);
    longRows(at("intents"), intents, (intent) => ({
      key: intent.id, shows: ["then", intent.version, intent.state, intent.volumes.length, state.selected === intent.id, this.atMs],
      make: () => h("button", { type: "button", class: `row ${state.selected === intent.id ? "on" : ""}`, "data-focus": `i${intent.id}`, onclick: () => this.context.actions.select(intent.id) },
        swatch(intent.party), h("b", {}, plain(intentName(state, intent), 28)), h("span", { class: "tag" }, intent.state), h("span", { class: "tag" }, intent.kind),
        h("span", { class: "dim wide" }, `${plain(partyName(state, intent.party), 60)} · v${intent.version}`),
        intent.volumes.map((volume) => h("span", { class: "num wide" }, `${limitText(volume.lower)} – ${limitText(volume.upper)}, ${utcShort(volume.startMs)}–${utcShort(volume.endMs)}`))),
    }), none);
    rows(at("zones"), zones.map((zone) => ({
      key: zone.id, shows: ["then", zone.version, this.atMs],
      make: () => h("p", { class: "row" }, swatch(zone.party), h("b", {}, plain(zone.name, 40)), h("span", { class: "tag" }, plain(zone.rule, 20)), h("span", { class: "dim wide" }, plain(partyName(state, zone.party), 60))),
    })), none);
  }
}

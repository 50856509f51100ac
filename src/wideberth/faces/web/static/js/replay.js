// The view of a replay: what the record shows to this party, a minute at a time. On the map stand
// the places that stood then and the positions that were kept; beside it the lines of that minute.
// Nothing is drawn between two minutes, and no account of any party is here.

import { choice, field } from "./answer.js";
import { placeText } from "./coordinates.js";
import { rings } from "./geo.js";
import { ConsoleMap } from "./map.js";
import { rows, swatch } from "./dom.js";
import { MINUTE, minuteOf, stateAt } from "./past.js";
import { intentOf, trackOf } from "./shape.js";
import { duration, h, local, plain, utc, utcDate, utcShort } from "./text.js";
import { placed, t } from "./words.js";

const STEP_MS = 700; // how long a minute is shown while it plays
const LONGEST_MIN = 1440;
const NOTHING = t("No line in this minute. That nothing is shown does not say that nothing happened.");
const NO_POSITION = t("No positions kept that you could see. That does not say that nothing was there.");

export function mount(root, context) {
  return new Replay(root, context);
}

class Replay {
  constructor(root, context) {
    this.root = root;
    this.context = context;
    this.told = null;
    this.minute = 0;
    this.minutes = 0;
    this.timer = null;
    this.fault = h("p", { class: "fault", role: "alert" });
    this.title = h("p", { class: "dim", id: "replay-title" }, t("Choose an incident, or a time."));
    this.clock = h("output", { class: "num", id: "replay-minute", for: "replay-slider" }, "----------  --:--Z");
    this.slider = h("input", { type: "range", id: "replay-slider", min: 0, max: 0, value: 0, step: 1, "aria-label": t("Minute"), oninput: () => { this.#pause(); this.#show(Number(this.slider.value)); } });
    this.play = h("button", { type: "button", class: "do other", id: "replay-play", onclick: () => this.#toggle() }, t("Play"));
    this.lines = h("div", { class: "list", id: "replay-lines", tabindex: "-1" });
    this.tracks = h("div", { class: "list", id: "replay-tracks" });
    this.clocks = h("div", { class: "list", id: "replay-clocks" });
    this.nothing = h("p", { class: "nothing", hidden: true }, t("Nothing that you may see stood in this view at this minute."));
    const box = h("div", { class: "map", role: "region", "aria-label": t("Map of the minute. Its positions stand in the list beside it, too.") });
    root.replaceChildren(h("div", { class: "frame replay" },
      h("div", { class: "side" },
        h("section", { "aria-labelledby": "h-replay" }, h("h2", { id: "h-replay", tabindex: "-1", "data-first": true }, t("Replay")), this.#form(), this.fault, this.title),
        h("section", { "aria-labelledby": "h-replay-clocks" }, h("h2", { id: "h-replay-clocks" }, t("Clocks")), this.clocks),
        h("section", { class: "grow", "aria-labelledby": "h-replay-tracks" }, h("h2", { id: "h-replay-tracks" }, t("Positions kept")), this.tracks)),
      h("div", { class: "middle" }, box, this.nothing,
        h("div", { class: "player", role: "group", "aria-label": t("Minute by minute") }, this.play,
          h("button", { type: "button", class: "do other", "aria-label": `${t("One minute back")} ${placed("−1")}`, onclick: () => { this.#pause(); this.#show(this.minute - 1); } }, "−1"),
          this.slider,
          h("button", { type: "button", class: "do other", "aria-label": `${t("One minute on")} ${placed("+1")}`, onclick: () => { this.#pause(); this.#show(this.minute + 1); } }, "+1"),
          this.clock)),
      h("div", { class: "side right" },
        h("section", { class: "grow", "aria-labelledby": "h-replay-lines" }, h("h2", { id: "h-replay-lines" }, t("What the record shows")), this.lines))));
    this.map = new ConsoleMap(box, { select: () => {} }, { nothing: this.nothing, follows: false });
    this.known = this.#incidents();
  }

  /** An incident named in the address is shown at once. */
  async at(incident) {
    if (!incident || incident === this.which.value) return;
    await this.known;
    this.which.value = incident;
    if (this.which.value !== incident) this.fault.textContent = t("No incident of this address names your party. Choose one, or a time.");
    else this.form.requestSubmit();
  }

  unmount() {
    this.#pause();
    this.map.remove();
    this.root.replaceChildren();
  }

  #form() {
    const now = this.context.now();
    this.which = choice([["", t("a time, as below")]]);
    const form = this.form = h("form", { class: "answer", "aria-label": t("What to replay"), novalidate: true },
      field("incident", t("Incident"), {}, this.which),
      field("from", t("From, UTC"), { value: shown(now - 30 * MINUTE) }), field("to", t("To, UTC"), { value: shown(now) }),
      h("p", { class: "line" }, h("button", { type: "submit", class: "do" }, t("Show"))));
    this.which.addEventListener("change", () => this.#window());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#window();
      this.#ask(form.elements.incident.value, form.elements.from.value, form.elements.to.value);
    });
    return form;
  }

  /** The times that nobody typed yet follow the clock of the space, once it is known. */
  update(state) {
    if (this.dated || !Number.isFinite(state.clock.serverMs)) return;
    this.dated = true;
    const now = this.context.now();
    for (const [name, ms] of [["from", now - 30 * MINUTE], ["to", now]]) {
      const input = this.form.elements[name];
      if (input.value === input.defaultValue && !input.readOnly) input.value = shown(ms);
    }
  }

  /** Of an incident the times are its own: they stand in the fields and are not typed. The line of
   * the choice is narrow: the whole title stands below it. */
  #window() {
    const head = this.heads?.get(this.which.value);
    this.title.textContent = head ? plain(head.title, 200) : t("Choose an incident, or a time.");
    for (const [name, time] of [["from", head?.start], ["to", head?.end]]) {
      const input = this.form.elements[name];
      input.readOnly = Boolean(head);
      if (head) input.value = shown(Date.parse(time));
    }
  }

  async #incidents() {
    try {
      const found = await this.context.api.all("/api/v1/incidents", "incidents");
      this.heads = new Map(found.items.map((each) => [each.id, each]));
      this.which.append(...found.items.map((each) => h("option", { value: each.id }, `${shown(Date.parse(each.start))} ${plain(each.title, 60)}`)));
    } catch { /* without them a time can still be chosen */ }
  }

  async #ask(incident, from, to) {
    this.#pause();
    this.fault.textContent = "";
    try {
      const [begin, end] = [from, to].map((text) => Date.parse(`${text.trim().replace(" ", "T")}Z`));
      if (!incident && !(begin < end)) throw new Error("Give two times like 2026-05-01 12:00, the first before the second.");
      if (!incident && end - begin > LONGEST_MIN * MINUTE) throw new Error("Give a day at most.");
      const iso = (ms) => new Date(ms).toISOString();
      const path = incident ? `/api/v1/incidents/${encodeURIComponent(incident)}/timeline` : `/api/v1/timeline?from=${iso(begin)}&to=${iso(end)}`;
      const [told, seen] = await Promise.all([this.context.api.get(path), incident ? this.context.api.get(`/api/v1/incidents/${encodeURIComponent(incident)}`) : null]);
      this.#take(told, seen);
    } catch (error) {
      this.fault.textContent = plain(error.message, 300);
    }
  }

  /** seen: the incident; the map is brought to its area, and without one to all that stood in the time. */
  #take(told, seen) {
    const area = seen?.area ?? null;
    this.told = told;
    this.beginMs = Math.floor(Date.parse(told.begin) / MINUTE) * MINUTE;
    this.minutes = Math.max(0, Math.min(LONGEST_MIN, Math.ceil((Date.parse(told.end) - this.beginMs) / MINUTE) - 1));
    this.slider.max = String(this.minutes);
    this.map.fitted = "";
    this.map.frame(area ? rings(area).flat() : placesIn(told));
    const more = told.more_from ? ` ${t("There is more from {more_from} on.", { more_from: told.more_from })}` : "";
    this.title.textContent = `${seen ? `“${plain(seen.title, 200)}”. ` : ""}${told.sentence}${more}`;
    this.#clocks();
    this.#show(0);
    this.lines.focus({ preventScroll: true });
  }

  #clocks() {
    const { clocks, differences } = this.told;
    rows(this.clocks, [
      ...differences.map((each) => ({
        key: `${each.first}/${each.second}`, shows: each,
        make: () => h("p", { class: "row" }, `${t("{first} and {second}:", { first: plain(each.first), second: plain(each.second) })} `,
          each.most_s === null ? t("one was not measured") : t("may differ by up to {duration}", { duration: duration(Math.max(Math.abs(each.least_s), Math.abs(each.most_s))) })),
      })),
      ...clocks.map((each) => ({
        key: `e${each.entry}`, shows: each,
        make: () => h("p", { class: "row dim" }, t("{party}: {ahead_least_s} to {ahead_most_s} s ahead of the host's (entry {entry})", { party: plain(each.party), ahead_least_s: each.ahead_least_s, ahead_most_s: each.ahead_most_s, entry: each.entry })),
      })),
    ], t("No clock was measured."));
  }

  #toggle() {
    if (this.timer) { this.#pause(); return; }
    if (!this.told) return;
    if (this.minute >= this.minutes) this.#show(0);
    this.play.textContent = t("Pause");
    this.timer = setInterval(() => {
      if (this.minute >= this.minutes) this.#pause();
      else this.#show(this.minute + 1);
    }, STEP_MS);
  }

  #pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.play.textContent = t("Play");
  }

  #show(minute) {
    if (!this.told) return;
    this.minute = Math.max(0, Math.min(this.minutes, minute));
    this.slider.value = String(this.minute);
    const atMs = this.beginMs + this.minute * MINUTE;
    this.clock.textContent = `${utcDate(atMs)} ${utcShort(atMs)}`;
    this.clock.title = local(atMs);
    this.slider.setAttribute("aria-valuetext", `${utcDate(atMs)} ${utcShort(atMs)}`);
    this.#lines(atMs);
    this.#draw(atMs);
  }

  /** The lines of the minute; before the first one also what bears on it from earlier. */
  #lines(atMs) {
    const within = (line) => (line.before ? this.minute === 0 : Math.floor(Date.parse(line.time) / MINUTE) * MINUTE === atMs);
    const groups = this.told.groups.map((group, index) => ({ ...group, index, lines: group.lines.filter(within) })).filter((group) => group.lines.length);
    rows(this.lines, groups.map((group) => ({
      key: `g${group.index}`, shows: [group, this.minute === 0],
      make: () => (group.order === "unknown"
        ? h("div", { class: "card unordered" }, h("p", { class: "dim" }, plain(group.words)), ...group.lines.map(lineOf))
        : h("div", { class: "card" }, ...group.lines.map(lineOf))),
    })), NOTHING);
  }

  #draw(atMs) {
    const { intents, zones, tracks, noneKept } = minuteOf(this.told, atMs);
    this.map.update(stateAt(this.context.state(), atMs + MINUTE, { intents, zones, tracks: Object.fromEntries(tracks.map((each) => [each.id, each])) }));
    rows(this.tracks, [
      ...tracks.map((each) => ({
        key: each.id, shows: [each],
        make: () => h("p", { class: "row" }, swatch(each.party), h("b", {}, plain(each.callSign ?? each.track, 24)),
          h("span", { class: "num wide" }, placeText(each.place), Number.isFinite(each.uncertaintyM) ? t(", give or take {uncertaintyM} m", { uncertaintyM: each.uncertaintyM }) : ""),
          h("span", { class: "dim wide" }, `${t("{time}, by feed {feed} of {feedParty};", { time: utc(each.timeMs), feed: plain(each.feed, 30), feedParty: plain(each.feedParty ?? t("nobody"), 30) })} `, each.entry === undefined ? t("its file is still open") : t("digest in entry {entry}", { entry: each.entry }))),
      })),
      ...noneKept.map((name) => ({ key: `no ${name}`, shows: name, make: () => h("p", { class: "row dim" }, t("{name}: no position kept here", { name: plain(name, 60) })) })),
    ], this.told.tracks.kept ? NO_POSITION : t("This node keeps no positions."));
  }
}

/** Every point of what stood at any minute, and every position that was kept. */
const placesIn = ({ shapes, tracks }) => [
  ...shapes.flatMap((each) => intentOf(each).volumes.flatMap((volume) => volume.rings.flat())),
  ...(tracks.minutes ?? []).flatMap((minute) => minute.positions.map((each) => trackOf(each).place)),
];

const shown = (ms) => `${utcDate(ms)} ${utcShort(ms).slice(0, 5)}`;

/** One line: its time and whose clock, what the entry says, and how that is known. */
export function lineOf(line) {
  const clock = line.clock === "host" ? "" : ` ${t("by the clock of {clock}{what}", { clock: line.clock, what: line.error_s === undefined ? "" : `, ± ${line.error_s} s` })}`;
  const ms = Date.parse(line.time);
  return h("p", { class: "shown" },
    h("span", { class: "num" }, `${line.before ? `${utcDate(ms)} ` : ""}${utc(ms)}`), clock ? h("span", { class: "dim" }, plain(clock, 80)) : null, " ",
    h("b", {}, plain(line.kind, 80)), ": ", plain(line.words, 400), " ",
    h("span", { class: "dim" }, t("[entry {entry}, {proof}{what}]", { entry: line.entry, proof: line.proof, what: line.part ? t(", shown in part") : "" })),
    ...(line.facts ?? []).filter((fact) => BRIEF.test(fact.name)).map((fact) => h("span", { class: "dim wide" }, `${plain(fact.name, 80)}: ${plain(fact.text, 200)}`)));
}

const BRIEF = /^(Time from telling to start|Agreed minimum|Changed|Read back otherwise|After it was sent|Reason|Text|Which report was first|Told of it|Distance across)/;

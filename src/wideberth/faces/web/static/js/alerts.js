// What makes itself heard while nobody looks: a sound, the title and the icon of the tab, and that
// nobody seems to be at the desk. What is urgent is what due.js says; this says when to sound.
// A browser gives no sound until a person has clicked; until then the bar says that it is off.

import { isUrgent } from "./due.js";
import { at, setText } from "./dom.js";
import { h } from "./text.js";
import { key, phrase, t, tn } from "./words.js";

/** From the worst: after how long its sound comes again, in ms, and its notes: [Hz, begin s, length s]. */
export const SOUNDS = {
  stop: { againMs: 5000, wave: "square", notes: [[880, 0, .16], [587, .18, .16], [880, .36, .16], [587, .54, .16], [880, .72, .3]] },
  loss: { againMs: 15000, wave: "sawtooth", notes: [[1047, 0, .09], [1047, .15, .09], [1047, .3, .09]] },
  force: { againMs: 60000, wave: "triangle", notes: [[659, 0, .25], [523, .3, .35]] },
  notice: { againMs: 120000, wave: "sine", notes: [[523, 0, .4]] },
};
const WORST = Object.keys(SOUNDS);
const OF = { stop: "stop", warning: "loss" };
const SAYS = { stop: "■ STOP", loss: "▲ WARNING", force: "▲ HAZARD", notice: "! NOTICE" };
export const QUIET = Object.freeze({ since: {}, soundedMs: {} });
const MINUTE_MS = 60000;

/** What an urgent item sounds like: a name of SOUNDS. */
export const soundOf = (item) => OF[item.source] ?? (item.order[0] === 2 ? "force" : "notice");

/** One look, pure. memory: of the look before (QUIET at first); items: of due(); nowMs, inputMs: by the
 * page's own clock, inputMs when a key or the pointer was touched last; awayMin: after how many
 * minutes without either it is said that nobody is here (0: never).
 *
 * A sound comes with what is new, and again until the page is touched; of a STOP until it is read.
 * {memory, sound: a name or null, worst: a name or null, urgent: how many, awayMs: since when nobody
 * has answered for what waits, or null}. */
export function look(memory, items, { nowMs, inputMs, awayMin }) {
  const urgent = items.filter(isUrgent);
  const since = Object.fromEntries(urgent.map((item) => [item.key, memory.since[item.key] ?? nowMs]));
  const fresh = urgent.filter((item) => !(item.key in memory.since)).map(soundOf);
  const unheeded = urgent.filter((item) => soundOf(item) === "stop" || inputMs < since[item.key]).map(soundOf);
  const worst = WORST.find((name) => urgent.some((item) => soundOf(item) === name)) ?? null;
  const loudest = WORST.find((name) => unheeded.includes(name) || fresh.includes(name)) ?? null;
  const last = Math.max(-Infinity, ...WORST.slice(0, WORST.indexOf(loudest) + 1).map((name) => memory.soundedMs[name] ?? -Infinity));
  const sound = loudest && (fresh.includes(loudest) || nowMs - last >= SOUNDS[loudest].againMs) ? loudest : null;
  const first = Math.min(...Object.values(since));
  const awayMs = Math.max(first, inputMs);
  return {
    memory: { since, soundedMs: sound ? { ...memory.soundedMs, [sound]: nowMs } : memory.soundedMs },
    sound, worst, urgent: urgent.length,
    awayMs: urgent.length && awayMin > 0 && nowMs - awayMs >= awayMin * MINUTE_MS ? awayMs : null,
  };
}

/** What stands before the name in the title of the tab: how many of the worst kind, or how much waits. */
export function titleOf(items) {
  const worst = WORST.find((name) => items.some((item) => isUrgent(item) && soundOf(item) === name));
  if (!worst) return items.length ? `(${items.length}) ` : "";
  const count = items.filter((item) => isUrgent(item) && soundOf(item) === worst).length;
  return `${SAYS[worst]} ${count} · `;
}

const SHAPES = { // beside the colour: an octagon, a triangle, a square, a ring
  stop: '<path fill="#e02b20" stroke="#fff" stroke-width="2" d="M10 2h12l8 8v12l-8 8H10l-8-8V10z"/>',
  loss: '<path fill="#ff8f80" stroke="#000" d="M16 2l14 28H2z"/>',
  force: '<path fill="#f0a830" stroke="#000" d="M16 2l14 28H2z"/>',
  notice: '<path fill="#f0a830" d="M4 4h24v24H4z"/>',
  none: '<circle cx="16" cy="16" r="11" fill="none" stroke="#6cc0f0" stroke-width="5"/>',
};

const KEPT_SOUND = "wideberth.sound";
const KEPT_AWAY = "wideberth.away";
const AWAY_MIN = 3;

function kept(name) { try { return localStorage.getItem(name); } catch { return null; } }
function keep(name, value) { try { localStorage.setItem(name, value); } catch { /* it holds for this page alone */ } }

/** The sound, the icon and the line that nobody is here, of one page. */
export class Alerts {
  constructor() {
    this.wanted = kept(KEPT_SOUND) === "1";
    const away = Number(kept(KEPT_AWAY) ?? AWAY_MIN);
    this.awayMin = Number.isFinite(away) && away >= 0 ? away : AWAY_MIN;
    this.memory = QUIET;
    this.inputMs = Date.now();
    this.icon = null;
    this.button = at("sound");
    this.button.addEventListener("click", () => this.#toggle());
    for (const event of ["pointerdown", "keydown", "wheel"]) window.addEventListener(event, () => this.#touched(), { capture: true, passive: true });
    this.#say();
  }

  /** Look at what is to be done; at sign-out with nothing. */
  look(items) {
    const { memory, sound, worst, urgent, awayMs } = look(this.memory, items, { nowMs: Date.now(), inputMs: this.inputMs, awayMin: this.awayMin });
    this.memory = memory;
    if (sound) this.#play(sound);
    this.#draw(worst ?? "none");
    const box = at("away");
    box.hidden = awayMs === null;
    if (awayMs !== null) {
      const minutes = Math.floor((Date.now() - awayMs) / MINUTE_MS);
      setText(box, `${phrase("NOBODY AT THE DESK?")} ${tn(minutes, "Nothing here was touched for {count} minute,", "Nothing here was touched for {count} minutes,")} ${tn(urgent, "and {count} urgent thing waits.", "and {count} urgent things wait.")} ${t("Touch any key.")}`);
    }
  }

  #touched() {
    this.inputMs = Date.now();
    if (this.wanted && this.context?.state !== "running") this.#open();
  }

  /** A browser lets a page sound only from a click or a key on. */
  async #open() {
    try {
      this.context ??= new AudioContext();
      await this.context.resume();
    } catch { this.context = null; }
    this.#say();
  }

  async #toggle() {
    this.wanted = !(this.wanted && this.context?.state === "running");
    keep(KEPT_SOUND, this.wanted ? "1" : "0");
    if (this.wanted) {
      await this.#open();
      this.#play("notice"); // so that a person hears what they turned on
    }
    this.#say();
  }

  get #isOn() { return this.wanted && this.context?.state === "running"; }

  #say() {
    setText(this.button, this.#isOn ? t("Sound on") : t("SOUND OFF"));
    this.button.setAttribute("aria-pressed", String(this.#isOn));
    this.button.classList.toggle("is-off", !this.#isOn);
    this.button.title = this.#isOn ? t("A STOP, a warning, a hazard in force and an immediate notice each sound different.") : t("Nothing is heard from this page. Click once to turn the sound on.");
  }

  #play(name) {
    if (!this.#isOn) return;
    const { wave, notes } = SOUNDS[name];
    const { context } = this;
    for (const [hertz, begin, length] of notes) {
      const tone = context.createOscillator();
      const loudness = context.createGain();
      const from = context.currentTime + begin + .02;
      tone.type = wave;
      tone.frequency.value = hertz;
      loudness.gain.setValueAtTime(0, from); // no click at either end
      loudness.gain.linearRampToValueAtTime(.25, from + .01);
      loudness.gain.setValueAtTime(.25, from + length - .02);
      loudness.gain.linearRampToValueAtTime(0, from + length);
      tone.connect(loudness).connect(context.destination);
      tone.start(from);
      tone.stop(from + length);
    }
  }

  #draw(name) {
    if (this.icon === name) return;
    this.icon = name;
    document.querySelector("link[rel=icon]").setAttribute("href", `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${SHAPES[name]}</svg>`)}`);
  }

  /** The choice of after how long it is said that nobody is here. */
  awayChoice() {
    const options = [[1, key("1 minute")], [3, key("3 minutes")], [5, key("5 minutes")], [10, key("10 minutes")], [0, key("never")]];
    const choice = h("select", { "data-focus": "away" }, options.map(([value, label]) => h("option", { value, selected: value === this.awayMin }, t(label))));
    choice.addEventListener("change", () => { this.awayMin = Number(choice.value); keep(KEPT_AWAY, choice.value); });
    return h("p", { class: "dim small away-choice" }, h("label", {}, `${t("Say that nobody is here after")} `, choice, ` ${t("without a touch, while something urgent waits")}`));
  }
}

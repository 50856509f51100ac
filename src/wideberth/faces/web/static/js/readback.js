// The read-back test: who holds a key reads a message in each agreed language and types what it says.
// It is drawn and graded by the node; nothing of it is real, and a STOP never waits for it.

import { field } from "./answer.js";
import { aged, rows } from "./dom.js";
import { clearFault, showFault } from "./fields.js";
import { FIELDS, readAs, wrongTable } from "./testanswers.js";
import { h, plain, utcDate, utcShort } from "./text.js";
import { phrase, t, tn } from "./words.js";

const KEPT = "wideberth.test"; // the messages of one that is under way: a reload costs no try
const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);
const QUESTIONS = { permission: t("Question 1"), clear: t("Question 2") };
const NAMES = { ...Object.fromEntries(Object.entries(FIELDS).map(([name, [label]]) => [name, label])), ...QUESTIONS };
const NUMBERS = /(\d{4}-\d\d-\d\dT[\d:.]+Z|[+-]?\d+\.\d+, [+-]?\d+\.\d+ \(WGS84\)|-?\d+ m - -?\d+ m|\b\d+\b)/;
const SOON_MS = 14 * 86400000;

const languageNames = new Intl.DisplayNames(["en"], { type: "language" });
const languageName = (tag) => { try { return languageNames.of(tag); } catch { return tag; } };
const listed = (tags) => tags.map(languageName).join(", ");

/** What the node says of this browser's key; null: it holds none, or one that does not acknowledge. */
export const standingOf = (tests, keyId) => tests?.keys.find((key) => key.key_id === keyId) ?? null;

/** Whether answers with this key are refused until its holder has passed. */
export const isUntested = (tests, keyId) => Boolean(tests?.needed) && standingOf(tests, keyId)?.may_acknowledge === false;

/** {keyId, untested, untilMs} where the key of this browser is to sit the test, or soon again; else null. */
export function testAsked(tests, keyId, nowMs) {
  const standing = standingOf(tests, keyId);
  const untilMs = Date.parse(standing?.valid_until ?? "");
  const untested = isUntested(tests, keyId);
  const soon = Boolean(tests?.needed) && untilMs - nowMs < SOON_MS;
  return untested || soon ? { keyId, untested, untilMs } : null;
}

/** That the key of this browser is not tested, said before an answer is refused; null: nothing to say. */
export function testNeeded(tests, keyId, nowMs, go) {
  const asked = testAsked(tests, keyId, nowMs);
  if (!asked) return null;
  const { untested, untilMs } = asked;
  return h("div", { class: "answer test-needed", role: "note" },
    untested
      ? h("p", {}, h("b", { class: "missing" }, `${t("This key has not passed the read-back test.")} `), phrase("It is asked of every key here, in {listed}. READ-BACK, PASSED-DOWN and LOADED wait for it. RECEIVED is said with your token; CANNOT-COMPLY, DISPUTED and STOP never wait.", { listed: listed(tests.languages) }))
      : h("p", {}, h("b", { class: "missing" }, `${t("The read-back test of this key runs out")} `), aged("within", untilMs, { class: "num" }), `, ${utcDate(untilMs)} ${utcShort(untilMs)}.`),
    h("p", {}, h("button", { type: "button", class: "do other", "data-focus": "go-test", onclick: go }, t("Go to the read-back test"))));
}

/** A line of a message: figures keep their own direction, whichever way the words around them run. */
export const lineOf = (text) => text.split(NUMBERS).map((part, index) => (index % 2 ? h("bdi", { dir: "ltr" }, part) : plain(part, 1000)));

export class ReadBackTest {
  /** signing(): whether this browser can sign. */
  constructor(root, context, signing) {
    this.context = context;
    this.signing = signing;
    this.running = null;
    this.judged = null;
    this.beginning = false;
    this.fault = "";
    this.heading = h("h2", { id: "h-test", tabindex: "-1" }, t("Read-back test"));
    this.stands = h("div", { id: "test-stands" });
    this.stage = h("div", { id: "test" });
    root.replaceChildren(this.heading, this.stands, this.stage);
  }

  show() {
    this.heading.scrollIntoView({ block: "start" });
    this.heading.focus({ preventScroll: true });
  }

  update(state) {
    const { tests } = state;
    const own = this.signing() ? this.context.signer.key?.keyId : null;
    if (!this.running && own) this.#resume(own);
    rows(this.stands, [{ key: "stands", shows: [tests, own, Boolean(this.running), this.judged, this.fault], make: () => this.#standing(tests, own) }], "");
  }

  #standing(tests, own) {
    if (!tests) return h("p", { class: "dim" }, t("Asking …"));
    const mine = standingOf(tests, own);
    const left = mine?.tries_left ?? 0;
    const why = !own ? t("The test is of a key: make one for this browser first.") : !mine ? t("The key of this browser does not acknowledge; it needs no test.") : "";
    return h("div", {},
      h("p", {}, tests.needed ? t("Whoever holds a key passes this test before it answers a notice, in {listed}. It holds for {days}.", { listed: listed(tests.languages), days: days(tests.valid_days) }) : t("Nobody asks for it here. It can be sat all the same, in {listed}.", { listed: listed(tests.languages) })),
      h("p", { class: "dim small" }, t("A message in each language is read, and what it says is typed. All of it is invented. The record keeps of a key, and never of a person, whether it was passed.")),
      tests.keys.length ? h("ul", { class: "keys", "aria-label": t("Your keys") }, tests.keys.map((key) => h("li", {}, h("b", {}, plain(key.key_id, 64)), key.key_id === own ? ` ${t("(this browser)")}` : "", ": ", ...stands(tests, key)))) : null,
      this.running ? null : h("p", { class: why ? "missing" : "" }, why || (left ? tn(left, "{count} more test may be begun with this key within 24 hours.", "{count} more tests may be begun with this key within 24 hours.") : [`${t("No more tests may be begun with this key; the next one")} `, aged("within", Date.parse(mine.next_try), { class: "num" }), "."])),
      this.running || why || !left ? null : h("p", { class: "actions" }, h("button", { type: "button", class: "do other", "data-focus": "begin", onclick: () => this.#begin() }, this.judged ? t("Begin another test") : t("Begin the test"))),
      h("p", { class: "fault", role: "alert" }, this.fault));
  }

  async #begin() {
    if (this.beginning) return; // each begun test is one of the day's
    this.beginning = true;
    this.fault = "";
    try {
      const test = await this.context.signer.post("/api/v1/read-back-tests", "BeginReadBackTest", {});
      this.judged = null;
      this.#sit({ ...test, typed: test.items.map(() => ({})), read: [], at: 0 });
    } catch (error) {
      this.fault = plain(error.message, 240);
    }
    this.beginning = false;
    this.context.refresh("tests");
    this.update(this.context.state());
  }

  #resume(keyId) {
    const kept = sessionStorage.getItem(KEPT);
    if (!kept) return;
    const test = JSON.parse(kept);
    if (Date.parse(test.until) < this.context.now()) sessionStorage.removeItem(KEPT);
    else if (test.key_id === keyId && test.party === this.context.session.party) this.#sit(test);
  }

  #sit(test) {
    this.running = { ...test, party: this.context.session.party };
    this.#keep();
    this.#draw();
  }

  #keep() {
    sessionStorage.setItem(KEPT, JSON.stringify(this.running));
  }

  /** The message at which the reader is. */
  #draw() {
    const { items, at, typed, untested, until } = this.running;
    const item = items[at];
    const last = at === items.length - 1;
    const dir = RIGHT_TO_LEFT.has(item.language) ? "rtl" : "ltr";
    const lines = item.text.split("\n");
    const asked = Object.keys(QUESTIONS).map((name, index) => [name, lines.find((line) => line.startsWith(`${index + 1}. `)) ?? QUESTIONS[name]]);
    const message = lines.filter((line) => line && !asked.some(([, text]) => text === line));
    const fault = h("p", { class: "fault", role: "alert" });
    const inputs = Object.entries(FIELDS).map(([name, [label, like]]) => field(name, label, { maxlength: 100, dir: "ltr", placeholder: like }));
    const title = h("h3", { tabindex: "-1", id: "h-item" }, t("Message {at} of {count}, {languageName}", { at: at + 1, count: items.length, languageName: languageName(item.language) }));
    const send = h("button", { type: "submit", class: "do" }, last ? t("Hand it in") : t("Next message"));
    const form = h("form", { class: "answer test", "aria-labelledby": "h-item", novalidate: true }, title,
      h("p", { class: "dim" }, `${t("Its time ends")} `, aged("within", Date.parse(until), { class: "num" }), "."),
      untested.length ? h("p", { class: "dim" }, t("There are no messages in {listed}.", { listed: listed(untested) })) : null,
      h("blockquote", { class: "item", lang: item.language, dir }, message.map((line) => h("p", { dir: "auto" }, ...lineOf(line)))),
      h("div", { class: "fields" }, inputs),
      asked.map(([name, text]) => question(name, text, item.language, dir)),
      fault,
      h("p", { class: "line" }, send, at ? h("button", { type: "button", class: "quiet", onclick: () => this.#turn(at - 1) }, t("The message before")) : null));
    for (const [name, value] of Object.entries(typed[at])) form.elements[name].value = value;
    form.addEventListener("input", () => { typed[at] = readOf(form.elements); this.#keep(); });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const lacking = Object.keys(NAMES).find((name) => !readOf(form.elements)[name]);
      clearFault(fault);
      fault.textContent = lacking ? t("{field}: say what the message says.", { field: NAMES[lacking] }) : "";
      if (lacking) { (form.elements[lacking][0] ?? form.elements[lacking]).focus(); return; }
      try {
        this.running.read[at] = Object.fromEntries(Object.keys(NAMES).map((name) => [name, readAs(name, form.elements[name])]));
      } catch (error) {
        showFault(form, fault, error);
        return;
      }
      this.#keep();
      if (last) this.#handIn(send, fault); else this.#turn(at + 1);
    });
    this.stage.replaceChildren(form);
    title.focus({ preventScroll: true });
    form.scrollIntoView({ block: "nearest" });
  }

  #turn(to) {
    this.running.at = to;
    this.#keep();
    this.#draw();
  }

  async #handIn(send, fault) {
    const { items, typed, read } = this.running;
    const answers = items.map(({ language }, index) => ({ language, ...read[index] }));
    send.disabled = true;
    try {
      this.judged = await this.context.signer.post("/api/v1/read-back-tests/answers", "AnswerReadBackTest", { answers });
    } catch (error) {
      fault.textContent = plain(error.message, 240);
      send.disabled = false;
      if (error.rule !== "no-read-back-test") return;
      this.fault = t("Its time is over; begin another one.");
      this.judged = null;
    }
    this.running = null;
    sessionStorage.removeItem(KEPT);
    this.stage.replaceChildren(...(this.judged ? [resultOf(this.judged, items, typed)] : []));
    this.stage.querySelector("h3")?.focus({ preventScroll: true });
    this.context.refresh("tests");
    this.update(this.context.state());
  }
}

const days = (count) => `${Math.round(count * 10) / 10} days`;

/** How a key stands, and when that ends. */
function stands(tests, key) {
  if (!key.passed) return [h("span", { class: tests.needed ? "missing" : "dim" }, tests.needed ? t("not passed; its answers wait for it") : t("not sat"))];
  const untilMs = Date.parse(key.valid_until ?? "");
  const passed = t("passed {date} in {listed}", { date: utcDate(Date.parse(key.passed)), listed: listed(key.languages) });
  if (!Number.isFinite(untilMs)) return [passed];
  if (!key.may_acknowledge) return [h("span", { class: "missing" }, t("{passed}; it no longer holds", { passed }))];
  return [`${t("{passed}; runs out {date} {time},", { passed, date: utcDate(untilMs), time: utcShort(untilMs) })} `, aged("within", untilMs, { class: "num" })];
}

/** A question of the message with its two answers, neither of them given before. */
function question(name, text, language, dir) {
  const one = (value) => h("label", { class: "mark-one" }, h("input", { type: "radio", name, value }), ` ${value}`);
  return h("fieldset", { class: "question" }, h("legend", { lang: language, dir }, plain(text, 400)), one("yes"), one("no"));
}

const readOf = (elements) => Object.fromEntries(Object.keys(NAMES).map((name) => [name, elements[name].value.trim()]));

/** Passed or not, and what was wrong, field by field. */
function resultOf(judged, items, typed) {
  const untilMs = Date.parse(judged.valid_until ?? "");
  return h("div", { class: "answer result", role: "status" },
    h("h3", { tabindex: "-1" }, judged.passed ? t("Passed") : t("Not passed")),
    h("p", {}, t("{test} in {listed}, of the key {key_id}.", { test: plain(judged.test, 40), listed: listed(judged.languages), key_id: plain(judged.key_id, 64) }), judged.passed && Number.isFinite(untilMs) ? ` ${t("It holds until {date} {time}.", { date: utcDate(untilMs), time: utcShort(untilMs) })}` : ""),
    judged.passed ? null : wrongTable({ items, typed, wrong: judged.wrong, languageName, nameOf: (name) => NAMES[name] ?? name }));
}

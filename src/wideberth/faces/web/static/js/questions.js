// The questions of an incident: asked, answered, asked again, a meeting called. That nobody answered
// says nothing about the answer.

import { aged, partyName } from "./dom.js";
import { choice, field } from "./answer.js";
import { audienceField } from "./audience.js";
import { moment } from "./claims.js";
import { Part, button, neededWords, quoted, wordsField } from "./part.js";
import { h, plain } from "./text.js";

const STATES = { asked: "asked", answered: "answered", "asked-again": "asked again", "meeting-called": "a meeting is called" };
const STEPS = { ask: "asked", answer: "answered", "ask-again": "asked again", "call-meeting": "called a meeting" };
const WAITS = new Set(["asked", "asked-again"]);
const WORDS = 4000; // characters, as the service takes them

/** Whether a question waits for an answer of this party. */
export const waitsFor = (question, party) => question.to === party && WAITS.has(question.state);

export function questionsPart(sheet) {
  const part = new Part("questions", "Questions", "No question that you may read.");
  return { node: part.node, draw: (seen) => draw(sheet, part, seen) };
}

function draw(sheet, part, seen) {
  const { state, may } = sheet;
  part.draw(seen.questions.map((each) => ({
    key: each.id, shows: [each, may, partyName(state, each.to)], make: () => card(sheet, part, each),
  })), sheet.others(seen).length ? [["Ask …", () => ask(sheet, part, seen)]] : []);
}

function card(sheet, part, each) {
  const { state, party, may } = sheet;
  const name = (one) => plain(partyName(state, one), 60);
  const step = (label, what, words) => button(label, () => part.ask(words, label.replace(" …", ""), [wordsField(WORDS)], (elements) =>
    sheet.write(`/questions/${encodeURIComponent(each.id)}/steps`, "StepQuestion", { question: each.id, step: what, words: neededWords(elements) })));
  const again = each.asker === party && (each.state === "answered" || (WAITS.has(each.state) && each.overdue));
  const readers = each.shown_to.filter((one) => one !== each.asker && one !== each.to);
  return h("div", { class: "card", "data-question": each.id },
    h("p", { class: "line" }, h("b", {}, `${name(each.asker)} asks ${name(each.to)}`), h("span", { class: "tag" }, STATES[each.state]),
      each.urgent ? h("span", { class: "tag strong" }, "marked as urgent by its asker") : null,
      WAITS.has(each.state) ? aged("within", Date.parse(each.due), { class: "age" }) : null),
    h("p", { class: "dim" }, `To be answered by ${moment(each.due)}.`, each.overdue ? h("span", { class: "missing" }, ` Overdue since ${moment(each.overdue)}; that says nothing about the answer.`) : "",
      ` Read by ${name(each.asker)}, ${name(each.to)}${readers.map((one) => `, ${name(one)}`).join("")}.`),
    each.said.map((one) => [h("p", { class: "dim small" }, `${name(one.party)} ${STEPS[one.step]} ${moment(one.time)}`), quoted(one.words)]),
    h("p", { class: "actions" },
      waitsFor(each, party) ? (may ? step("Answer …", "answer", `Answer to ${partyName(state, each.asker)}; it is signed`) : h("span", { class: "missing" }, "An answer is signed: enrol this browser first.")) : null,
      again ? step("Ask again …", "ask-again", `Ask ${partyName(state, each.to)} again`) : null,
      [each.asker, each.to].includes(party) && each.state !== "meeting-called" ? step("Call a meeting …", "call-meeting", "Call a meeting") : null));
}

function ask(sheet, part, seen) {
  const { state } = sheet;
  const others = sheet.others(seen);
  const audience = audienceField("Who may read it beside asker and asked", others, state);
  part.ask("A question is answered within 7 days, 2 where it is marked as urgent, or as the space has it", "Ask", [
    field("to", "Whom", {}, choice(others.map((each) => [each, plain(partyName(state, each), 60)]))), wordsField(WORDS, "Question"),
    h("p", { class: "field check" }, h("label", {}, h("input", { type: "checkbox", name: "urgent", "data-focus": "urgent" }), " Mark it as urgent")), audience.node,
  ], (elements) => sheet.write("/questions", "AskQuestion", { to: elements.to.value, words: neededWords(elements), urgent: elements.urgent.checked, shown_to: audience.read() }));
}

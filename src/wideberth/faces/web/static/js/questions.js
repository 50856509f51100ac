// The questions of an incident: asked, answered, asked again, a meeting called. That nobody answered
// says nothing about the answer.

import { aged, partyName } from "./dom.js";
import { choice, field } from "./answer.js";
import { audienceField } from "./audience.js";
import { moment } from "./claims.js";
import { Part, button, neededWords, quoted, wordsField } from "./part.js";
import { h, plain } from "./text.js";
import { t } from "./words.js";

const STATES = { asked: t("asked"), answered: t("answered"), "asked-again": t("asked again"), "meeting-called": t("a meeting is called") };
const STEPS = { ask: t("asked"), answer: t("answered"), "ask-again": t("asked again"), "call-meeting": t("called a meeting") };
const WAITS = new Set(["asked", "asked-again"]);
const WORDS = 4000; // characters, as the service takes them

/** Whether a question waits for an answer of this party. */
export const waitsFor = (question, party) => question.to === party && WAITS.has(question.state);

export function questionsPart(sheet) {
  const part = new Part("questions", t("Questions"), t("No question that you may read."));
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
    h("p", { class: "line" }, h("b", {}, t("{name} asks {name2}", { name: name(each.asker), name2: name(each.to) })), h("span", { class: "tag" }, STATES[each.state]),
      each.urgent ? h("span", { class: "tag strong" }, t("marked as urgent by its asker")) : null,
      WAITS.has(each.state) ? aged("within", Date.parse(each.due), { class: "age" }) : null),
    h("p", { class: "dim" }, t("To be answered by {time}.", { time: moment(each.due) }), each.overdue ? h("span", { class: "missing" }, ` ${t("Overdue since {time}; that says nothing about the answer.", { time: moment(each.overdue) })}`) : "",
      ` ${t("Read by {name}, {name2}{readers}.", { name: name(each.asker), name2: name(each.to), readers: readers.map((one) => `, ${name(one)}`).join("") })}`),
    each.said.map((one) => [h("p", { class: "dim small" }, `${name(one.party)} ${STEPS[one.step]} ${moment(one.time)}`), quoted(one.words)]),
    h("p", { class: "actions" },
      waitsFor(each, party) ? (may ? step(t("Answer …"), "answer", t("Answer to {party}; it is signed", { party: partyName(state, each.asker) })) : h("span", { class: "missing" }, t("An answer is signed: enrol this browser first."))) : null,
      again ? step(t("Ask again …"), "ask-again", t("Ask {party} again", { party: partyName(state, each.to) })) : null,
      [each.asker, each.to].includes(party) && each.state !== "meeting-called" ? step(t("Call a meeting …"), "call-meeting", t("Call a meeting")) : null));
}

function ask(sheet, part, seen) {
  const { state } = sheet;
  const others = sheet.others(seen);
  const audience = audienceField(t("Who may read it beside asker and asked"), others, state);
  part.ask(t("A question is answered within 7 days, 2 where it is marked as urgent, or as the space has it"), t("Ask"), [
    field("to", t("Whom"), {}, choice(others.map((each) => [each, plain(partyName(state, each), 60)]))), wordsField(WORDS, t("Question")),
    h("p", { class: "field check" }, h("label", {}, h("input", { type: "checkbox", name: "urgent", "data-focus": "urgent" }), ` ${t("Mark it as urgent")}`)), audience.node,
  ], (elements) => sheet.write("/questions", "AskQuestion", { to: elements.to.value, words: neededWords(elements), urgent: elements.urgent.checked, shown_to: audience.read() }));
}

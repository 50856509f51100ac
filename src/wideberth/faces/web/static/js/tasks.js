// The rows of the list of what there is to do, of everything but notices and STOPs: what, whose, until
// when, and what can be done about it, in two actions from the list. due.js says in which order.

import { aged, intentName, partyName, swatch } from "./dom.js";
import { neededWords, wordsField } from "./part.js";
import { smallForm } from "./life.js";
import { WARNING_SAYS, objectName } from "./picture.js";
import { testNeeded } from "./readback.js";
import { NO_ANSWER } from "./consents.js";
import { wordsFor } from "./waiting.js";
import { gapText, h, plain, utcDate, utcShort } from "./text.js";
import { key, phrase, t } from "./words.js";

const WORDS = 2000; // characters, as the service takes them
const STATUSES = ["active", "moved", "ended", "unknown"];

const stamp = (ms) => `${utcDate(ms)} ${utcShort(ms)}`;
const party = (state, id) => [swatch(id), plain(partyName(state, id), 60)];
const own = () => `${t("Your own")} `;
const by = (words, ms, form = "within") => h("p", { class: "num" }, `${words} ${stamp(ms)} · `, aged(form, ms));

/** How an intent is called, also once it is over; of what was never shown, its id. */
function hazardName(state, id) {
  const known = state.intents[id] ?? state.shared[id] ?? state.called[id];
  return plain(known ? intentName(state, known) : id, 60);
}

/** What a row depends on, beside its item. */
export const namesOf = (state, { source, thing }) => [
  ...[thing.party, thing.by, thing.site?.owner].map((id) => partyName(state, id)),
  source === "warning" ? thing.objects.map((object) => objectName(state, object)) : null,
  source === "hazard" || source === "status" ? hazardName(state, thing.id) : null,
  source === "doubt" ? hazardName(state, thing.intent) : null,
];

/** The inside of a row. tools: {context, may, signs, said, open, ask(label, inside, act), run(act), tested}. */
export function taskBody(state, item, tools) {
  const { kind, tags = [], ageMs, lines, acts = [] } = BODIES[item.source](state, item, tools);
  const { said } = tools;
  return h("div", {},
    h("p", { class: "line" }, h("b", { class: "kind" }, kind), item.isOverdue && OVERDUE[item.source] !== null ? h("span", { class: "tag bad" }, t(OVERDUE[item.source] ?? "OVERDUE")) : null, tags,
      Number.isFinite(ageMs) ? h("span", { class: "age" }, aged("ago", ageMs)) : null),
    lines,
    acts.some(Boolean) ? h("p", { class: "actions" }, acts, said?.waits ? h("span", { class: "dim", role: "status" }, ` ${said.waits}`) : null) : null,
    said?.fault ? h("p", { class: "fault", role: "alert" }, plain(said.fault, 240)) : null);
}

/** What is said of one that is overdue; null: it says so itself. */
const OVERDUE = { call: key("MISSED"), site: key("STALE"), warning: null, doubt: key("IT RUNS NOW"), test: null, status: key("UNKNOWN TO THE OTHERS") };

const what = (...inside) => h("p", { class: "what" }, inside.flat(2));
const link = (item, href, text) => h("a", { href, "data-focus": `t${item.key}` }, text);

/** One thing to do, done by the click. */
const button = (item, tools, label, act, next = true) =>
  h("button", { type: "button", class: `do ${next ? "next" : "other"}`, "data-focus": `${label} ${item.key}`, disabled: Boolean(tools.said?.waits), onclick: () => tools.run(act) }, t(label));

/** One thing to do, with a small form of its own: this opens it, and its button does it. */
const opens = (item, tools, label, make, needsKey = false) => h("button", {
  type: "button", class: "do next", "data-focus": `${label} ${item.key}`, "aria-expanded": String(tools.open === label), disabled: needsKey && !tools.signs,
  title: needsKey && !tools.signs ? t("This browser cannot sign yet") : null, onclick: () => tools.ask(label, make),
}, `${t(label)} …`);

const BODIES = {
  warning: (state, item, { context }) => {
    const { thing: warning } = item;
    const names = warning.objects.map((object) => objectName(state, object));
    return {
      kind: `${"▲".repeat(Math.min(warning.level, 3))} ${phrase("WARNING")}: ${plain(warning.kind, 40).toUpperCase()}`, ageMs: warning.raisedMs,
      tags: [warning.lastKnown ? h("span", { class: "tag strong" }, phrase("LAST KNOWN")) : null],
      lines: [
        what(warning.objects.flatMap((object, i) => [i ? h("span", { class: "dim" }, " × ") : null, swatch(object.party), h("b", {}, plain(names[i], 40))]),
          h("span", { class: "dim" }, `: ${t(WARNING_SAYS[warning.kind] ?? "")}`)),
        h("p", { class: "num" }, gapText(warning.gap), Number.isFinite(item.atMs) && item.order[0] === 1 ? [" · ", h("b", {}, aged("loss", item.atMs))] : null),
      ],
      acts: [h("button", { type: "button", class: "do next", "data-focus": `w${item.key}`, onclick: () => context.actions.select(warning.id) }, t("Show it on the map"))],
    };
  },
  incident: (state, item) => {
    const { thing: wait } = item;
    return {
      kind: t("INCIDENT"), ageMs: wait.sinceMs, tags: [wait.urgent ? h("span", { class: "tag strong" }, t("marked as urgent by its asker")) : null],
      lines: [what(h("b", {}, wordsFor(state, wait)), `: “${plain(wait.title, 120)}”`), Number.isFinite(wait.dueMs) ? by(t("to be answered by"), wait.dueMs) : null],
      acts: [link(item, `#/incidents/${encodeURIComponent(wait.incident)}`, t("Open the incident"))],
    };
  },
  proposal: (state, item) => ({
    kind: t("AGREEMENT PROPOSED"),
    lines: [what(h("b", {}, plain(item.thing.title, 120)), ` ${t("version {version} by", { version: item.thing.version })} `, party(state, item.thing.by)), by(t("sign, counter or decline it by"), item.atMs), h("p", { class: "dim" }, t("Nothing of it holds before; without an answer it lapses."))],
    acts: [link(item, `#/agreements/${encodeURIComponent(item.thing.id)}`, t("Open the agreement"))],
  }),
  renewal: (_state, item) => ({
    kind: t("AGREEMENT ENDS"),
    lines: [what(h("b", {}, plain(item.thing.title, 120)), ` ${t("version {version}", { version: item.thing.version })}`), by(t("in force until"), item.atMs, "ends"), h("p", { class: "dim" }, t("Renew it, or it ends."))],
    acts: [link(item, `#/agreements/${encodeURIComponent(item.thing.id)}`, t("Open the agreement"))],
  }),
  consent: (state, item) => ({
    kind: t("ASKED FOR CONSENT"), ageMs: item.thing.askedMs,
    lines: [what(party(state, item.thing.party), ": ", h("b", {}, plain(item.thing.words, 200))), Number.isFinite(item.atMs) ? by(t("answer agreed by"), item.atMs) : null, h("p", { class: "dim" }, NO_ANSWER)],
    acts: [link(item, `#/agreements/${encodeURIComponent(item.thing.agreement)}`, t("Open the agreement"))],
  }),
  doubt: (state, item, tools) => ({
    kind: phrase("DOUBT ABOUT YOURS"), ageMs: item.thing.raisedMs,
    lines: [what(h("b", {}, hazardName(state, item.thing.intent ?? item.thing.zone)), item.thing.party ? [`, ${t("doubted by")} `, party(state, item.thing.party)] : null, `: “${plain(item.thing.statement, 240)}”`)],
    acts: [opens(item, tools, key("Answer it"), answerDoubt(item, tools, "answered"), true), opens(item, tools, key("Leave it open"), answerDoubt(item, tools, "accepted-open"), true)],
  }),
  site: (_state, item) => ({
    kind: t("SITE TO CONFIRM"),
    lines: [what(own(), h("b", {}, plain(item.thing.name ?? item.thing.id, 60))), by(item.isOverdue ? t("confirmed until") : t("to be told again by"), item.atMs), h("p", { class: "dim" }, t("Look at it, and tell it again as it is. Its protection does not end with its date."))],
    acts: [link(item, "#/picture", t("Open the map"))],
  }),
  challenge: (state, item, tools) => ({
    kind: t("SITE CHALLENGED"),
    lines: [what(own(), h("b", {}, plain(item.thing.site.name ?? item.thing.site.id, 60)), `, ${t("challenged by")} `, party(state, item.thing.party), `: “${plain(item.thing.statement, 240)}”`), by(t("to be answered by"), item.atMs), h("p", { class: "dim" }, t("It stays, with both statements."))],
    acts: [opens(item, tools, key("Answer it"), answerChallenge(item, tools))],
  }),
  call: (_state, item, tools) => ({
    kind: t("CALL DUE"),
    lines: [what(t("Say that your desk is there; the others wait for it.")), by(item.isOverdue ? t("missed at") : t("missed after"), item.atMs, item.isOverdue ? "ago" : "within")],
    acts: [button(item, tools, key("Call now"), () => tools.context.api.post("/api/v1/heartbeat", {}, crypto.randomUUID()).then(() => tools.context.refresh("channels")))],
  }),
  status: (state, item, tools) => {
    const { thing: hazard } = item;
    const post = (status) => () => tools.context.api.post(`/api/v1/hazards/${encodeURIComponent(hazard.id)}/status`, { status }, crypto.randomUUID()).then(() => tools.context.refresh("hazards"));
    const isOver = hazard.state.startsWith("ended");
    return {
      kind: isOver ? phrase("HAZARD, NO ALL-CLEAR YET") : t("STATUS OF YOUR HAZARD"),
      tags: [h("span", { class: "tag" }, plain(hazard.state, 60))],
      lines: [
        what(own(), h("b", {}, hazardName(state, hazard.id))),
        isOver ? h("p", { class: "dim" }, t("It ended and nobody said ALL-CLEAR. Say it, signed, once nothing of it is left.")) : Number.isFinite(item.atMs) ? by(item.isOverdue ? t("last said") : t("its status is due"), item.atMs, item.isOverdue ? "ago" : "within") : h("p", { class: "num" }, t("No status was given.")),
      ],
      acts: isOver || !tools.may("tell") ? [link(item, "#/tell", t("Open the hazards"))] : STATUSES.map((status, i) => button(item, tools, status, post(status), i === 0)),
    };
  },
  hazard: (state, item) => ({
    kind: phrase("HAZARD BEGINS SOON"),
    lines: [what(h("b", {}, hazardName(state, item.thing.id)), ` ${t("of")} `, party(state, item.thing.party)), h("p", { class: "num" }, `${stamp(item.atMs)} · `, aged("begins", item.atMs)), h("p", { class: "dim" }, t("Its notice was answered here; nothing is asked, and nobody should be taken by surprise."))],
    acts: [link(item, "#/tell", t("Open the hazards"))],
  }),
  test: (state, _item, { tested, context }) => ({ kind: t("READ-BACK TEST"), lines: [testNeeded(state.tests, tested.keyId, context.now(), context.actions.test)] }),
};

/** Answer a doubt, or accept that it stays open; signed. */
const answerDoubt = ({ thing: doubt }, { context }, state) => (close) => smallForm(
  state === "answered" ? t("Your answer stands beside the doubt for everybody who sees it.") : t("It stays open beside what it is about, for everybody who sees that. Say why."),
  state === "answered" ? t("Sign the answer") : t("Sign that it stays open"), h("div", { class: "fields" }, wordsField(WORDS, t("Words"))),
  async (elements) => {
    const statement = neededWords(elements);
    await context.signer.post(`/api/v1/doubts/${encodeURIComponent(doubt.id)}/answer`, "AnswerDoubt", { doubt: doubt.id, state, statement });
    context.refresh("doubts", "notices");
  }, close);

const answerChallenge = ({ thing: { site, party: challenger } }, { context }) => (close) => smallForm(
  t("Both statements stand beside the site; it is not taken away."), t("Send the answer"), h("div", { class: "fields" }, wordsField(WORDS, t("Your answer"))),
  async (elements) => {
    const path = `/api/v1/sites/${encodeURIComponent(site.id)}/challenges/${encodeURIComponent(challenger)}/answer`;
    await context.api.post(path, { statement: neededWords(elements) }, crypto.randomUUID());
    context.refresh("sites");
  }, close);

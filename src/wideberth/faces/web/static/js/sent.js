// What the reader told, and how far it came at each party, as far as it may follow that.

import { aged, partyName, rows, swatch } from "./dom.js";
import { stepsOf } from "./desk.js";
import { serverNow } from "./state.js";
import { answerText, stepItem } from "./inbox.js";
import { h, plain, utcShort, wordsOf } from "./text.js";
import { t } from "./words.js";

const CLOSED_FOR_MS = 3600000;
const NONE = t("Nothing that you told waits for anybody. Whom it concerns and may not be shown to you is not in this list.");

export class SentList {
  constructor(box, context) {
    this.box = box;
    this.context = context;
    this.fault = new Map();
  }

  /** A notice that is held open for a place of the reader's stays open until the reader says so. */
  #release(row, open) {
    if (!open || row.role !== "holder" || !this.context.session.roles.includes("acknowledge")) return null;
    const say = async () => {
      try {
        await this.context.signer.post(`/api/v1/notices/${encodeURIComponent(row.id)}/release`, "ReleaseNotice", { notice: row.id });
        this.fault.delete(row.id);
      } catch (error) {
        this.fault.set(row.id, plain(error.message, 200));
      }
      this.context.refresh("reach", "notices");
    };
    return [
      h("p", {}, t("It touches a place of yours. It stays open there until you say that it need not be held.")),
      h("p", { class: "actions" }, h("button", { type: "button", class: "do other", "data-focus": `h${row.id}`, disabled: !this.context.signer?.key, onclick: say }, t("Hold it no longer"))),
      this.fault.has(row.id) ? h("p", { class: "fault", role: "alert" }, this.fault.get(row.id)) : null,
    ];
  }

  update(state) {
    const all = known(state).sort((a, b) => Number(a.id in state.closed) - Number(b.id in state.closed) || a.issuedMs - b.issuedMs);
    rows(this.box, all.map((row) => {
      const answers = state.replies[row.id]?.answers ?? [];
      const closedMs = state.closed[row.id] ?? NaN;
      const open = row.id in state.reach && !Number.isFinite(closedMs);
      const current = state.reach[row.id] ?? row;
      const name = partyName(state, current.recipient);
      return {
        key: row.id,
        shows: [this.fault.get(row.id), Boolean(this.context.signer?.key), current, answers, open, closedMs, name, state.intents[current.subject?.id]?.callSign],
        make: () => sentCard(state, { row: current, answers, open, closedMs, name, release: this.#release(current, open) }),
      };
    }), NONE);
  }
}

/** Open ones, and those that closed a short while ago, as the list or the stream told of them. */
function known(state) {
  const now = serverNow(state);
  const isThere = (row) => row.id in state.reach || !(row.id in state.closed) || now - state.closed[row.id] < CLOSED_FOR_MS;
  const byStream = Object.entries(state.replies)
    .filter(([id]) => !(id in state.told) && id in state.closed)
    .map(([id, { recipient, answers }]) => ({
      id, recipient, role: "sender", issuedMs: answers[0]?.timeMs ?? NaN, furthest: null, exits: [], waiting: null, subject: null, escalation: null,
    }));
  return [...Object.values(state.told), ...byStream].filter(isThere);
}

function sentCard(state, { row, answers, open, closedMs, name, release }) {
  const waiting = row.waiting ?? [];
  const units = [...new Set([...waiting, ...answers.map((answer) => answer.unit).filter(Boolean)])];
  const steps = stepsOf(answers, units, open);
  const intent = state.intents[row.subject?.id];
  const what = intent?.callSign ?? intent?.placeName ?? (row.subject ? `${row.subject.type} ${row.subject.id}` : t("a notice"));
  const reached = (verb) => ORDER.indexOf(row.furthest) >= ORDER.indexOf(verb);
  const { escalation: due } = row;
  return h("article", { class: `card ${open ? "" : "closed"}` },
    h("p", { class: "line" }, h("b", {}, plain(what, 60)), row.role === "holder" ? h("span", { class: "tag strong" }, t("HELD FOR YOU")) : null,
      row.withdrawal ? h("span", { class: "tag" }, t("WITHDRAWN")) : null,
      due?.overdue ? h("span", { class: "tag bad" }, t("OVERDUE")) : null,
      h("span", { class: "age" }, `${utcShort(row.issuedMs)}, `, aged("ago", row.issuedMs))),
    h("p", {}, `${t("to")} `, swatch(row.recipient), plain(name, 60)),
    h("ol", { class: "steps", "aria-label": t("How far it has come") },
      stepItem(true, t("sent")), stepItem(steps.received || reached("RECEIVED"), t("received")),
      stepItem(steps.readBack || (reached("READ-BACK") && !steps.misread.length), steps.misread.length ? t("read back, does not match") : t("read back"), steps.misread.length > 0),
      stepItem(steps.passed.size > 0 || reached("PASSED-DOWN"), t("passed down{what}", { what: units.length ? ` ${t("to {size} of {count}", { size: steps.passed.size, count: units.length })}` : "" })),
      stepItem(!open, `${t("loaded")}${steps.attested ? t(", attested") : units.length ? ` ${t("at {what} of {count} units", { what: open ? steps.loaded.size : units.length, count: units.length })}` : ""}`)),
    open && waiting.length ? h("p", { class: "missing" }, t("Not reached: {waiting}", { waiting: waiting.map((unit) => plain(unit, 40)).join(", ") })) : null,
    release,
    open ? null : h("p", { class: "dim" }, t("Left the open list{what}.", { what: Number.isFinite(closedMs) ? ` ${t("at {time}", { time: utcShort(closedMs) })}` : "" })),
    steps.exits.map((answer) => h("p", { class: "missing" }, `${answer.verb}: ${wordsOf(answer.reason)}`)),
    open && due && Number.isFinite(due.atMs) ? h("p", { class: "dim" }, due.next ? `${t("Next there: {next},", { next: due.next })} ` : `${t("Overdue there")} `, aged("within", due.atMs, { class: "num" })) : null,
    answers.length ? h("ul", { class: "answers" }, answers.slice(-8).map((answer) => h("li", {}, answerText(answer)))) : null);
}

const ORDER = ["RECEIVED", "READ-BACK", "PASSED-DOWN", "LOADED"];

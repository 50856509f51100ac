// Where in its life an agreement is, in words: its state, its time, its signatures; and the small
// form by which a party takes a step.

import { clearFault, showFault } from "./fields.js";
import { whole } from "./provisions.js";
import { duration, h, plain, utcDate, utcShort } from "./text.js";

const DAY_S = 86400;

export const STATES = {
  proposed: "PROPOSED, nothing of it holds",
  countered: "countered",
  declined: "declined",
  lapsed: "lapsed",
  signed: "SIGNED, not yet in force",
  "in-force": "IN FORCE",
  suspended: "SUSPENDED",
  superseded: "superseded",
  expired: "expired",
  ended: "ended",
};
export const LIVE = new Set(["proposed", "signed", "in-force", "suspended"]);
export const STANDS = new Set(["signed", "in-force", "suspended"]);
const REMINDERS_DAYS = [14, 7, 1];

export const when = (text) => { const ms = Date.parse(text); return `${utcDate(ms)} ${utcShort(ms)}`; };

/** How long it still lasts, or waits for an answer, in words. */
export function leftOf(each, nowMs) {
  if (!LIVE.has(each.state)) return `over: ${STATES[each.state]}`;
  const s = (Date.parse(each.state === "proposed" ? each.answer_by : each.expires) - nowMs) / 1000;
  const text = s >= 2 * DAY_S ? `${Math.floor(s / DAY_S)} days` : duration(Math.max(0, Math.floor(s / 60) * 60));
  if (each.state === "proposed") return `lapses in ${text}`;
  const near = REMINDERS_DAYS.some((days) => s <= days * DAY_S);
  return `${near ? "▲ " : ""}expires in ${text}${near ? ": renew it, or it ends" : ""}`;
}

/** When its parties are reminded, of a term that is long enough for it. */
export function remindersOf(shown) {
  const [from, until] = [shown.effective, shown.expires].map(Date.parse);
  const days = REMINDERS_DAYS.filter((each) => until - each * DAY_S * 1000 >= from);
  return days.map((each) => `${each === 1 ? "1 day" : `${each} days`} before: ${utcDate(until - each * DAY_S * 1000)}`).join(" · ") || "none: its term is too short";
}

/** Who signed what, who has not, and who accepted which provisions. */
export function signaturesOf(shown) {
  const lines = [
    ...(shown.signatures ?? []).map((each) => h("li", { class: "done" }, `■ ${plain(each.party, 60)} signed${each.sheet ? ` on the sheet of ${plain(each.sheet, 60)}` : ""}, ${when(each.time)}${each.digest === shown.digest ? ", this text" : ", ANOTHER TEXT"}`)),
    ...(shown.unsigned ?? []).map((each) => h("li", {}, `□ ${plain(each.party, 60)} has not signed${each.sheet ? ` on the sheet of ${plain(each.sheet, 60)}` : ""}`)),
    ...(shown.accepted ?? []).map((each) => h("li", {}, whole(`${plain(each.party, 60)} accepted: ${each.provisions.join(", ")}; nothing else`))),
  ];
  return h("ul", { class: "signatures", "aria-label": "Signatures" }, lines);
}

/** A small form with one thing to do. */
export function smallForm(heading, label, inside, act, close) {
  const fault = h("p", { class: "fault", role: "alert" });
  const send = h("button", { type: "submit", class: "do" }, label);
  const made = h("form", { class: "answer", "aria-label": label, novalidate: true }, h("h4", {}, plain(heading, 240)), inside, fault,
    h("p", { class: "line" }, send, h("button", { type: "button", class: "quiet", onclick: close }, "Leave it")));
  made.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearFault(fault);
    send.disabled = true;
    try {
      await act(made.elements);
      close();
    } catch (error) {
      send.disabled = false;
      showFault(made, fault, error);
    }
  });
  return made;
}

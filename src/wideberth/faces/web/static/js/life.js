// Where in its life an agreement is, in words: its state, its time, its signatures; and the small
// form by which a party takes a step.

import { clearFault, showFault } from "./fields.js";
import { whole } from "./provisions.js";
import { duration, h, plain, utcDate, utcShort } from "./text.js";
import { t, tn } from "./words.js";

const DAY_S = 86400;

export const STATES = {
  proposed: t("PROPOSED, nothing of it holds"),
  countered: t("countered"),
  declined: t("declined"),
  lapsed: t("lapsed"),
  signed: t("SIGNED, not yet in force"),
  "in-force": t("IN FORCE"),
  suspended: t("SUSPENDED"),
  superseded: t("superseded"),
  expired: t("expired"),
  ended: t("ended"),
};
export const LIVE = new Set(["proposed", "signed", "in-force", "suspended"]);
export const STANDS = new Set(["signed", "in-force", "suspended"]);
const REMINDERS_DAYS = [14, 7, 1];

export const when = (text) => { const ms = Date.parse(text); return `${utcDate(ms)} ${utcShort(ms)}`; };

/** How long it still lasts, or waits for an answer, in words. */
export function leftOf(each, nowMs) {
  if (!LIVE.has(each.state)) return t("over: {state}", { state: STATES[each.state] });
  const s = (Date.parse(each.state === "proposed" ? each.answer_by : each.expires) - nowMs) / 1000;
  const text = s >= 2 * DAY_S ? tn(Math.floor(s / DAY_S), "{count} day", "{count} days") : duration(Math.max(0, Math.floor(s / 60) * 60));
  if (each.state === "proposed") return t("lapses in {text}", { text });
  const near = REMINDERS_DAYS.some((days) => s <= days * DAY_S);
  return t("{what}expires in {text}{what2}", { what: near ? "▲ " : "", text, what2: near ? t(": renew it, or it ends") : "" });
}

/** When its parties are reminded, of a term that is long enough for it. */
export function remindersOf(shown) {
  const [from, until] = [shown.effective, shown.expires].map(Date.parse);
  const days = REMINDERS_DAYS.filter((each) => until - each * DAY_S * 1000 >= from);
  return days.map((each) => tn(each, "{count} day before: {date}", "{count} days before: {date}", { date: utcDate(until - each * DAY_S * 1000) })).join(" · ") || t("none: its term is too short");
}

/** Who signed what, who has not, and who accepted which provisions. */
export function signaturesOf(shown) {
  const lines = [
    ...(shown.signatures ?? []).map((each) => h("li", { class: "done" }, t("■ {party} signed{what}, {time}{what2}", { party: plain(each.party, 60), what: each.sheet ? ` ${t("on the sheet of {sheet}", { sheet: plain(each.sheet, 60) })}` : "", time: when(each.time), what2: each.digest === shown.digest ? t(", this text") : t(", ANOTHER TEXT") }))),
    ...(shown.unsigned ?? []).map((each) => h("li", {}, t("□ {party} has not signed{what}", { party: plain(each.party, 60), what: each.sheet ? ` ${t("on the sheet of {sheet}", { sheet: plain(each.sheet, 60) })}` : "" }))),
    ...(shown.accepted ?? []).map((each) => h("li", {}, whole(t("{party} accepted: {provisions}; nothing else", { party: plain(each.party, 60), provisions: each.provisions.join(", ") })))),
  ];
  return h("ul", { class: "signatures", "aria-label": t("Signatures") }, lines);
}

/** A small form with one thing to do. */
export function smallForm(heading, label, inside, act, close) {
  const fault = h("p", { class: "fault", role: "alert" });
  const send = h("button", { type: "submit", class: "do" }, label);
  const made = h("form", { class: "answer", "aria-label": label, novalidate: true }, h("h4", {}, plain(heading, 240)), inside, fault,
    h("p", { class: "line" }, send, h("button", { type: "button", class: "quiet", onclick: close }, t("Leave it"))));
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

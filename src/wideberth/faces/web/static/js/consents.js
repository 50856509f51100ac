// Asking and answering under an agreement of the kind CONSENT, and under no other: only here do
// approving, refusing and clearing exist. No answer is not consent, however long it takes.

import { choice, field } from "./answer.js";
import { Wrong, clearFault, showFault } from "./fields.js";
import { whole } from "./provisions.js";
import { h, plain, utcDate, utcShort } from "./text.js";
import { phrase, t } from "./words.js";

const VERDICTS = ["APPROVED", "REFUSED", "CLEARED"];
export const NO_ANSWER = phrase("No answer is not consent.");

const when = (text) => { const ms = Date.parse(text); return `${utcDate(ms)} ${utcShort(ms)}`; };

/** The part of an agreement's sheet. ask(body), answer(consent, body) send; may: whether this
 * browser signs; party: the reader's. */
export function consents({ asked, provisions, party, inForce, may, ask, answer }) {
  const wants = provisions.filter((each) => each.type === "consent" && !each.entitled.includes(party));
  return h("section", { "aria-label": t("Asked for under this agreement"), class: "consents" },
    h("h4", {}, t("Asked for under this agreement")),
    asked.length ? asked.map((each) => one(each, party, may, answer)) : h("p", { class: "none" }, t("Nothing was asked for.")),
    inForce && wants.length ? asking(wants, may, ask) : null);
}

function one(each, party, may, answer) {
  const fault = h("p", { class: "fault", role: "alert" });
  const open = !each.verdict;
  const reason = field(`reason-${each.id}`, t("Reason"), { maxlength: 2000, class: "long" });
  const say = async (verdict) => {
    try {
      await answer(each.id, { verdict, reason: reason.querySelector("input").value.trim() });
    } catch (error) {
      fault.textContent = plain(error.message, 240);
    }
  };
  return h("div", { class: "card" },
    h("p", {}, h("b", {}, plain(each.party, 60)), ` ${t("asks:")} `, whole(each.words)),
    h("p", { class: "dim" }, t("{provision} · asked {time}{what} · answered by: {entitled}", { provision: plain(each.provision, 60), time: when(each.asked), what: each.answer_by ? ` ${t("· answer agreed by {time}", { time: when(each.answer_by) })}` : "", entitled: each.entitled.map((one) => plain(one, 60)).join(", ") })),
    open
      ? h("p", { class: "missing" }, `${each.overdue ? `${t("NOT ANSWERED IN TIME.")} ` : `${t("Not answered.")} `}${plain(each.sentence ?? NO_ANSWER)}`)
      : h("p", {}, h("b", {}, t("{verdict} by {by}", { verdict: each.verdict, by: plain(each.by, 60) })), `, ${when(each.answered)}${each.reason ? ": " : ""}`, whole(each.reason ?? "")),
    each.entitled.includes(party) ? h("div", { class: "actions" }, reason,
      VERDICTS.map((verdict) => h("button", { type: "button", class: "do other", disabled: !may, onclick: () => say(verdict) }, verdict))) : null,
    fault);
}

function asking(wants, may, ask) {
  const fault = h("p", { class: "fault", role: "alert" });
  const send = h("button", { type: "submit", class: "do other", disabled: !may }, t("Ask for it"));
  const form = h("form", { class: "answer", "aria-label": phrase("Ask for consent"), novalidate: true },
    h("div", { class: "fields" },
      field("provision", t("By the provision"), {}, choice(wants.map((each) => [each.id, plain(each.id, 60)]))),
      field("words", t("What you ask for"), { maxlength: 2000, class: "long" })),
    fault, h("p", { class: "line" }, send, h("span", { class: "dim" }, NO_ANSWER)));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { provision, words } = form.elements;
    clearFault(fault);
    try {
      if (!words.value.trim()) throw new Wrong(words, t("Say what you ask for."));
      await ask({ provision: provision.value, words: words.value.trim() });
    } catch (error) {
      showFault(form, fault, error);
    }
  });
  return form;
}

// The provisions of a version in words; where it answers or renews another, the two beside each
// other with what differs marked line by line. And the areas that were agreed with nobody.

import { partyName, swatch } from "./dom.js";
import { NO_NEUTRAL, beside, callsNeutral, says, titleOf, whole } from "./provisions.js";
import { h, plain, utcDate, utcShort } from "./text.js";
import { t } from "./words.js";

const ALARMS = /^(NOT COVERED|A SUSPENSION TAKES)/;

export const differs = (each) => h("li", {}, `${plain(each.field, 60)}: `, h("del", {}, plain(each.before, 120)), " → ", h("ins", {}, plain(each.after, 120)));

/** Lines of a provision; those that the other text does not have are marked by what says so. */
function lines(provision, other, mark) {
  if (!provision) return h("p", { class: "dim" }, t("not in it"));
  const known = new Set(other ? says(other) : []);
  return says(provision).map((line) => {
    const words = h(other && !known.has(line) ? mark : "span", {}, whole(line));
    return h("p", { class: ALARMS.test(line) ? "missing" : null }, words);
  });
}

/** marks: whether provisions can be marked, to accept them; vacant: whether the space has no neutral. */
export function provisionsOf({ shown, terms, before, marks, vacant = false }) {
  const changes = new Map((shown.changes ?? []).map((each) => [each.id, each]));
  const above = changes.get("");
  const stopped = shown.state === "suspended" ? shown.suspension.provisions : [];
  const row = ({ id, before: old, after }) => {
    const change = changes.get(id);
    const given = after ?? old;
    const mark = marks && after ? h("input", { type: "checkbox", "data-provision": id, "data-focus": `mark-${id}` }) : null;
    const isStopped = shown.state === "suspended" && (!stopped.length || stopped.includes(id));
    return h("tr", { class: change ? "differs" : "" },
      h("th", { scope: "row" },
        mark ? h("label", {}, mark, ` ${plain(id, 60)}`) : h("b", {}, plain(id, 60)),
        h("span", { class: "dim" }, titleOf(given)),
        old && after && old.title !== after.title && before ? h("del", { class: "own" }, plain(old.title || t("no title"), 200)) : null,
        given.title ? h(old && after && old.title !== after.title && before ? "ins" : "span", { class: "own" }, plain(given.title, 200)) : null,
        change ? h("span", { class: "tag strong" }, change.change.toUpperCase()) : null,
        isStopped ? h("span", { class: "tag bad" }, t("SUSPENDED")) : null),
      before ? h("td", { class: "was", "data-version": `v${shown.replaces}` }, lines(old, after, "del")) : null,
      h("td", { class: change ? "changed" : "", "data-version": before ? `v${shown.version}` : null }, lines(after, old, "ins"),
        vacant && after && callsNeutral(after) ? h("p", { class: "missing" }, NO_NEUTRAL) : null,
        change?.change === "changed" && change.fields.length
          ? h("details", { class: "log" }, h("summary", {}, t("What changed, as it is signed")), h("ul", { class: "changes" }, change.fields.map(differs))) : null));
  };
  return [
    above ? h("ul", { class: "changes", "aria-label": t("What changed above the provisions") }, above.fields.map(differs)) : null,
    h("table", { class: `provisions ${before ? "two" : ""}` },
      before ? h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("Provision")), h("th", { scope: "col" }, `v${shown.replaces}`), h("th", { scope: "col" }, `v${shown.version}`))) : null,
      h("tbody", {}, beside(before?.provisions ?? terms.provisions, terms.provisions).map(row))),
  ];
}

/** A zone that one party declared: in the same view, so that nobody takes it for agreed (Z-09). */
export function unilateralRow(state, zone) {
  return h("div", { class: "row-like" },
    h("p", {}, h("span", { class: "tag bad" }, t("UNILATERAL / NOT AGREED")), " ", h("b", {}, plain(zone.name, 80))),
    h("p", { class: "dim" }, swatch(zone.party), t("{party} · {what} · v{version}, declared {date} {time}", { party: plain(partyName(state, zone.party), 60), what: zone.rule === "keep-out" ? t("keep out") : t("tell {noticeMinutes} min before", { noticeMinutes: zone.noticeMinutes }), version: zone.version, date: utcDate(zone.declaredMs), time: utcShort(zone.declaredMs) })));
}

// The columns of an incident: one for each party by name, then one for each observer, then what the
// record shows. No cell of any column is made of two of them. Below stands where accounts differ:
// the figures of both, the errors that both stated, and what lies between; nobody is judged.

import { CLAIMS, claimOf, claimOfKind, moment, titleOfKind } from "./claims.js";
import { partyName, swatch } from "./dom.js";
import { lineOf } from "./replay.js";
import { FEET_M, h, plain } from "./text.js";
import { t } from "./words.js";

const LINES = 200; // of what the record shows, in a column; a replay has all of them
const WHO = { party: t("party to it"), observer: t("observes") };
const NOTHING = t("Nothing that is shown to you. That says nothing of whether there is anything.");

/** The columns of an incident in their order: parties by name, then observers by name. */
export function inOrder(seen, state) {
  const byName = (a, b) => partyName(state, a.party).localeCompare(partyName(state, b.party), "en") || a.party.localeCompare(b.party);
  return [seen.accounts, seen.observer_accounts].flatMap((columns) => Object.values(columns).sort(byName));
}

/** All columns. versions: of accounts shown to the reader; chosen: {party: version}; shows: the
 * timeline, or why it is not there. choose(party, version), readAgain(). */
export function columnsOf(seen, { state, versions, chosen, choose, shows, readAgain }) {
  return h("div", { class: "columns", role: "region", tabindex: "0", "aria-label": t("What each one says, column by column") },
    inOrder(seen, state).map((column) => {
      const own = versions.filter((each) => each.party === column.party);
      const account = own.find((each) => each.version === chosen[column.party]) ?? column.account ?? null;
      return columnOf(column, account, { state, own, choose });
    }),
    recordColumn(seen, shows, readAgain));
}

function columnOf(column, account, { state, own, choose }) {
  const name = partyName(state, column.party);
  const head = h("header", {}, h("h5", {}, swatch(column.party), plain(name, 60)), h("p", { class: "dim" }, `${plain(column.party, 60)}, ${WHO[column.column]}`),
    own.length > 1 ? versionsOf(column, account, own, choose) : null);
  const label = `${plain(name, 60)}, ${WHO[column.column]}`;
  const isOwn = column.party === state.session?.party;
  if (!account) return h("section", { class: "column", "aria-label": label, "data-party": column.party }, head, h("p", { class: "none rest" }, isOwn ? t("You have given no account yet.") : NOTHING));
  return h("section", { class: "column", "aria-label": label, "data-party": column.party }, head,
    CLAIMS.map(([claim, title]) => h("div", { class: "claim", "data-claim": claim }, h("b", {}, title), claimOf(account, claim))),
    account.words
      ? h("blockquote", { class: "words", lang: account.language ?? null, "aria-label": t("In its own words") }, account.words.split("\n").map((line) => h("p", {}, plain(line, Infinity))))
      : h("p", { class: "dim" }, t("No words of its own.")),
    h("footer", { class: "dim small" },
      h("p", {}, t("Version {version} that is shown to you, signed {time}", { version: account.version, time: moment(account.given) })),
      h("p", { class: "shown-to" }, t("Its author shows it to: {shown_to}", { shown_to: account.shown_to.map((each) => plain(partyName(state, each), 60)).join(", ") || t("nobody yet") })),
      column.not_shown_to?.length && account.id === column.account?.id
        ? h("p", {}, t("Not shown to: {not_shown_to}", { not_shown_to: column.not_shown_to.map((each) => plain(partyName(state, each), 60)).join(", ") })) : null));
}

function versionsOf(column, account, own, choose) {
  return h("p", { class: "versions", role: "group", "aria-label": t("Versions of {party}", { party: plain(column.party, 60) }) }, own.map((each) => h("button", {
    type: "button", class: `quiet ${each.id === account.id ? "on" : ""}`, "data-focus": `v${column.party}-${each.version}`,
    "aria-pressed": each.id === account.id ? "true" : "false", onclick: () => choose(column.party, each.version),
  }, `v${each.version}`)));
}

function recordColumn(seen, shows, readAgain) {
  const lines = shows?.groups?.reduce((count, group) => count + group.lines.length, 0) ?? 0;
  let left = LINES;
  const groups = (shows?.groups ?? []).map((group) => {
    const some = group.lines.slice(0, left);
    left -= some.length;
    return some.length ? h("div", { class: group.order === "unknown" ? "unordered" : "" }, group.order === "unknown" ? h("p", { class: "dim" }, plain(group.words)) : null, some.map(lineOf)) : null;
  });
  return h("section", { class: "column record", "aria-label": t("Record shows") },
    h("header", {}, h("h5", {}, t("Record shows")), h("p", { class: "dim" }, t("made of entries, each with its number"))),
    h("div", { class: "rest shows" },
      shows?.fault ? h("p", { class: "missing" }, plain(shows.fault)) : null,
      shows && !shows.fault ? h("p", { class: "dim" }, plain(shows.sentence, 600)) : null,
      shows ? null : h("p", { class: "none" }, t("Asking …")),
      shows && !shows.fault && !lines ? h("p", { class: "none" }, t("No line that you may see. That does not say that nothing happened.")) : null,
      groups,
      lines > LINES || shows?.more_from ? h("p", { class: "missing" }, t("Only the first {count} lines stand here. Replay has more.", { count: Math.min(lines, LINES) })) : null,
      h("p", {}, h("button", { type: "button", class: "quiet", "data-focus": "again", onclick: readAgain }, t("Read it again")))));
}

/** Where the accounts that the reader may see differ, as a table. */
export function differencesOf(seen, state) {
  const accounts = Object.fromEntries(inOrder(seen, state).filter((each) => each.account).map((each) => [each.account.id, each.account]));
  return h("table", { class: "provisions differences" },
    h("caption", { class: "dim" }, t("Worked out between the last accounts that are shown to you, of what both of them claim. Nothing here says which of them is so.")),
    h("thead", {}, h("tr", {}, [t("Of"), t("One says"), t("The other says"), t("As claimed"), t("With the errors that both stated")].map((each) => h("th", { scope: "col" }, each)))),
    h("tbody", {}, seen.differences.map((each) => h("tr", { "data-kind": each.kind },
      h("th", { scope: "row" }, titleOfKind(each.kind)),
      each.parties.map((party, i) => h("td", {}, h("b", {}, plain(partyName(state, party), 60)), ": ", accounts[each.accounts[i]] ? claimOfKind(accounts[each.accounts[i]], each.kind) : null)),
      apartOf(each)))));
}

/** Minutes to the second, the least rounded down and the most rounded up: the truth lies between
 * the two. Beyond a day, hours stay. */
export function inSeconds(minutes, round) {
  const s = round(roughly(minutes * 60));
  const parts = [[Math.floor(s / 86400), "d"], [Math.floor((s % 86400) / 3600), "h"], [Math.floor((s % 3600) / 60), "min"], [s % 60, "s"]];
  return parts.filter(([value]) => value).map(([value, unit]) => `${value}\u00a0${unit}`).join(" ") || "0\u00a0s";
}

/** Metres and feet, from 10 km on km and nautical miles to a tenth; rounded as inSeconds. */
export function inMetres(metres, round) {
  const to = (step, unit) => `${(round(roughly(metres / step / unit)) * unit).toLocaleString("en", { maximumFractionDigits: 1 })}\u00a0`;
  return metres < 10000 ? `${to(1, 1)}m\u00a0/\u00a0${to(FEET_M, 1)}ft` : `${to(1000, 0.1)}km\u00a0/\u00a0${to(1852, 0.1)}nm`;
}

// What a product of binary fractions is off by says nothing: 4.25 min are 255 s, not 254.
const roughly = (value) => Math.round(value * 1e6) / 1e6;

function apartOf(each) {
  const apart = each.metres ?? each.minutes;
  if (!apart) return [h("td", {}, each.members.length ? t("other: {members}", { members: each.members.map((name) => plain(name.replaceAll("_", " "), 40)).join(", ") }) : t("not the same")), h("td", {}, "")];
  const text = each.metres ? inMetres : inSeconds;
  return [
    h("td", { class: "num" }, t("{gap} apart", { gap: text(apart.claimed, Math.round) })),
    h("td", { class: "num" }, t("at least {least}, at most {most}", { least: text(apart.at_least, Math.floor), most: text(apart.at_most, Math.ceil) }), each.within_errors ? h("span", { class: "dim" }, t("; both can be so")) : ""),
  ];
}

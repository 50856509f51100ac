// Hazards that nobody here has answered and that begin within the hour, or have begun: a line each, on
// every view but the inbox, where their cards are.

import { aboutOf, isInForce, isOwn, kindOf, windowOf } from "./desk.js";
import { aged, at, partyName, rows } from "./dom.js";
import { nameOf } from "./meets.js";
import { h, plain } from "./text.js";
import { phrase, t } from "./words.js";

const SOON_MS = 3600000;
const MOST = 3;

/** [{notice, name, party, late, phase, ms}], what begins first on top. */
export function comingSoon(state, now) {
  const open = Object.values(state.notices).filter((notice) => notice.open && !notice.answers.length && !notice.withdrawal && !notice.allClear
    && kindOf(state, notice) === "HAZARD" && (!isOwn(state, notice) || notice.clashes.length));
  return open.map((notice) => {
    const about = aboutOf(state, notice);
    const isTheirs = about && about.party !== state.session?.party;
    const { startMs, endMs } = isTheirs && about.startMs ? about : windowOf(state, notice);
    const running = isInForce(state, notice, now);
    return {
      id: notice.id, name: nameOf(state, about, notice), party: isTheirs ? about.party : notice.sender, late: notice.late,
      phase: running ? (now <= endMs ? "ends" : "over") : "begins", startMs, ms: running ? endMs : startMs,
      isSoon: running || (startMs > now && startMs - now <= SOON_MS),
    };
  }).filter((each) => each.isSoon).sort((a, b) => a.startMs - b.startMs || a.id.localeCompare(b.id));
}

/** Draw them. */
export function comingSoonBar(state, now) {
  const all = comingSoon(state, now);
  const box = at("coming-soon");
  box.hidden = !all.length;
  rows(box, all.slice(0, MOST).map((each, index) => ({
    key: each.id, shows: [each, all.length, partyName(state, each.party)],
    make: () => h("p", {}, h("a", { href: "#/inbox" },
      h("b", {}, `${phrase("▲ HAZARD{what},", { what: each.late ? t(", LATE") : "" })} `, each.phase === "begins" ? null : `${t("IN FORCE,")} `, aged(each.phase, each.ms)),
      t(": {name} of {party}", { name: plain(each.name, 60), party: plain(partyName(state, each.party), 60) })),
    index === MOST - 1 && all.length > MOST ? ` ${t("and {count} more", { count: all.length - MOST })}` : ""),
  })), "");
}

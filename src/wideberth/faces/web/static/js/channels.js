// The bar of channels, on every view: each counterpart, how its channel stands and how long ago it
// was last heard of. It is never blank; what is not known says so, and what is old says how old.

import { aged, at, rows, swatch } from "./dom.js";
import { counterparts } from "./desk.js";
import { lastHeard } from "./state.js";
import { h, plain, utcShort } from "./text.js";
import { phrase, t } from "./words.js";

const MARK = { UP: "●", DEGRADED: "◐", UNKNOWN: "?", SUSPENDED: "‖", DOWN: "✕", REFUSED: "✕" };
const SAYS = {
  UP: t("heard as expected"), DEGRADED: t("says that it is degraded"), UNKNOWN: t("not heard as expected, or never"),
  SUSPENDED: phrase("suspended by its party; STOP stays usable"), DOWN: t("reported down"), REFUSED: t("reported to refuse"),
};

const RESTS_ON = ["parties", "channels", "intents", "zones", "tracks", "notices", "replies", "stops", "said", "agreed", "session", "loaded"];
let drawn = [];

/** Draw it, where anything of it changed; ages tick by themselves. cut: since when this page has no line, or NaN; then all of it is as of that time. */
export function channelBar(state, cutMs) {
  const asOf = Number.isFinite(cutMs) ? ` ${t("as of {time}", { time: utcShort(cutMs) })}` : "";
  const now = [...RESTS_ON.map((name) => state[name]), asOf];
  if (now.every((each, index) => each === drawn[index])) return;
  drawn = now;
  const heard = lastHeard(state);
  const others = counterparts(state);
  rows(at("channels"), others.map(({ party, channel }) => {
    const heardMs = heard[party.id] ?? NaN;
    return {
      key: party.id,
      shows: [party.name, party.neutral, channel, heardMs, asOf, called(state, party.id)],
      make: () => chip(party, channel, heardMs, asOf, called(state, party.id)),
    };
  }), state.loaded.channels ? t("No other party is in this space.") : t("Channels: asking …"));
}

/** Whether an agreement in force asks the party to call; null while that is not known. */
function called(state, party) {
  if (!state.loaded.agreed) return null;
  return state.agreed.some((each) => each.parties.includes(party) && each.provisions.some((one) => one.type === "liveness"));
}

function chip(party, channel, heardMs, asOf, isCalled) {
  const uncalled = channel.state === "UNKNOWN" && isCalled === false && !Number.isFinite(channel.heardMs);
  const reason = [
    uncalled ? t("no agreement in force asks it to call at set times, so nothing is known of its channel") : SAYS[channel.state] ?? "", channel.by && channel.by !== party.id ? t("says {by}", { by: channel.by }) : "", channel.reason, channel.scope,
    channel.missed ? t("{missed} agreed calls missed", { missed: channel.missed }) : "",
  ].filter(Boolean).map((each) => plain(each, 80)).join("; ");
  const known = Number.isFinite(heardMs);
  return h("span", { class: `chip ch-${channel.state.toLowerCase()}`, title: `${plain(party.name, 60)}: ${reason}` },
    swatch(party.id), h("b", {}, plain(party.id, 24)), party.neutral ? h("span", { class: "dim" }, ` ${t("neutral")}`) : null,
    h("span", { class: "state" }, h("span", { "aria-hidden": "true" }, MARK[channel.state] ?? "?"), ` ${channel.state}${asOf}`),
    h("span", { class: "dim" }, ` ${t("last contact")} `),
    known ? aged("ago", heardMs, { class: "num" }) : h("span", { class: "num" }, t("never")),
    uncalled ? h("span", { class: "dim" }, ` ${t("· no call agreed")}`) : null);
}

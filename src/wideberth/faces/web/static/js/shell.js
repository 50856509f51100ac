// What stands around every view: whose picture it is, the clocks, how old it is, the foot.

import { age, goneText, h, local, plain, utc, utcDate, utcShort } from "./text.js";
import { announce, at, partyName, rows, setText, toast } from "./dom.js";
import { channelBar } from "./channels.js";
import { comingSoonBar } from "./comingsoon.js";
import { isOwn, kindOf } from "./desk.js";
import { feedsOf, serverNow } from "./state.js";
import { wordsFor } from "./waiting.js";
import { number, phrase, t, tn } from "./words.js";

const LATE_CONTACT_MS = 15000;
const HOST_READS = t("The host can read all that is told to this node but sealed words: places, times, heights, who told what to whom and who answered.");

/** All of it as the state has it; the view in between is drawn by its own module. alert: what stands
 * before the name in the title of the tab. */
export function shell(state, alert) {
  const inside = Boolean(state.session && !state.session.fault);
  at("main").hidden = !inside;
  for (const id of ["nav", "stop", "sound", "channels"]) at(id).hidden = !inside;
  if (!inside) for (const id of ["stops", "coming-soon"]) at(id).hidden = true;
  at("sign-in").hidden = inside;
  header(state, inside, inside ? alert : "");
  if (!inside) {
    signIn(state);
    return;
  }
  stale(state);
  news(state);
  comingSoonBar(state, serverNow(state));
  foot(state, serverNow(state));
}

/** What is new is said on every view, and counted beside the way to the inbox. */
function news(state) {
  const open = Object.values(state.notices).filter((notice) => notice.open);
  for (const notice of open) announce(notice.id, t("Notice {number}, {urgency}: {headline}", { number: notice.number, urgency: notice.urgency, headline: headline(state, notice) }));
  for (const warning of Object.values(state.warnings)) announce(warning.id, phrase("Warning: {kind}", { kind: warning.kind }));
  const waits = Object.values(state.drills).filter((drill) => drill.recipient === state.session.party);
  for (const drill of waits) announce(drill.id, t("Drill message, no notice, to be answered by {time}", { time: utcShort(drill.dueMs) }));
  const drills = at("nav-drills-count");
  drills.hidden = !waits.length;
  setText(drills, String(waits.length));
  drills.setAttribute("aria-label", tn(waits.length, "{count} drill message waits", "{count} drill messages wait"));
  const count = at("nav-count");
  count.hidden = !open.length;
  setText(count, String(open.length));
  count.setAttribute("aria-label", t("{count} open", { count: open.length }));
  inIncidents(state);
}

let shown = null; // keys of what waited; null before the first answer, which is no news

/** What waits in incidents is counted beside the way there, and said on every view when it comes. */
function inIncidents(state) {
  const count = at("nav-waits");
  count.hidden = !state.waits.length;
  setText(count, String(state.waits.length));
  count.setAttribute("aria-label", t("{count} to see to", { count: state.waits.length }));
  if (!state.loaded.waits) { shown = null; return; }
  const fresh = shown ? state.waits.filter((item) => !shown.has(item.key)) : [];
  shown = new Set(state.waits.map((item) => item.key));
  for (const item of fresh) toast(`${wordsFor(state, item)}: “${plain(item.title, 80)}”.`, { text: t("Open it"), href: `#/incidents/${encodeURIComponent(item.incident)}` });
}

/** In a line: what kind, and whose; of the reader's own, that it meets something. */
export function headline(state, notice) {
  const kind = kindOf(state, notice);
  if (notice.agreement) return `${kind} ${plain(notice.agreement.title, 80)}`;
  if (isOwn(state, notice)) return t("your own {type} {what}", { type: notice.subject.type, what: notice.clashes.length ? t("meets {kind}", { kind }) : notice.late ? t("was told late") : t("meets nothing that it names") });
  return notice.sender ? t("{kind} of {party}", { kind, party: plain(partyName(state, notice.sender)) }) : kind;
}

function header(state, inside, alert) {
  const { space, session } = state;
  const facts = [];
  if (inside) {
    const name = state.parties[session.party]?.name;
    facts.push([t("Picture of"), name && name !== session.party ? `${name} (${session.party})` : session.party]);
    facts.push([t("Role"), session.roles.join(", ") || t("none")]);
  }
  if (space) {
    facts.push([t("Hosted by"), space.host ?? t("not said"), HOST_READS]);
    facts.push([t("Space"), space.origin ?? t("not said")]);
  }
  rows(at("facts"), facts.map(([term, text, title]) => ({
    key: term, shows: text, make: () => h("div", { title }, h("dt", {}, term), h("dd", {}, text)),
  })), "");
  at("sign-out").hidden = !inside;
  const now = serverNow(state);
  const simulated = state.clock.simulated;
  const known = Number.isFinite(state.clock.serverMs);
  const clocks = at("clocks");
  if (!clocks.children.length) {
    clocks.append(h("span", { class: "date" }), h("strong", {}), h("span", { class: "local" }));
  }
  setText(clocks.children[0], `${utcDate(known ? now : NaN)} UTC${simulated ? t(", simulated") : ""}`);
  setText(clocks.children[1], utc(known ? now : NaN));
  setText(clocks.children[2], t("local {local}", { local: local(now) }));
  const banner = at("exercise");
  banner.hidden = !space?.exercise;
  document.body.classList.toggle("is-exercise", Boolean(space?.exercise));
  if (space?.exercise) {
    const pace = state.clock.rate === 1 ? "" : t(", {rate} times as fast as real time", { rate: state.clock.rate });
    setText(banner, phrase("EXERCISE — EXERCISE — EXERCISE   Not an operational picture.{what}", { what: simulated ? ` ${t("The clock is simulated{pace}.", { pace })}` : "" }));
  }
  document.title = `${alert}${space?.exercise ? "EXERCISE · " : ""}wideberth${inside ? ` · ${session.party}` : ""}`;
}

function signIn(state) {
  setText(at("sign-fault"), state.session?.fault ?? "");
  setText(at("sign-space"), state.space
    ? t("{what}Space {origin}, hosted by {host}. {HOST_READS}", { what: state.space.exercise ? `${phrase("EXERCISE.")} ` : "", origin: plain(state.space.origin), host: plain(state.space.host), HOST_READS })
    : "");
}

/** How old what is shown is, said loudly as soon as it is not live. */
function stale(state) {
  const contactAge = state.browserMs - state.contactMs;
  const { events, tracks: positions } = state.streams;
  const cut = [[t("notices"), events], [t("positions"), positions]].filter(([, stream]) => stream.cut);
  const late = contactAge > LATE_CONTACT_MS;
  const gone = late || state.offline;
  const node = at("stale");
  node.hidden = !gone && !cut.length;
  if (!node.hidden) {
    const what = cut.length ? `${t("the stream of {streams} is cut; trying again.", { streams: cut.map(([name]) => name).join(` ${t("and")} `) })} ` : `${t("trying again.")} `;
    const since = gone ? phrase("NOT CONNECTED since {time}", { time: utcShort(state.contactMs) }) : phrase("NOT LIVE");
    setText(node, phrase("{since}: {what}What you see is {age} old. Silence is not clearance.", { since, what, age: age(contactAge) }));
  }
  document.body.classList.toggle("is-stale", gone);
  channelBar(state, gone ? serverNow(state) - contactAge : NaN);
}

function foot(state, now) {
  const items = [
    ["server", t("Server"), t("{age} ago", { age: age(state.browserMs - state.contactMs) }), state.browserMs - state.contactMs > LATE_CONTACT_MS],
    ["notices", t("Notices"), streamText(state.streams.events) + (state.gone ? `. ${goneText(state.gone)}` : ""), state.gone !== null || state.streams.events.state !== "live"],
    ["positions", t("Positions"), streamText(state.streams.tracks) + (state.missed ? t(", {missed} looks left out", { missed: state.missed }) : ""), state.streams.tracks.state !== "live"],
  ];
  for (const [id, each] of Object.entries(feedsOf(state))) {
    items.push([`f${id}`, t("Feed {feed}", { feed: plain(each.feed, 40) }), feedText(each, now), each.line !== null && !each.line.up]);
  }
  if (state.checkpoint) items.push(["record", t("Record"), t("{size} entries, root {root}…", { size: number(state.checkpoint.size), root: state.checkpoint.root.slice(0, 10) }), false]);
  rows(at("foot"), items.map(([key, term, text, bad]) => ({
    key, shows: [text, bad],
    make: () => h("span", { class: bad ? "bad" : "" }, h("em", {}, term), ` ${text}`),
  })), "");
}

/** How old what a feed says is; where its line is cut, since when and why; what could not be read,
 * and values that cannot be. */
function feedText({ count, newestMs, line }, now) {
  const said = [tn(count, "{count} track", "{count} tracks")];
  said.push(Number.isFinite(newestMs) ? t("{age} old", { age: age(now - newestMs) }) : t("no position yet"));
  if (line && !line.up) {
    const why = line.why ? `: ${plain(line.why, 80)}` : "";
    said.unshift(t("{what} since {time}{why}", { what: line.state === "ended" ? t("ENDED") : t("NO LINE"), time: utcShort(line.sinceMs), why }));
  }
  if (line?.unreadable) said.push(t("{unreadable} not readable", { unreadable: line.unreadable }));
  if (line?.dropped) said.push(tn(line.dropped, "{count} value not taken", "{count} values not taken"));
  if (line?.flooded) said.push(t("came too fast"));
  return said.join(", ");
}

function streamText(stream) {
  return { live: t("live"), connecting: t("connecting"), cut: t("CUT"), refused: t("refused"), off: t("off") }[stream.state] ?? stream.state;
}

// The view of the picture: a map, and beside it everything that is on it as lists.

import { placesOf } from "./agreedmap.js";
import { Heights, within } from "./heights.js";
import { longRows } from "./longlist.js";
import { ConsoleMap } from "./map.js";
import { legendItems } from "./marks.js";
import { Moment } from "./moment.js";
import { Profile } from "./profile.js";
import { NO_INFORMATION, SENTENCE, aged, at, goneName, intentName, namesParty, partText, partyName, rows, setText, swatch } from "./dom.js";
import { contactText, distance, gapText, h, metresAndFeet, plain, utc, utcShort } from "./text.js";
import { latenessOf } from "./lateness.js";
import { intentsShown, ladderOf, lossMs, orderedNotices, serverNow, shownWarnings } from "./state.js";
import { limitText } from "./shape.js";
import { LOOK_AHEAD_S } from "./tracklayer.js";

const BUFFERS = new Set(["line", "line-buffer", "separation-table"]); // provisions that are distances
const STEADY_MS = 900; // between two looks at all tracks for the side view and the filter

/** Its lists stand in the page from the start; what is mounted is the map and what belongs to it. */
export function mount(root, context) {
  const again = () => { steadyMs = 0; view.update(context.state()); };
  let steadyMs = 0;
  let filtered = null;
  let agreed = [null, []];
  const map = new ConsoleMap(root.querySelector("#map"), context.actions, { crowd });
  at("legend").replaceChildren(...legendItems(LOOK_AHEAD_S));
  const moment = new Moment(context, again);
  const heights = new Heights(again);
  const profile = new Profile(map, again);
  at("map-top").replaceChildren(moment.bar);
  at("map-tools").replaceChildren(profile.node, moment.node, h("div", { class: "tools" }, heights.node, profile.button));
  const view = {
    update(given) {
      if (given.agreed !== agreed[0]) agreed = [given.agreed, buffersOf(given.agreed)];
      const shown = moment.view({ ...given, buffers: agreed[1] });
      root.dataset.moment = shown.mode;
      at("as-of-now").hidden = shown.mode === "now";
      if (shown.mode === "now") {
        tracks(given, context.actions);
        intents(given, serverNow(given), context.actions);
        zones(given, context.actions);
      } else {
        moment.lists(shown);
      }
      warnings(given, context.actions);
      notices(given, context.actions);
      const steady = Math.floor(given.browserMs / STEADY_MS);
      const { band } = heights;
      const soon = steady !== steadyMs || filtered?.band !== band || filtered.of !== shown.state.intents || filtered.selected !== given.selected || filtered.mode !== shown.mode;
      if (soon || !band) {
        const found = within(shown.state, band);
        filtered = { ...found, band, of: shown.state.intents, selected: given.selected, mode: shown.mode };
        heights.write(found.out);
      }
      const drawn = band ? { ...shown.state, intents: filtered.state.intents, shared: filtered.state.shared, zones: filtered.state.zones } : shown.state;
      map.update(drawn, filtered.shows ?? undefined);
      if (soon) profile.update(drawn, filtered.shows, band);
      steadyMs = steady;
    },
    show: (what, state) => { map.show(what, state); },
    pick: () => map.pick(),
    unmount: () => { moment.remove(); map.remove(); at("map-tools").replaceChildren(); at("map-top").replaceChildren(); },
  };
  return view;
}

/** The lines and distances of the agreements in force, as they are drawn. */
const buffersOf = (agreed) => agreed.flatMap(({ id, provisions }) => placesOf({ provisions })
  .filter((each) => BUFFERS.has(each.type)).map((each) => ({ ...each, id: `${id}/${each.id}` })));

/** Of many tracks in a view not all can have their names beside them: say so. */
function crowd(count) {
  at("crowd").hidden = !count;
  setText(at("crowd"), `${count.toLocaleString("en")} more tracks in this view stand without their names; come closer, or see the list.`);
}

function tracks(state, actions) {
  const ids = inOrder(state.tracks, state.browserMs);
  const silent = order.silent;
  setText(at("n-tracks"), `${ids.length}${silent ? `, ${silent} silent` : ""}`);
  longRows(at("tracks"), ids, (id) => {
    const track = state.tracks[id];
    const name = track.callSign ?? track.track;
    return {
      key: track.id,
      shows: [name, track.party, track.altitudeM, track.pressureM, track.uncertaintyM, track.implausible, track.speedMS, track.state, track.timeMs, track.heightMs, track.velocityMs, state.selected === track.id, partyName(state, track.party), JSON.stringify([track.sources, track.conflicts])],
      make: () => h("button", {
        type: "button", class: `row ${track.state === "live" ? "" : "silent"} ${state.selected === track.id ? "on" : ""}`,
        "data-focus": `t${track.id}`, onclick: () => actions.select(track.id),
      },
      swatch(track.party), h("b", {}, plain(name, 24)),
      h("span", { class: "dim", title: plain(partyName(state, track.party)) }, plain(track.party ?? "party not said", 24)),
      aged(track.state === "live" ? "ago" : track.state, track.timeMs, { class: `age ${track.state === "live" ? "" : "bad"}` }),
      h("span", { class: "num wide" },
        track.state === "live" ? "" : "last known: ",
        heightText(track), ownAge(track.heightMs),
        Number.isFinite(track.speedMS) ? [` · ${speedText(track)}`, ...ownAge(track.velocityMs)] : ""),
      track.implausible ? h("span", { class: "bad wide" }, `implausible: ${plain(track.implausible, 40)}`) : "",
      track.conflicts.length ? h("span", { class: "bad wide" }, `feeds disagree: ${track.conflicts.map((each) => plain(each, 24)).join(", ")}`) : "",
      h("span", { class: "dim wide" }, `known to ±${distance(track.uncertaintyM)}${track.sources.length ? "" : ` · by ${plain(track.feed, 30)} of ${plain(track.feedParty || "the host", 30)}`}`),
      ...track.sources.map(sourceLine)),
    };
  }, state.loaded.tracks ? NO_INFORMATION : "Asking …");
}

const MANY = 500; // tracks: of more the order is looked at once a second
const order = { ids: [], keys: new Map(), silent: 0, browserMs: 0 }; // of the list of tracks, as it was last

/** The ids of tracks by name, those that went silent last: sorted anew only where one of that changed. */
function inOrder(tracks, browserMs) {
  const ids = Object.keys(tracks);
  let same = ids.length === order.ids.length && ids.every((id) => order.keys.has(id));
  if (same && ids.length > MANY && Math.abs(browserMs - order.browserMs) < STEADY_MS) return order.ids;
  order.browserMs = browserMs;
  const keys = new Map();
  for (const id of ids) {
    const { callSign, track, state } = tracks[id];
    const key = `${state === "live" ? 0 : 1}${callSign ?? track}`;
    keys.set(id, key);
    if (same && order.keys.get(id) !== key) same = false;
  }
  if (same) return order.ids;
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  order.ids = ids.sort((a, b) => compare(keys.get(a), keys.get(b)) || compare(a, b));
  order.keys = keys;
  order.silent = ids.filter((id) => keys.get(id)[0] === "1").length;
  return order.ids;
}

/** A height above the ellipsoid where it is known, else that by pressure, which compares with its like alone. */
function heightText({ altitudeM, pressureM }) {
  if (Number.isFinite(altitudeM)) return metresAndFeet(altitudeM);
  return Number.isFinite(pressureM) ? `${metresAndFeet(pressureM)} by pressure` : "height not known";
}

/** How fast and where to; of what stands still no course says anything. */
function speedText({ speedMS, courseDeg }) {
  const knots = Math.round(speedMS / 0.514444);
  if (!knots || !Number.isFinite(courseDeg)) return `${knots} kt`;
  return `${knots} kt on ${String(Math.round(courseDeg) % 360).padStart(3, "0")}°`;
}

/** How old a value is that was said at another moment than the position. */
const ownAge = (saidMs) => (Number.isFinite(saidMs) ? [" (said ", aged("ago", saidMs), ")"] : []);

/** What one of several feeds said of a thing, how old each of it is, and which of it is used: all in
 * which feeds can disagree, so that what they disagree in can be read. */
function sourceLine(source) {
  const said = [
    [source.place.map((each) => each.toFixed(4)).reverse().join(", ")],
    source.party ? [`of ${plain(source.party, 24)}`] : null,
    source.callSign ? [plain(source.callSign, 24), ...ownAge(source.signMs)] : null,
    Number.isFinite(source.altitudeM) || Number.isFinite(source.pressureM) ? [heightText(source), ...ownAge(source.heightMs)] : null,
    Number.isFinite(source.speedMS) ? [speedText(source), ...ownAge(source.velocityMs)] : null,
    [source.used.length ? `used: ${source.used.map((each) => plain(each, 24)).join(", ")}` : "not used"],
  ].filter(Boolean).flatMap((part) => [...part, " · "]);
  return h("span", { class: "dim wide" }, `${plain(source.feed, 30)} of ${plain(source.feedParty || "nobody", 30)}: `, ...said, aged("ago", source.timeMs, {}));
}

const phase = (intent, now) => (now < intent.startMs ? "begins" : now <= intent.endMs ? "ends" : "over");

function intents(state, now, actions) {
  const all = intentsShown(state).sort((a, b) => (a.startMs || 0) - (b.startMs || 0) || a.id.localeCompare(b.id));
  setText(at("n-intents"), `${all.length}${state.complete.intents === false ? " (more are not shown)" : ""}`);
  longRows(at("intents"), all, (intent) => {
    const volume = intent.volumes[0];
    const when = phase(intent, now);
    return {
      key: intent.id,
      shows: [intent.version, intent.state, when, state.selected === intent.id, partyName(state, intent.party)],
      make: () => h("button", {
        type: "button", class: `row ${state.selected === intent.id ? "on" : ""}`, "data-focus": `i${intent.id}`,
        onclick: () => actions.select(intent.id),
      },
      swatch(intent.party), h("b", {}, plain(intentName(state, intent), 28)),
      h("span", { class: `tag s-${intent.state.toLowerCase()}` }, intent.state),
      h("span", { class: "tag" }, intent.kind),
      intent.part ? h("span", { class: "tag strong" }, "IN PART") : null,
      intent.late ? h("span", { class: "tag bad" }, "LATE") : null,
      h("span", { class: "dim wide" }, `${plain(partyName(state, intent.party), 60)} · v${intent.version}${intent.cautions.length ? ` · ${intent.cautions.map((c) => plain(c)).join(", ")}` : ""}`),
      volume ? h("span", { class: "num wide" }, `${limitText(volume.lower)} to ${limitText(volume.upper)}`) : null,
      Number.isFinite(intent.startMs) ? h("span", { class: "num wide" }, `${utcShort(intent.startMs)}–${utcShort(intent.endMs)} · `,
        aged(when, when === "begins" ? intent.startMs : intent.endMs)) : null,
      intent.part ? h("span", { class: "dim wide" }, partText(intent.part)) : null),
    };
  }, state.loaded.intents ? NO_INFORMATION : "Asking …");
}

function zones(state, actions) {
  const all = Object.values(state.zones).sort((a, b) => String(a.name).localeCompare(String(b.name)));
  setText(at("n-zones"), String(all.length));
  rows(at("zones"), all.map((zone) => ({
    key: zone.id,
    shows: [zone.version, state.selected === zone.id, partyName(state, zone.party)],
    make: () => h("button", {
      type: "button", class: `row ${state.selected === zone.id ? "on" : ""}`, "data-focus": `z${zone.id}`,
      onclick: () => actions.select(zone.id),
    },
    swatch(zone.party), h("b", {}, plain(zone.name, 40)),
    h("span", { class: "tag" }, zone.rule === "keep-out" ? "KEEP OUT" : `NOTICE ${Number.isFinite(zone.noticeMinutes) ? `${zone.noticeMinutes} min` : ""}`),
    zone.unilateral ? h("span", { class: "tag strong" }, "UNILATERAL") : null,
    h("span", { class: "dim wide" }, `${plain(partyName(state, zone.party), 60)} · ${plain(zone.reason ?? "no reason given", 90)}`)),
  })), state.loaded.zones ? NO_INFORMATION : "Asking …");
}

export function objectName(state, object) {
  if (object.type === "track") {
    const track = state.tracks[`${object.feedParty ?? ""}/${object.id}`] ?? Object.values(state.tracks).find((each) => each.track === object.id);
    return track?.callSign ?? track?.track ?? object.facts[1] ?? object.facts[0] ?? object.type;
  }
  if (object.type === "load") return object.facts[0] ?? object.type;
  if (object.type === "zone") return state.zones[object.id]?.name ?? object.facts[1] ?? object.facts[0] ?? object.type;
  const intent = state.intents[object.id] ?? state.shared[object.id];
  return intent ? intentName(state, intent) : (object.facts[1] ?? object.facts[0] ?? object.type);
}

/** By what people recognise a thing; the number of an area tells them nothing. */
const factsOf = (object) => object.facts.filter((fact) => object.type === "track" || fact !== object.id);

export const WARNING_SAYS = {
  conflict: "will be too close",
  separation: "too close now",
  incursion: "in, or about to enter",
  departure: "left its own intent",
  "late notice": "told late",
  unacknowledged: "not acknowledged",
  ceiling: "past a weekly ceiling",
  silence: "silent: unknown, not clear",
  implausible: "reports what cannot be",
};

/** Kinds of which one thing is told: nothing lies between it and another, and no time is left. */
const OF_ONE = new Set(["silence", "implausible"]);

function warnings(state, actions) {
  const all = shownWarnings(state);
  setText(at("n-warnings"), String(all.length));
  rows(at("warnings"), all.map((warning) => {
    const names = warning.objects.map((object) => objectName(state, object));
    return {
      key: warning.id,
      shows: [warning, names, state.selected === warning.id],
      make: () => h("button", {
        type: "button", class: `card warn l${Math.min(warning.level, 3)} ${state.selected === warning.id ? "on" : ""}`,
        "data-focus": `w${warning.id}`, onclick: () => actions.select(warning.id),
      },
      h("span", { class: "line" },
        h("b", { class: "kind" }, `${"▲".repeat(Math.min(warning.level, 3))} ${warning.kind.toUpperCase()}`),
        h("span", { class: "dim" }, WARNING_SAYS[warning.kind] ?? ""),
        warning.lastKnown ? h("span", { class: "tag strong" }, "LAST KNOWN") : null,
        h("span", { class: "age" }, `${utcShort(warning.raisedMs)} · `, aged("ago", warning.raisedMs))),
      h("span", { class: "pair" }, warning.objects.flatMap((object, i) => [
        i ? h("span", { class: "dim" }, " × ") : null,
        h("span", {}, swatch(object.party), plain(names[i], 40)),
      ])),
      h("span", { class: "num" }, lateText(state, warning) ?? (OF_ONE.has(warning.kind) ? "" : gapText(warning.gap)), countdown(warning)),
      h("span", { class: "dim small" }, warning.objects.map((object) => factsOf(object).map((fact) => plain(fact, 60)).join(" ")).join("  ×  ")),
      warning.also.length ? h("span", { class: "dim small also" }, "also by another feed: ", warning.also.flatMap(reportsOf)) : null,
      h("span", { class: "dim small" }, `rule ${plain(ruleName(state, warning), 80)}${Number.isFinite(warning.uncertaintyM) && warning.uncertaintyM > 0 ? ` · known to ±${distance(warning.uncertaintyM)}` : ""}`)),
    };
  }), state.loaded.warnings ? `No warning stands. ${NO_INFORMATION}` : "Asking …");
}

/** How long it is until the distance of a warning is lost, counted down. */
function countdown(warning) {
  const loss = lossMs(warning);
  if (loss === 0) return h("b", { class: "countdown" }, " · distance lost now");
  return Number.isFinite(loss) ? [" · ", aged("loss", loss, { class: "countdown" })] : null;
}

/** Who reported the tracks of a warning, and how long ago. */
const reportsOf = (warning) =>
  warning.objects.filter((object) => object.fix).flatMap((object) => [`${plain(object.id ?? "", 40)} by ${plain(object.feedParty || "a public source", 40)} `, aged("ago", object.fix.timeMs), " "]);

/** The notice beside which the warning stands that it came late; null where it is none, or closed long ago. */
const lateNotice = (state, warning) =>
  (warning.kind === "late notice" ? state.notices[warning.id.replace(/^w-late-/, "")] : null) ?? null;

/** How late, in words: how long before its begin it was told, and how long before it was to be. */
function lateText(state, warning) {
  const notice = lateNotice(state, warning);
  if (!notice) return null;
  const minimumS = notice.leadS - warning.gap.timeS;
  return latenessOf(notice.leadS, minimumS, warning.rule.startsWith("rules/"));
}

/** A provision by the title of its agreement, a rule of the space by its id. */
function ruleName(state, warning) {
  const under = lateNotice(state, warning)?.under ?? [];
  const agreed = under.find((each) => `${each.agreement}/${each.provision}/${each.version}` === warning.rule);
  return agreed?.title ? `${agreed.provision} of “${agreed.title}”` : warning.rule;
}

function step(done, text, detail, bad) {
  return h("li", { class: done ? "done" : bad ? "bad" : "" },
    h("span", { "aria-hidden": "true" }, done ? "■" : bad ? "✕" : "□"), ` ${text}`,
    h("span", { class: "sr" }, done ? " done" : bad ? " wrong" : " not yet"),
    detail ? h("span", { class: "num" }, ` ${detail}`) : null);
}

function subjectName(state, reference, kind = null) {
  if (!reference) return "something that is not shown to you";
  if (reference.type === "agreement") {
    const told = Object.values(state.notices).find((notice) => notice.agreement && notice.subject.id === reference.id);
    return told ? `Agreement: ${told.agreement.title}` : `agreement ${reference.id}`;
  }
  if (reference.type === "zone") return state.zones[reference.id]?.name ?? `zone ${reference.id}`;
  const intent = state.intents[reference.id] ?? state.shared[reference.id];
  return intent ? intentName(state, intent) : goneName(state, reference, kind);
}

function notices(state, actions) {
  const all = orderedNotices(state);
  const open = all.filter((notice) => notice.open);
  setText(at("n-notices"), `${open.length} open of ${all.length}${state.complete.notices === false ? " (more are not shown)" : ""}`);
  rows(at("notices"), all.map((notice) => {
    const names = [subjectName(state, notice.subject), ...notice.clashes.map((clash) => subjectName(state, clash.other))];
    return {
      key: notice.id,
      shows: [notice.answers.length, notice.open, notice.urgency, names, state.asked[notice.id] ?? null, partyName(state, notice.sender), state.selected === notice.id],
      make: () => noticeCard(state, notice, actions),
    };
  }), state.loaded.notices ? "No notice to you. " + NO_INFORMATION : "Asking …");
}

function noticeCard(state, notice, actions) {
  const ladder = ladderOf(notice);
  const of = (count) => (ladder.wanted ? `${count}/${ladder.wanted}` : String(count));
  const asked = state.asked[notice.id];
  const mayAnswer = state.session.roles.includes("acknowledge");
  const title = `notice-${notice.number}`;
  const clashes = notice.open ? notice.clashes.slice(0, 6) : [];
  const contacts = [...new Set(notice.clashes.filter((clash) => clash.contact).map((clash) => contactText(clash.contact)))];
  return h("article", { class: `card notice u-${notice.urgency} ${notice.open ? "" : "closed"}`, "aria-labelledby": title },
    h("p", { class: "line" },
      h("b", { id: title }, `${notice.urgency.toUpperCase()} · ${notice.number}`),
      notice.withdrawal ? h("span", { class: "tag" }, "WITHDRAWN") : null,
      notice.late ? h("span", { class: "tag bad" }, "LATE") : null,
      notice.heldBy.length ? h("span", { class: "tag strong" }, `HELD FOR ${plain(notice.heldBy.join(", "))}`) : null,
      h("span", { class: "age" }, `${utcShort(notice.issuedMs)} · `, aged("ago", notice.issuedMs))),
    h("p", { class: "what" },
      notice.subject && notice.subject.type !== "agreement" // which has no place on the map
        ? h("button", { type: "button", class: "link", "data-focus": `n${notice.id}`, onclick: () => actions.select(notice.subject.id) }, plain(subjectName(state, notice.subject), 60))
        : h("b", {}, plain(subjectName(state, notice.subject), 60)),
      ` v${notice.subject?.version ?? "?"}`,
      ...((notice.sender || !notice.subject) && !namesParty(state, subjectName(state, notice.subject), notice.sender) ? [" of ", swatch(notice.sender), plain(partyName(state, notice.sender), 60)] : [])),
    notice.open || !notice.clashes.length ? null : h("p", { class: "dim" }, `With: ${closedNames(state, notice)}`),
    h("ul", { class: "clashes" }, clashes.map((clash) => h("li", {},
      h("span", {}, clash.own ? plain(subjectName(state, clash.own), 40) : "", h("span", { class: "dim" }, " × "),
        plain(clash.other ? subjectName(state, clash.other) : clash.kind, 40),
        clash.otherParty ? h("span", { class: "dim" }, ` (${plain(clash.otherParty)})`) : null),
      h("span", { class: "num" }, overlapText(clash)))),
    clashes.length < notice.clashes.length && notice.open ? h("li", { class: "dim" }, `and ${notice.clashes.length - clashes.length} more`) : null),
    contacts.length && notice.open ? h("p", { class: "dim" }, `Call: ${plain(contacts.join("; "), 160)}`) : null,
    h("ol", { class: "ladder", "aria-label": "How far it has come" },
      step(ladder.received, "RECEIVED"),
      step(ladder.readBack && !ladder.misread, "READ-BACK", null, ladder.misread),
      step(ladder.wanted > 0 && ladder.passed >= ladder.wanted, "PASSED-DOWN", of(ladder.passed)),
      step(!notice.open || (ladder.wanted > 0 && ladder.loaded >= ladder.wanted), "LOADED", `${of(ladder.loaded)}${ladder.attested ? ", attested" : ""}`)),
    ladder.missing.length && notice.open ? h("p", { class: "missing" }, `Not reached: ${ladder.missing.map((unit) => plain(unit, 24)).join(", ")}`) : null,
    ladder.exits.map((answer) => h("p", { class: "missing" }, `${answer.verb}: ${plain(answer.reason, 140)}`)),
    notice.open && notice.answers.length ? h("ul", { class: "answers" }, notice.answers.slice(-6).map((answer) => h("li", {},
      h("span", { class: "num" }, utc(answer.timeMs)), ` ${answer.verb}`,
      answer.unit ? ` ${plain(answer.unit, 24)}` : "", answer.system ? ` in ${plain(answer.system, 24)}` : "",
      h("span", { class: "dim" }, answer.how ? ` ${answer.how}` : ""),
      answer.differences.length ? h("span", { class: "missing" }, ` off in ${answer.differences.map((d) => plain(`${d.field}: told ${d.told}, read ${d.read_back}`, 80)).join("; ")}`) : null))) : null,
    !notice.open ? h("p", { class: "dim" }, "Closed: every unit on its list has it, or a newer notice took its place.") : null,
    notice.open && !ladder.received && mayAnswer ? h("button", {
      type: "button", class: "do", "data-focus": `r${notice.id}`, disabled: asked === "asking",
      "aria-describedby": `${title}-s`, onclick: () => actions.received(notice.id),
    }, asked === "asking" ? "…" : "RECEIVED") : null,
    asked?.fault ? h("p", { class: "fault", role: "alert" }, plain(asked.fault, 200)) : null,
    notice.answers.length || (notice.open && mayAnswer) ? h("p", { class: "sentence", id: `${title}-s` }, notice.sentence ?? SENTENCE) : null);
}

/** What a closed notice was about, in a line. */
function closedNames(state, notice) {
  const names = notice.clashes.map((clash) => (notice.subject && clash.other?.id === notice.subject.id)
    ? subjectName(state, clash.own) : clash.other ? subjectName(state, clash.other) : clash.kind);
  return plain([...new Set(names)].join(", "), 160);
}

/** What the store beside the record has of whom to call, or only its reference. */

function overlapText(clash) {
  const { horizontalM, verticalM, timeS } = clash.gap;
  const window = `${utcShort(clash.startMs)}–${utcShort(clash.endMs)}`;
  if (horizontalM === 0 && verticalM === 0 && timeS === 0) return `overlap 0 m / 0 ft / 0 s, ${window}`;
  return `${gapText(clash.gap)}, ${window}`;
}

// Provisions of an agreement in words, from the text as it is signed: whole numbers with their unit
// in the name, places in 1e-9 degree. Nothing here says what the text does not say.

import { distance, duration, metresAndFeet, plain } from "./text.js";

export const KINDS = {
  NOTIFY: "each tells the others",
  CONSENT: "one asks, the party entitled answers",
  SEPARATION: "each keeps away",
};

export const TITLES = {
  line: "Line",
  "separation-table": "Distances from a line",
  "line-buffer": "Strip along a line",
  "moving-buffer": "Distance from what moves",
  between: "Distance between the parties' own intents",
  zone: "Agreed area",
  "lead-time": "Told before",
  acknowledgement: "Acknowledged within",
  liveness: "Calls",
  distribution: "Units that must have it",
  coverage: "Whom it binds",
  "graduated-response": "Steps of response",
  condition: "Condition",
  disclosure: "What is shown",
  stop: "STOP",
  languages: "Languages",
  consent: "Asked for before it is done",
  wording: "Agreed words",
  publish: "Told in public",
  counting: "Counted for the review",
  drills: "Drill messages",
  "read-back-test": "Read-back test",
};

/** The whole of a text as a node: what is signed, asked or given as a reason is never cut short. */
export const whole = (text) => document.createTextNode(plain(text, Infinity));

export const titleOf = (provision) => TITLES[provision.type] ?? provision.type;

const SIDES = { both: "on both sides of", left: "to the left of", right: "to the right of" };
const RULES = { "keep-out": "keep out of", notice: "tell before entering", "stand-off": "stand off from" };
const time = (us) => `${new Date(us / 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
const REFERENCES = { W84: "above the WGS84 ellipsoid", MSL: "above mean sea level", STD: "pressure altitude", AGL: "above ground" };

const utcOfDay = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 16);
const list = (names, none) => (names?.length ? names.map((each) => plain(each, Infinity)).join(", ") : none);
/** @type {(nd: number, letters: string) => string} */
const degrees = (nd, [plus, minus]) => `${(Math.abs(nd) / 1e9).toFixed(5)}° ${nd < 0 ? minus : plus}`;
const place = (latitude, longitude) => `${degrees(latitude, "NS")} ${degrees(longitude, "EW")}`;
const height = ({ value_mm: mm, reference }) => `${metresAndFeet(mm / 1000)} ${REFERENCES[reference] ?? reference}`;
const bound = (parties) => `bound: ${list(parties, "all parties")}`;
const whom = ({ kinds, actors }) => [
  ...(kinds?.length ? [`only for: ${list(kinds)}`] : []),
  ...(actors?.length ? [`only for: ${list(actors)}`] : []),
];
const noticed = ({ rule = "keep-out", notice_s: s = 0 }) =>
  `${RULES[rule] ?? rule}${rule === "notice" ? ` (${duration(s)} before)` : ""}`;
const armed = (is) => (is === undefined ? "" : is ? ", armed" : ", unarmed");

function footprint(shape) {
  return shape.type === "circle"
    ? `the area within ${distance(shape.radius_mm / 1000)} of ${place(shape.latitude_nd, shape.longitude_nd)}`
    : `an area with ${shape.vertices.length} corners, the first at ${place(...shape.vertices[0])}`;
}

const SAYS = {
  line: ({ points }) => [`${points.length} points, from ${place(...points[0])} to ${place(...points.at(-1))}`],
  "separation-table": ({ rows }) => rows.map((row) =>
    `${row.actor}${armed(row.armed)}: ${distance(row.distance_m)} from ${row.line}, ${SIDES[row.side ?? "both"]} it; ${bound(row.parties)}`),
  "line-buffer": (p) => [`${noticed(p)} ${distance(p.width_m)} ${SIDES[p.side ?? "both"]} ${p.line}`, ...whom(p), bound(p.parties)],
  "moving-buffer": (p) => [
    `${distance(p.radius_m)}${p.vertical_m === undefined ? "" : ` and ${metresAndFeet(p.vertical_m)} in height`} from each: ${list(p.round)}`,
    `whose: ${list(p.of, "any party's")}`,
  ],
  between: (p) => [
    `${distance(p.horizontal_m)} across, ${metresAndFeet(p.vertical_m)} in height, ${duration(p.time_s ?? 0)} in time`,
    ...whom(p),
    p.refuse ? "the later of two that are nearer is not taken" : "both are told of two that are nearer",
  ],
  zone: (p) => [
    `${noticed(p)} ${footprint(p.footprint)}`,
    `${height(p.lower)} to ${height(p.upper)}`,
    p.schedule ? `at: ${plain(p.schedule, Infinity)} (UTC)` : "at all times of the agreement",
    ...whom(p), bound(p.parties),
  ],
  "lead-time": (p) => [
    `each ${p.kind} ${duration(p.minimum_s)} before it starts`,
    ...(p.exceptions ?? []).map((each) => `${plain(each.reason, 60)}: ${duration(each.minimum_s)}`),
    ...whom(p),
  ],
  acknowledgement: (p) => [
    `${p.urgency}: within ${duration(p.within_s)}`,
    ...(p.ladder ?? []).map((each) => `not acknowledged after ${duration(each.after_s)}: ${each.to}`),
  ],
  liveness: (p) => [`every ${duration(p.every_s)}; ${duration(p.missed_after_s ?? 300)} late is missed`],
  distribution: (p) => [`${plain(p.party, 60)}: ${list(p.units)}`],
  coverage: (p) => [
    `the word of ${plain(p.party, 60)} binds: ${list(p.bound, "nobody named")}`,
    `it informs: ${list(p.informed, "nobody named")}`,
    `NOT COVERED: ${list((p.not_covered ?? []).map((each) => each.name), "nobody named, which does not mean nobody")}`,
  ],
  "graduated-response": (p) => [
    ...p.steps.map((each, i) =>
      `${i + 1}. ${plain(each.words, Infinity)}${each.times > 1 ? `, ${each.times} times` : ""}${each.after_s ? `, ${duration(each.after_s)} after the one before` : ""}`),
    "Held alike by both sides. No software selects a step.",
  ],
  condition: (p) => [
    plain(p.words, Infinity),
    `once declared: ${list(p.parties)} ${p.duty === "close" ? "close" : "widen"}${p.of ? ` ${p.of}` : ""} within ${duration(p.within_s)}`,
  ],
  disclosure: (p) => [
    `${plain(p.party, 60)} shows ${plain(p.to, 60)}: ${list(p.fields, "nothing")}`,
    ...(p.cell_nd ? [`places to ${(p.cell_nd / 1e9).toFixed(3)} degree`] : []),
    ...(p.time_step_s ? [`times to ${duration(p.time_step_s)}`] : []),
  ],
  stop: (p) => [plain(p.words, Infinity), p.excluded ? "A SUSPENSION TAKES THE STOP CHANNEL TOO" : "STOP stays usable, whatever is suspended"],
  languages: (p) => [`${list(p.tags)}; the first one counts`],
  consent: (p) => [
    plain(p.words, Infinity),
    `answered by: ${list(p.entitled)}${p.answer_within_s ? `, within ${duration(p.answer_within_s)}` : ""}`,
    "No answer is not consent.",
  ],
  publish: (p) => [
    `TO ANYBODY AT ALL, as ${plain(p.sender, Infinity)}: ${plain(p.area, Infinity)}`,
    ...(p.provisions?.length ? [`of this agreement: ${list(p.provisions)}`] : []),
    ...(p.rules?.length ? [`declared zones of the rules ${list(p.rules)}, of: ${list(p.of, "all parties")}; zones: ${list(p.zones, "all")}`] : []),
    `beside place, heights and times: ${list(p.fields, "nothing")}`,
    `from ${p.from_us === undefined ? "the beginning" : time(p.from_us)} to ${p.until_us === undefined ? "the end" : time(p.until_us)}`,
    p.cell_nd ? `places rounded outward to ${(p.cell_nd / 1e9).toFixed(3)} degree` : "places as they are",
    p.time_step_s ? `times rounded outward to ${duration(p.time_step_s)}` : "times as they are",
    "What was public cannot be recalled. No information is not clearance.",
  ],
  drills: (p) => [
    `every ${p.every_days} day${p.every_days === 1 ? "" : "s"} at ${utcOfDay(p.at_s)} UTC${p.window_s ? `, at a moment within ${duration(p.window_s)} that nobody is told before` : ""}`,
    `to: ${list(p.of, "all parties")}`,
    `what is not answered within ${duration(p.answer_within_s ?? 900)} is missed`,
    "A drill is no notice: nothing is told by it, and nothing follows from it.",
  ],
  "read-back-test": (p) => [
    `a key acknowledges for ${p.valid_days ?? 365} days after its holder passed the read-back test in the agreed languages`,
    "STOP, CANNOT-COMPLY and DISPUTED never wait for it.",
  ],
  counting: (p) => [
    ...p.counts.map((each) =>
      `${each.what}${each.episode_s ? `; what begins within ${duration(each.episode_s)} of the last one of the same party and object counts with it` : "; each counts"}`),
    `whose: ${list(p.of, "all parties'")}`,
    "Each counted item is listed, and can be contested.",
  ],
  wording: (p) => [plain(p.words, Infinity), "Nothing is enforced of this."],
};

/** What a provision says, a line for each thing. One of a newer kind is shown as it is. */
export function says(provision) {
  try {
    return SAYS[provision.type](provision);
  } catch {
    return [plain(JSON.stringify(provision), Infinity)];
  }
}

/** Two versions of a list of provisions beside each other, in the order of the newer one. */
export function beside(before, after) {
  const olds = new Map(before.map((each) => [each.id, each]));
  const pairs = after.map((each) => ({ id: each.id, before: olds.get(each.id) ?? null, after: each }));
  const kept = new Set(after.map((each) => each.id));
  return [...pairs, ...before.filter((each) => !kept.has(each.id)).map((each) => ({ id: each.id, before: each, after: null }))];
}

/** Whether a step of its ladder goes to a neutral, and what is said where the space has none. */
export const callsNeutral = (provision) => (provision.ladder ?? []).some((rung) => rung.to === "neutral");
export const NO_NEUTRAL = "A step of this ladder goes to a neutral, and this space has none: that step reaches nobody.";

// The form in which a party gives its own account, or gives it anew: six claims, each of which can be
// left out, words of its own, and who may read it. What was not touched is given again as it was.

import { choice, field } from "./answer.js";
import { audienceField } from "./audience.js";
import { stamp } from "./claims.js";
import { farFromArea } from "./faraway.js";
import { Wrong, againNode, askAgain, clearFault, farOutside, instantOf, numberOf, placeOf, showFault, wholeOf, wordsOf } from "./fields.js";
import { h, plain } from "./text.js";
import { knownThings, thingField } from "./things.js";
import { phrase, t } from "./words.js";

const YES = [["", t("not said")], ["yes", t("there was one")], ["no", t("there was none")]];

/** What the server names in an account, as a field of the form. */
const PATHS = [
  [/^when\.error_s/, "time_error"], [/^when/, "time"], [/altitude_error_m/, "height_error"], [/altitude/, "height"], [/error_m/, "error"], [/radius_m/, "radius"],
  [/(point|coordinates)\.0$/, "longitude"], [/^where/, "latitude"], [/identity\.unit/, "unit_name"], [/warned\.time/, "warned_time"], [/warned\.notice/, "notice"], [/^warned/, "warned"],
  [/^rule$/, "rule"], [/^damage/, "damage"],
];

/** seen: the incident; shapes: of its timeline. before: the account given last, or null. send(body)
 * signs it; close() takes the form away. */
export function accountForm({ context, others, before, send, close, seen, shapes = [] }) {
  const was = before ?? {};
  const { when, where, identity = {}, warned, rule, damage } = was;
  const state = context.state();
  const kept = where?.area && where.area.type !== "Point" ? where.area : null;
  const circle = where?.area?.type === "Point" ? where.area : null;
  const point = where?.point ?? circle?.coordinates ?? null;
  const text = (value) => (value === undefined || value === null || value === 0 ? "" : String(value));
  const line = (name, label, value, more = {}) => field(name, label, { value: text(value), maxlength: 200, ...more });
  const picked = (options, value) => { const made = choice(options); made.value = value; return made; };
  const audience = audienceField(t("Who may read it"), others, state, !before ? "own" : was.shown_to.length ? was.shown_to : "own");
  const known = knownThings(state, shapes);
  const told = thingField("intent", t("Told as"), { known: known.intent, value: identity.intent });
  const notice = thingField("notice", t("By the notice"), { known: known.notice, value: warned?.notice });
  const agreement = thingField("agreement", t("Which agreement"), {
    known: state.agreed.map((each) => [each.id, plain(each.title, 80)]), value: rule?.agreement, changed: (id) => chosen(id),
  });
  const provisions = h("datalist", { id: "provisions-known" });
  const items = h("div", { class: "items" });
  const add = (item = { of: "people", count: "", words: "" }) => items.append(damageRow(item));
  for (const item of damage ?? []) add(item);
  const fault = h("p", { class: "fault", role: "alert" });
  const sendIt = h("button", { type: "submit", class: "do" }, before ? t("Sign and give it anew") : t("Sign and give it"));
  const group = (title, ...inside) => h("fieldset", {}, h("legend", {}, title), h("div", { class: "fields" }, inside));
  const words = h("textarea", { rows: "6", maxlength: "10000", spellcheck: "false" });
  words.value = was.words ?? "";
  const form = h("form", { class: "answer", "aria-label": before ? t("Correct your account") : t("Give your account"), novalidate: true },
    h("h3", { tabindex: "-1", "data-first": true }, before ? t("Your account, given anew") : t("Your account")),
    h("p", { class: "dim" }, t("Each claim can be left out. All versions stay; whoever read an earlier one still has it.")),
    group(t("When, by your own clock"), line("time", t("Time, UTC"), when && stamp(when.time), { placeholder: "2026-01-10 09:12:30" }), line("time_error", t("may be off by, in seconds"), when?.error_s, { inputmode: "decimal" })),
    group(t("Where"),
      line("latitude", t("Latitude"), point?.[1], { placeholder: t("47.00 or 47 00 00 N") }), line("longitude", t("Longitude"), point?.[0], { placeholder: t("7.50 or 7 30 00 E") }),
      h("p", { class: "field" }, h("span", { class: "dim small" }, `${t("or")} `), h("button", { type: "button", class: "quiet", onclick: () => pick() }, t("Point at it on the map"))),
      line("radius", t("Within, in metres (left out: a point)"), circle?.radius_m, { inputmode: "decimal" }), line("error", t("may be off by, in metres"), where?.error_m, { inputmode: "decimal" }),
      kept ? h("p", { class: "field check" }, h("label", {}, h("input", { type: "checkbox", name: "kept", checked: true, "data-focus": "kept" }), ` ${t("The area as given before, with {count} corners", { count: kept.coordinates[0].length - 1 })}`)) : null,
      line("height", t("Height"), where?.altitude ? String(where.altitude.value) : "", { inputmode: "decimal" }), field("unit", t("in"), {}, picked([["M", "m"], ["FT", "ft"]], where?.altitude?.units ?? "M")),
      field("reference", t("above"), {}, picked([["W84", t("WGS84 ellipsoid")], ["MSL", t("mean sea level")], ["AGL", t("the ground")], ["STD", t("standard pressure")]], where?.altitude?.reference ?? "W84")),
      line("height_error", t("height may be off by, in metres"), where?.altitude_error_m, { inputmode: "decimal" })),
    group(t("What it was"), line("aircraft", t("Aircraft"), identity.aircraft), line("unit_name", t("Unit"), identity.unit), line("call_sign", t("Call sign"), identity.call_sign), told.nodes),
    group(phrase("Warning"), field("warned", phrase("Whether there was a warning"), {}, picked(YES, warned ? (warned.warned ? "yes" : "no") : "")), notice.nodes, line("warned_time", t("at, UTC"), warned?.time && stamp(warned.time))),
    group(t("Rule in force"), field("rule", t("Agreement"), {}, picked([["", t("not said")], ["none", t("none was in force")], ["this", t("this one:")]], rule ? (rule.agreement ? "this" : "none") : "")),
      agreement.nodes, line("version", t("Version"), rule?.version, { inputmode: "numeric" }), line("provision", t("Provision"), rule?.provision, { list: provisions.id }), provisions),
    h("fieldset", {}, h("legend", {}, t("Damage")), field("damage", t("What was damaged"), {}, picked([["", t("not said")], ["none", t("none")], ["these", t("this:")]], damage ? (damage.length ? "these" : "none") : "")), items,
      h("button", { type: "button", class: "quiet", onclick: () => { add(); form.elements.damage.value = "these"; } }, t("One more item"))),
    h("fieldset", {}, h("legend", {}, t("In your own words")), field("words", t("Words"), {}, words), line("language", t("Language (like en, or ar)"), was.language, { maxlength: 40 })),
    audience.node,
    h("p", { class: "sentence" }, t("It is signed with the key of this browser, and stands in your column as you give it.")),
    fault, h("p", { class: "line" }, sendIt, h("button", { type: "button", class: "quiet", onclick: close }, t("Leave it"))));

  /** An agreement that was picked brings its version, and its provisions to pick from. */
  function chosen(id) {
    const found = state.agreed.find((each) => each.id === id);
    if (id) form.elements.rule.value = "this";
    if (found) form.elements.version.value = String(found.version);
    provisions.replaceChildren(...(found?.provisions ?? []).map((each) => h("option", { value: each.id })));
  }

  const startMs = Date.parse(seen.start);
  const endMs = Date.parse(seen.end);
  const again = againNode();

  /** Whether a time or a place lies far outside of the incident, and that was not asked about yet. */
  function asked(body) {
    const far = farOutside([[t("Time, UTC:"), Date.parse(body.when?.time)], [phrase("Warning, at:"), Date.parse(body.warned?.time)]], startMs, endMs, [t("the incident begins"), t("the incident ends")]);
    const away = farFromArea(t("Where:"), body.where?.point ?? (body.where?.area?.type === "Point" ? body.where.area.coordinates : null), seen.area);
    const at = far ? (/^Warning/.test(far) ? "warned_time" : "time") : "latitude";
    return askAgain(again, form.elements[at], [far, away].filter(Boolean).join(". ") || null, t("It is meant: sign and give it"));
  }

  async function pick() {
    const [longitude, latitude] = await context.actions.pick();
    form.elements.latitude.value = latitude.toFixed(5);
    form.elements.longitude.value = longitude.toFixed(5);
    if (form.elements.kept) form.elements.kept.checked = false;
    context.go("incidents");
    form.elements.latitude.focus();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearFault(fault);
    sendIt.disabled = true;
    try {
      const picked = { intent: told.read(), notice: notice.read(), agreement: agreement.read() };
      const body = bodyOf(form, { was, kept, day: startMs, items, audience, picked });
      if (asked(body)) { sendIt.disabled = false; return; }
      await send(body);
    } catch (error) {
      sendIt.disabled = false;
      showFault(form, fault, error, PATHS);
    }
  });
  return form;
}

function damageRow({ of, count, words }) {
  const kind = choice([["people", "people"], ["objects", "objects"]]);
  kind.value = of;
  const row = h("div", { class: "fields one-row" }, field("of", t("Of"), {}, kind), field("count", t("How many"), { inputmode: "numeric", value: String(count) }), field("came", t("What came to them"), { value: words, maxlength: 200 }),
    h("p", { class: "field" }, h("button", { type: "button", class: "quiet", onclick: () => row.remove() }, t("Take it out"))));
  return row;
}

function fail(at, message) {
  throw new Wrong(at, message);
}

/** day: on which a time without a day is; picked: ids of what was picked. */
function bodyOf(form, { was, kept, day, items, audience, picked }) {
  const { elements } = form;
  const typed = (name) => picked[name] ?? elements[name].value.trim();
  const number = (name) => (typed(name) ? numberOf(elements[name], { unit: name === "time_error" ? t("it is in seconds") : t("it is in metres") }) : 0);
  const time = (name, given) => {
    if (given && stamp(given) === typed(name)) return given; // to its last fraction of a second
    return new Date(instantOf(elements[name], day)).toISOString();
  };
  const some = (pairs) => Object.fromEntries(pairs.filter(([, value]) => value !== "" && value !== 0 && value !== undefined));
  const body = { shown_to: audience.read() };
  if (typed("time")) body.when = { time: time("time", was.when?.time), ...some([["error_s", number("time_error")]]) };
  const where = whereOf();
  if (where) body.where = where;
  const identity = some([["aircraft", typed("aircraft")], ["unit", typed("unit_name")], ["call_sign", typed("call_sign")], ["intent", typed("intent")]]);
  if (Object.keys(identity).length) body.identity = identity;
  if (typed("warned")) {
    body.warned = { warned: typed("warned") === "yes", ...some([["notice", typed("notice")], ["time", typed("warned_time") && time("warned_time", was.warned?.time)]]) };
  } else if (typed("notice") || typed("warned_time")) fail("warned", phrase("Say whether there was a warning, or leave notice and time out."));
  if (typed("rule") === "this") {
    if (!typed("agreement")) fail("agreement", t("Say which agreement was in force."));
    body.rule = { agreement: typed("agreement"), ...some([["version", typed("version") && wholeOf(elements.version, { least: 1 })], ["provision", typed("provision")]]) };
  } else if (typed("agreement") || typed("version") || typed("provision")) fail("rule", t("An agreement is named: say that it is this one, or leave its fields out."));
  else if (typed("rule") === "none") body.rule = {};
  if (typed("damage") === "none") body.damage = [];
  if (typed("damage") === "these") {
    body.damage = [...items.children].map((row) => {
      const of = (name) => row.querySelector(`[name=${name}]`);
      return { of: of("of").value, count: wholeOf(of("count")), words: wordsOf(of("came"), t("say what came to them.")) };
    });
    if (!body.damage.length) fail("damage", t("Damage: give an item, or say none."));
  }
  if (elements.words.value.trim()) body.words = elements.words.value === was.words ? was.words : elements.words.value.trim();
  if (typed("language")) body.language = typed("language");
  return body;

  function whereOf() {
    const isKept = kept && elements.kept.checked;
    if (!isKept && !typed("latitude") && !typed("longitude")) {
      if (typed("height") || typed("radius")) fail("latitude", t("Where: give latitude and longitude too."));
      return null;
    }
    const height = typed("height");
    const of = isKept ? { area: kept } : pointOf();
    return {
      ...of, ...some([["error_m", number("error")], ["altitude_error_m", number("height_error")]]),
      ...(height ? { altitude: { value: numberOf(elements.height, { least: -Infinity, unit: t("the unit is chosen beside it") }), units: elements.unit.value, reference: elements.reference.value } } : {}),
    };
  }

  function pointOf() {
    const place = placeOf(elements.latitude, elements.longitude);
    return typed("radius") ? { area: { type: "Point", coordinates: place, radius_m: number("radius") } } : { point: place };
  }
}

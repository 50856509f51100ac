// The form that opens an incident, by hand or from what the reader's own stream proposes. Nothing is
// opened by itself.

import { field } from "./answer.js";
import { partiesField } from "./audience.js";
import { areaText, moment } from "./claims.js";
import { partyName } from "./dom.js";
import { Wrong, againNode, askAgain, clearFault, endOf, farOutside, instantOf, numberOf, placeOf, showFault, wordsOf } from "./fields.js";
import { stopLine } from "./stopsread.js";
import { h, plain, utcDate, utcShort } from "./text.js";
import { thingsField } from "./things.js";
import { t } from "./words.js";

const HOUR_MS = 3600000;
const YEAR_MS = 366 * 24 * HOUR_MS;

/** What the server names, as a field of the form. */
const PATHS = [[/area.*radius/, "radius"], [/coordinates\.0$/, "longitude"], [/area/, "latitude"], [/subjects/, "subjects"]];

/** proposal: as the API gives it, or null. send(body, subjects) opens it; close() takes it away. */
export function openingForm({ context, proposal, send, close }) {
  const state = context.state();
  const others = Object.keys(state.parties).filter((each) => each !== context.session.party).sort();
  const given = proposal?.open ?? { title: "", parties: [], observers: [] };
  const now = context.now();
  const minute = (ms) => `${utcDate(ms)} ${utcShort(ms).slice(0, 5)}`;
  const start = minute(given.start ? Date.parse(given.start) : now - HOUR_MS);
  const end = minute(given.end ? Date.parse(given.end) + 59999 : now);
  const parties = partiesField(t("Parties to it"), others, state, given.parties);
  const observers = partiesField(t("Observers"), others, state, given.observers ?? []);
  const isShape = given.area && given.area.type !== "Point" ? given.area : null;
  const circle = given.area?.type === "Point" ? given.area : null;
  const fault = h("p", { class: "fault", role: "alert" });
  const things = thingsField(t("What it is about; read by you alone"), state, proposal?.subjects ?? []);
  const again = againNode();
  const text = (value) => (value === undefined ? "" : String(value));
  const form = h("form", { class: "answer", "aria-label": t("Open an incident"), novalidate: true },
    h("h3", { tabindex: "-1" }, t("Open an incident")),
    h("p", { class: "dim" }, t("Who is named learns that it is there, and reads its title; nobody else does. Nobody can be taken out again.")),
    proposal ? h("p", { class: "dim" }, t("Filled with what your stream says, and ten minutes before and after it. Change what you like.")) : null,
    h("div", { class: "fields" },
      field("title", t("Title, in neutral words"), { class: "long", maxlength: 200, value: readable(given.title) }),
      field("start", t("From, UTC"), { value: start }), field("end", t("To, UTC"), { value: end }),
      field("latitude", t("Where: latitude, if you like"), { value: text(circle?.coordinates[1]) }), field("longitude", t("Longitude"), { value: text(circle?.coordinates[0]) }), field("radius", t("Within, in metres"), { value: text(circle?.radius_m), inputmode: "decimal" }),
      h("p", { class: "field" }, h("span", { class: "dim small" }, `${t("or")} `), h("button", { type: "button", class: "quiet", onclick: () => pick() }, t("Point at it on the map"))),
      isShape ? h("p", { class: "dim" }, t("Where, as proposed: {area}", { area: areaText(isShape) })) : null),
    parties.node, observers.node,
    h("p", { class: "field check" }, h("label", {}, h("input", { type: "checkbox", name: "observes", "data-focus": "observes" }), ` ${t("My own column is an observer's")}`)),
    things.node,
    fault, h("p", { class: "line" }, h("button", { type: "submit", class: "do" }, t("Open it")), h("button", { type: "button", class: "quiet", onclick: close }, t("Leave it"))));

  async function pick() {
    const [longitude, latitude] = await context.actions.pick();
    form.elements.latitude.value = latitude.toFixed(5);
    form.elements.longitude.value = longitude.toFixed(5);
    context.go("incidents");
    form.elements.radius.focus();
  }

  function read() {
    const typed = (name) => form.elements[name].value.trim();
    const { elements } = form;
    const startMs = instantOf(elements.start, now);
    const body = {
      title: wordsOf(elements.title, t("give a title.")), start: new Date(startMs).toISOString(), end: new Date(endOf(elements.end, startMs)).toISOString(), parties: parties.read(),
    };
    const watching = observers.read();
    const both = observers.boxes.find((box) => box.checked && body.parties.includes(box.value));
    if (both) throw new Wrong(both, t("{party} is ticked as a party and as an observer: tick it in one of the two.", { party: plain(partyName(state, both.value), 60) }));
    if (watching.length) body.observers = watching;
    if (form.elements.observes.checked) body.observes = true;
    if (typed("latitude") || typed("longitude")) {
      body.area = {
        type: "Point", coordinates: placeOf(elements.latitude, elements.longitude), radius_m: numberOf(elements.radius, { unit: t("it is in metres") }),
      };
    } else if (isShape) body.area = isShape;
    return body;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearFault(fault);
    try {
      const body = read();
      const far = farOutside([[t("From"), Date.parse(body.start)], [t("To"), Date.parse(body.end)]], now - YEAR_MS, now, [t("a year ago"), t("now")]);
      if (askAgain(again, form.elements.start, far, t("It is meant: open it"))) return;
      await send(body, await things.read(context.api));
    } catch (error) {
      showFault(form, fault, error, PATHS);
    }
  });
  return form;
}

/** A title without fractions of a second. */
const readable = (title) => title.replace(/(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z/g, "$1 $2Z");

const KINDS = { conflict: t("conflict of intents"), separation: t("distance"), incursion: t("incursion"), departure: t("departure from an own intent"), harm: t("report of harm") };

const FILL = [t("Fill the form with it …"), t("Fill the form with it for another …")];

/** A proposal as a row: what the stream says of it, and a button that fills the form with it. stop: the
 * STOP that it is, where the page has it; opened: incidents that the reader said to be about it. */
export const proposalRow = (state, each, { stop, opened, fill }) => h("div", { class: "row-like", "data-proposal": each.subject },
  h("p", {}, stop ? stopLine(state, stop) : [
    h("b", {}, plain(KINDS[each.kind] ?? each.kind, 60)), " ", h("span", { class: "num" }, moment(each.first)), each.last === each.first ? "" : h("span", { class: "num" }, ` ${t("to {time}", { time: moment(each.last) })}`)]),
  h("p", { class: "dim" }, each.open.parties.length ? t("with {parties}", { parties: each.open.parties.map((party) => plain(partyName(state, party), 60)).join(", ") }) : t("with nobody who is shown to you")),
  opened.map(({ id, title }) => h("p", {}, `${t("opened:")} `, h("a", { href: `#/incidents/${encodeURIComponent(id)}`, "data-focus": `opened ${id}` }, plain(title, 80)))),
  h("p", {}, h("button", { type: "button", class: "quiet", "data-focus": `fill ${each.subject}`, "aria-label": `${FILL[Number(opened.length > 0)]} ${plain(KINDS[each.kind] ?? each.kind, 60)} ${moment(each.first)}`, onclick: fill }, FILL[Number(opened.length > 0)])));

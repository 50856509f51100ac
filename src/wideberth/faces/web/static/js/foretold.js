// What each other party will see of a draft, byte by byte, as the server would answer it; and the
// same in words. Nothing is told by looking.

import { partyName, swatch } from "./dom.js";
import { dayTime } from "./meets.js";
import { limitText } from "./shape.js";
import { duration, h, plain } from "./text.js";
import { t, tn } from "./words.js";

const SEES = {
  whole: () => t("sees all of it"),
  part: () => t("sees a part, as was agreed"),
  "on-conflict": () => t("sees nothing, unless it meets something of theirs"),
  nothing: () => t("sees nothing, and learns nothing"),
};

const ON_CONFLICT = () => t("Then it learns the kind, the cells of the agreed grid that both touch, the time and heights that both share, and whom to call.");

function asShown(shown) {
  const named = [
    [t("call sign"), shown.call_sign], [t("place"), shown.place_name], [t("kind"), shown.kind], [t("state"), shown.state],
    [t("priority"), shown.priority], [t("where the place is from"), shown.provenance?.source],
  ].filter(([, value]) => value !== undefined && value !== null && value !== "");
  return h("dl", { class: "shown-as" },
    named.map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, plain(value, 100)))),
    (shown.volumes ?? []).slice(0, 6).map((each, i) => h("div", {}, h("dt", {}, t("volume {number}", { number: i + 1 })),
      h("dd", { class: "num" }, shapeText(each.footprint), ` · ${limitText(each.lower)} – ${limitText(each.upper)}`,
        each.start ? ` · ${dayTime(Date.parse(each.start))} – ${dayTime(Date.parse(each.end))}` : ` · ${t("times are not shown")}`))),
    (shown.volumes ?? []).length > 6 ? h("div", {}, h("dt", {}, ""), h("dd", {}, tn(shown.volumes.length - 6, "and {count} volume more", "and {count} volumes more"))) : null,
    shown.withheld?.length ? h("div", {}, h("dt", {}, t("not shown")), h("dd", {}, shown.withheld.map((each) => plain(each).replaceAll("_", " ")).join(", "))) : null,
    shown.coarsened ? h("div", {}, h("dt", {}, t("made coarse")), h("dd", {}, plain(shown.coarsened.words, 200))) : null);
}

const shapeText = (shape) => (shape.type === "Point"
  ? t("circle of {radius} m", { radius: Math.round(shape.radius_m).toLocaleString("en") })
  : tn(shape.coordinates[0].length - 1, "{count} corner", "{count} corners"));

/** One entry for each party. show(footprints or null): put what it sees on the map. */
export function foretoldList(state, answer, show) {
  const nodes = answer.seen_by.map((seen) => {
    const shown = seen.bytes ? JSON.parse(seen.bytes) : null;
    const only = { declared: t("Only where it touches what they subscribed to."), needed: t("Only where they need it: this space gives by need.") }[seen.only];
    return h("details", { class: "foretold" },
      h("summary", {}, swatch(seen.party), h("b", {}, plain(partyName(state, seen.party), 60)), " ", h("span", { class: seen.sees === "whole" || seen.sees === "part" ? "" : "dim" }, SEES[seen.sees]())),
      only ? h("p", { class: "dim" }, only) : null,
      seen.delay_s ? h("p", { class: "dim" }, t("Not before {time} after it is told.", { time: duration(seen.delay_s) })) : null,
      seen.sees === "on-conflict" ? h("p", { class: "dim" }, ON_CONFLICT()) : null,
      shown ? [asShown(shown),
        shown.volumes?.length ? h("button", { type: "button", class: "quiet", onclick: () => show(shown.volumes) }, t("Show theirs on the map")) : null,
        h("details", { class: "log" }, h("summary", {}, t("Byte by byte")), h("pre", { class: "num bytes", tabindex: "0", translate: "no" }, document.createTextNode(plain(seen.bytes, Infinity))))] : null);
  });
  return h("div", {}, nodes.length ? nodes : h("p", { class: "none" }, t("There is no other party in this space.")),
    h("p", { class: "dim small" }, t("id and ovn are made when it is told, and stand here as “id” and “ovn”.")));
}

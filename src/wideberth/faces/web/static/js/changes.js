// What differs between two versions, in words: the server gives each field as it was and as it is,
// and what has parts inside (volumes) as JSON with the unit in each name.

import { h, metresAndFeet, plain, utcDate, utcShort } from "./text.js";
import { t } from "./words.js";

const MOST = 12;
const NAMES = { vertices: "vertex", value: "height", lower: "lower", upper: "upper", start: "begin", end: "end", footprint: "", volumes: "volume" };

/** List items: the field, what it was, what it is. */
export function changeItems(changes) {
  const all = changes.flatMap(parts);
  const items = all.slice(0, MOST).map(({ field, before, after }) => h("li", {},
    h("b", {}, `${plain(field, 80)}: `), h("del", {}, plain(before, 120) || t("nothing")), " → ", h("ins", {}, plain(after, 120) || t("nothing"))));
  if (all.length > MOST) items.push(h("li", { class: "dim" }, t("and {count} more", { count: all.length - MOST })));
  return items;
}

/** A change of something with parts, as the changes of its parts. */
function parts(change) {
  const [before, after] = [parsed(change.before), parsed(change.after)];
  if (!before || !after) return [change];
  const found = [];
  compare(before, after, [change.field], found);
  return found.length ? found : [change];
}

function parsed(text) {
  if (!/^[[{]/.test(String(text))) return null;
  try { return JSON.parse(text); } catch { return null; }
}

function compare(before, after, path, found) {
  if (!isPoint(path) && isTree(before) && isTree(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) compare(before[key], after[key], [...path, key], found);
  } else if (JSON.stringify(before) !== JSON.stringify(after)) {
    const unit = isPoint(path) ? "point" : /_(nd|mm|us)$/.exec(String(path.at(-1)))?.[1];
    found.push({ field: named(path), before: said(before, unit), after: said(after, unit) });
  }
}

/** A vertex of a polygon: latitude and longitude, in 1e-9 degree. */
const isPoint = (path) => /^vertices/.test(String(path.at(-2)));

const isTree = (value) => value !== null && typeof value === "object";

/** "volume 1, upper height" of volumes, 0, upper, value_mm. */
function named(path) {
  const words = path.map((part) => {
    const bare = String(part).replace(/_(nd|mm|us)$/, "");
    return /^\d+$/.test(bare) ? `${Number(bare) + 1},` : (NAMES[bare] ?? bare.replace(/_/g, " "));
  });
  return words.filter(Boolean).join(" ").replace(/,$/, "");
}

function said(value, unit) {
  if (value === undefined || value === null) return "nothing";
  if (unit === "point") return value.map((each) => `${(each / 1e9).toFixed(6)}°`).join(", ");
  if (isTree(value)) return JSON.stringify(value);
  if (unit === "mm") return metresAndFeet(value / 1000);
  if (unit === "nd") return `${(value / 1e9).toFixed(6)}°`;
  if (unit === "us") return `${utcDate(value / 1000)} ${utcShort(value / 1000)}`;
  return String(value);
}

// Lists that may be very long: of those only the rows that are in view, and some around them, stand in
// the page; what is above and below is room of about their height.

import { rows } from "./dom.js";
import { h } from "./text.js";

const ALL_UP_TO = 120; // rows: a list of so many stands in the page whole
const AROUND = 12; // rows above and below those that are in view
const ROW_PX = 58; // until some were measured

/** Put items into a list. describe(item) gives its row as rows() has it: {key, shows, make}. */
export function longRows(container, items, describe, empty) {
  const held = (container.long ??= watch(container));
  Object.assign(held, { items, describe, empty });
  draw(container, held);
}

function watch(container) {
  const held = { rowPx: ROW_PX, from: 0, to: 0 };
  let asked = false;
  container.addEventListener("scroll", () => {
    if (asked || held.items.length <= ALL_UP_TO) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; draw(container, held); });
  }, { passive: true });
  return held;
}

function draw(container, held) {
  const { items, describe, empty } = held;
  if (items.length <= ALL_UP_TO) {
    held.room = null;
    rows(container, items.map(describe), empty);
    return;
  }
  const [top, height] = [container.scrollTop, container.clientHeight || 400];
  const first = Math.max(0, Math.min(items.length - 1, Math.floor(top / held.rowPx) - AROUND));
  const last = Math.min(items.length, Math.ceil((top + height) / held.rowPx) + AROUND);
  // What is room for is set before the rows change: between, nothing is higher than it was.
  held.room ??= { above: h("div", { "aria-hidden": "true" }), below: h("div", { "aria-hidden": "true" }) };
  for (const [name, count] of [["above", first], ["below", items.length - last]]) held.room[name].style.height = `${Math.round(count * held.rowPx)}px`;
  const room = (name) => ({ key: name, shows: [], make: () => held.room[name] });
  rows(container, [room("above"), ...items.slice(first, last).map(describe), room("below")], empty);
  const made = [...container.children].slice(1, -1);
  // Measured once: a height that changed while it is scrolled would move what is read.
  if (!held.measured && made.length > AROUND) {
    const px = made.reduce((sum, node) => sum + node.offsetHeight, 0) / made.length;
    if (px > 10) { held.measured = true; held.rowPx = px; }
  }
}

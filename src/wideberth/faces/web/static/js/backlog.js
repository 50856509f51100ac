// How much lies there, unread, between this party and others, beside the ceilings that were set. A
// figure to see: nothing waits, and nothing is held back, for any of it.

import { aged, setText } from "./dom.js";
import { h, plain } from "./text.js";
import { phrase, t } from "./words.js";

export class Backlog {
  constructor(root) {
    this.shown = null;
    this.line = h("summary", { id: "backlog-own" });
    this.body = h("div", {});
    root.replaceChildren(h("details", { class: "small" }, this.line, this.body));
  }

  update(state) {
    if (state.backlog === this.shown && this.line.textContent) return;
    this.shown = state.backlog;
    const { own, counterparts, method } = state.backlog ?? {};
    setText(this.line, own ? phrase("To you: {says}. Urgent ones (immediate, of a hazard, ALL-CLEAR) are not counted here", { says: says(own) }) : t("How much lies unread: not counted yet"));
    const rows = [];
    for (const { party, received, sent } of counterparts ?? []) {
      if (received) rows.push(row(t("from {party}", { party: plain(party, 60) }), received));
      if (sent) rows.push(row(t("to {party}", { party: plain(party, 60) }), sent));
    }
    this.body.replaceChildren(
      own?.oldestMs ? h("p", {}, `${t("The oldest unread one came")} `, aged("ago", own.oldestMs, { class: "num" })) : "",
      h("ul", { id: "backlog-others" }, rows),
      h("p", { class: "dim" }, (method ?? "").split(/(?<=\.) /).map((each) => `${each} `)),
    );
  }
}

const row = (whose, load) => h("li", { class: load.over || load.passed ? "bad" : "" }, `${whose}: ${says(load)}`);

function says(load) {
  const ceiling = load.ceiling === null ? "" : ` ${t("of at most {ceiling}{what}", { ceiling: load.ceiling, what: load.passed ? ", PASSED" : "" })}`;
  const week = load.week === null ? t("no week of the past yet") : t("{week} acknowledged in a week of the past", { week: load.week });
  return t("{unread} unread{what}; {notices} in seven days{ceiling}; {week}", { unread: load.unread, what: load.over ? ", MORE THAN USUAL" : "", notices: load.notices, ceiling, week });
}

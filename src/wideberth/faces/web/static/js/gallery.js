// The templates that come with the program: where each one's numbers come from, with whom, how long.

import { field } from "./answer.js";
import { Wrong, clearFault, showFault, wholeOf } from "./fields.js";
import { KINDS } from "./provisions.js";
import { h, plain } from "./text.js";
import { t } from "./words.js";

/** choose(template, others, days) goes on with one of them, filled in. */
export function gallery({ templates, parties, choose, close }) {
  const fault = h("p", { class: "fault", role: "alert" });
  const form = h("form", { class: "answer gallery", "aria-label": t("New agreement"), novalidate: true },
    h("h4", {}, t("New agreement, from a template")),
    h("p", {}, t("Numbers as they were published. Lines and areas are placeholders: put in your own before you propose it.")),
    h("fieldset", {}, h("legend", {}, t("With whom")),
      parties.toSorted((a, b) => Number(Boolean(a.neutral)) - Number(Boolean(b.neutral))).map((each) => h("label", { class: "mark-one" }, h("input", { type: "checkbox", name: "with", value: each.id }), ` ${plain(each.name ?? each.id, 60)}${each.neutral ? ` ${t("(neutral)")}` : ""}`))),
    h("div", { class: "fields" }, field("days", t("Lasts, days (up to 120)"), { inputmode: "numeric", value: "90" })),
    h("div", { class: "templates" }, templates.map((each) => h("div", { class: "card" },
      h("p", {}, h("b", {}, plain(each.title, 120)), " ", h("span", { class: `tag kind k-${each.kind}` }, each.kind), ` ${KINDS[each.kind] ?? ""}`),
      h("p", { class: "dim" }, plain(each.source, 300)), h("p", {}, plain(each.note, 600)),
      h("button", { type: "submit", class: "do other", value: each.name, "data-template": each.name }, t("Fill it in"))))),
    fault, h("p", { class: "line" }, h("button", { type: "button", class: "quiet", onclick: close }, t("Leave it"))));
  form.addEventListener("submit", async (event) => {
    event.preventDefault(); // Enter in a field fills in the first template, as its button does
    const others = [...form.querySelectorAll("input[name=with]")].filter((each) => each.checked).map((each) => each.value);
    clearFault(fault);
    try {
      if (!others.length) throw new Wrong(form.querySelector("input[name=with]") ?? form.elements.days, t("Mark with whom."));
      await choose(event.submitter.value, others, wholeOf(form.elements.days, { least: 1, most: 120 }));
    } catch (error) {
      showFault(form, fault, error);
    }
  });
  return form;
}

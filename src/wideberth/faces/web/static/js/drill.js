// A drill message: what the API says of it, how it is shown hop by hop, and how one that waits for
// the reader is answered. It is no notice, stands in no inbox, and nothing follows from it.

import { patiently } from "./api.js";
import { choice, field } from "./answer.js";
import { aged, partyName, rows } from "./dom.js";
import { smallForm } from "./life.js";
import { drillOf } from "./shape.js";
import { duration, h, plain, utc, utcDate, utcShort } from "./text.js";
import { t } from "./words.js";

export const NO_NOTICE = t("A drill message is no notice: nothing follows from it but its answer.");

/** Every hop in the order of the ladder: {hop, unit, said}; said: null where nobody has said it. */
export function ladderOf(drill) {
  const of = (hop, unit = null) => ({ hop, unit, said: drill.hops.find((each) => each.hop === hop && each.unit === unit) ?? null });
  const below = drill.units.flatMap((unit) => {
    const [passed, loaded] = [of("PASSED-DOWN", unit), of("LOADED", unit)];
    return passed.said || !loaded.said ? [passed, loaded] : [loaded]; // what was loaded was passed down
  });
  const taken = of("TAKEN");
  return [...(taken.said ? [taken] : []), of("RECEIVED"), of("READ-BACK"), ...below];
}

/** What is asked for next of its recipient; null: nothing. */
export function nextOf(drill) {
  const [next] = ladderOf(drill).filter((each) => !each.said);
  return next ?? null;
}

const seconds = (s) => (s < 100 ? `${s.toFixed(1)}\u00a0s` : duration(s));

/** Every hop on a line: after how long, over what, and what was missed or came late. */
export function hopTable(drill) {
  const lines = ladderOf(drill).map(({ hop, unit, said }) => {
    const missed = drill.state === "missed" && !said && hop !== "PASSED-DOWN";
    const mark = said ? (said.late ? "▲" : "■") : missed ? "✕" : "□";
    const how = hop === "TAKEN" ? t("by {by}: its software has it, and no person yet", { by: plain(said.by, 20) }) : said?.by ? t("by {by}", { by: plain(said.by, 20) }) : "";
    return h("tr", { class: missed || said?.late ? "bad" : said ? "done" : "" },
      h("th", { scope: "row" }, h("span", { "aria-hidden": "true" }, `${mark} `), hop, unit ? ` ${plain(unit, 40)}` : ""),
      h("td", { class: "num", title: said ? `${utcDate(said.timeMs)} ${utc(said.timeMs)}` : null },
        said ? t("after {seconds}", { seconds: seconds(said.afterS) }) : missed ? t("MISSED") : hop === "PASSED-DOWN" ? t("not said") : t("waits")),
      h("td", {}, said?.late ? h("b", {}, `${t("LATE")} `) : null, how));
  });
  return h("table", { class: "hops" }, h("caption", { class: "sr" }, t("Each hop, and how long after the drill was sent")),
    h("thead", { class: "sr" }, h("tr", {}, h("th", { scope: "col" }, t("Hop")), h("th", { scope: "col" }, t("When")), h("th", { scope: "col" }, t("How")))),
    h("tbody", {}, lines));
}

const STATES = { waiting: t("waits"), answered: t("answered"), missed: t("MISSED") };

/** To whom, from whom, and how it stands. */
export function drillHead(state, drill) {
  const from = drill.by ? plain(partyName(state, drill.by), 60) : drill.agreement ? t("as was agreed ({provision})", { provision: plain(drill.provision, 40) }) : t("the host");
  return [
    h("p", { class: "line" }, h("b", { class: "kind", id: `drill-${drill.id}` }, t("DRILL")), h("span", { class: `tag ${drill.state === "missed" ? "bad" : ""}` }, STATES[drill.state]),
      h("span", {}, `${t("to")} `, h("b", {}, plain(partyName(state, drill.recipient), 60)), t(", by {from}", { from })),
      h("span", { class: "age" }, `${utcDate(drill.sentMs)} ${utcShort(drill.sentMs)}, `, aged("ago", drill.sentMs))),
    drill.state === "waiting" ? h("p", { class: "dim" }, `${t("Answers are waited for until {time},", { time: utcShort(drill.dueMs) })} `, aged("within", drill.dueMs, { class: "num" }), ".") : null,
  ];
}

const SAYS = {
  "READ-BACK": t("Type the word of the drill message."),
  "PASSED-DOWN": t("Pass it down as you would a notice, and say to which unit it came."),
  LOADED: t("The unit has it where it works."),
};

/** Cards of drill messages to the reader, each with its answers. A redraw leaves a form alone. */
export class DrillAnswers {
  /** signing(): whether this browser can sign; done(): called after an answer. */
  constructor(box, context, { empty, signing, done }) {
    this.box = box;
    this.context = context;
    this.empty = empty;
    this.signing = signing;
    this.done = done;
    this.forms = new Map(); // drill id: {verb, node}
    this.faults = new Map();
    this.sending = new Set(); // drills of which RECEIVED is on its way
    this.drills = [];
  }

  update(drills) {
    this.drills = drills;
    const here = this.box.contains(document.activeElement);
    for (const id of this.forms.keys()) if (!drills.some((drill) => drill.id === id)) this.forms.delete(id);
    rows(this.box, drills.map((drill) => ({ key: drill.id, shows: "", make: () => h("article", { class: "card drill", "aria-labelledby": `${this.box.id}-${drill.id}` }, h("div", {}), h("div", {})) })), this.empty);
    for (const drill of drills) this.#fill(drill);
    if (here && !this.box.contains(document.activeElement)) this.#goOn(this.box);
  }

  /** What had the focus is gone: to what is asked for next, or to where the view begins. */
  #goOn(within) {
    (within.querySelector(".do.next") ?? this.box.closest(".view").querySelector("[data-first]"))?.focus({ preventScroll: true });
  }

  #fill(drill) {
    const [body, slot] = this.box.querySelector(`[data-key="${CSS.escape(drill.id)}"]`).children;
    const form = this.forms.get(drill.id);
    if (form && slot.firstChild !== form.node) slot.replaceChildren(form.node);
    if (!form && slot.firstChild) slot.replaceChildren();
    const state = this.context.state();
    const here = body.contains(document.activeElement);
    rows(body, [{
      key: "body", shows: [drill, form?.verb, this.faults.get(drill.id), this.signing(), partyName(state, drill.by), partyName(state, drill.recipient)],
      make: () => this.#body(state, drill, form),
    }], "");
    if (here && !body.contains(document.activeElement)) this.#goOn(body);
  }

  #body(state, drill, form) {
    const [head, ...rest] = drillHead(state, drill);
    head.querySelector(".kind").id = `${this.box.id}-${drill.id}`;
    return h("div", {}, head, rest,
      drill.word ? h("p", {}, `${t("Word to be read back:")} `, h("b", { class: "num word" }, plain(drill.word, 20))) : null,
      hopTable(drill), this.#actions(drill, form), h("p", { class: "sentence" }, NO_NOTICE));
  }

  #actions(drill, form) {
    if (!this.context.session.roles.includes("acknowledge")) return h("p", { class: "dim" }, t("Your role reads; it does not answer."));
    const open = ladderOf(drill).filter((each) => !each.said);
    const verbs = [...new Set(open.map((each) => each.hop))];
    const next = nextOf(drill)?.hop;
    return h("div", { class: "actions", role: "group", "aria-label": t("Answer the drill message") },
      verbs.map((verb) => h("button", {
        type: "button", class: `do ${verb === next ? "next" : "other"}`, "data-focus": `${verb}-${drill.id}`,
        disabled: verb !== "RECEIVED" && !this.signing(), title: verb !== "RECEIVED" && !this.signing() ? t("This browser cannot sign yet") : null,
        "aria-expanded": verb === "RECEIVED" ? null : String(form?.verb === verb), onclick: () => this.#act(drill, verb),
      }, verb)),
      this.faults.has(drill.id) ? h("p", { class: "fault", role: "alert" }, plain(this.faults.get(drill.id), 240)) : null);
  }

  async #act(drill, verb) {
    if (verb === "RECEIVED") {
      if (this.sending.has(drill.id)) return;
      this.sending.add(drill.id);
      this.faults.delete(drill.id);
      try {
        await this.#say(drill, { verb });
      } catch (error) {
        this.faults.set(drill.id, error.message);
        this.update(this.drills);
      }
      this.sending.delete(drill.id);
      return;
    }
    if (this.forms.get(drill.id)?.verb === verb) { this.#close(drill, verb); return; }
    const units = ladderOf(drill).filter((each) => each.hop === verb && !each.said).map((each) => each.unit);
    const inside = verb === "READ-BACK"
      ? field("word", t("Word"), { maxlength: 20, autocapitalize: "characters" })
      : field("unit", t("Unit"), {}, choice(units.map((unit) => [unit, plain(unit, 40)])));
    const node = smallForm(SAYS[verb], t("Send {verb}", { verb }), inside, (elements) => {
      const said = (elements.word ?? elements.unit).value.trim();
      if (!said) throw new RangeError(t("Type the word."));
      return this.#say(drill, { verb, ...(verb === "READ-BACK" ? { word: said } : { unit: said }) });
    }, () => this.#close(drill, verb));
    this.forms.set(drill.id, { verb, node });
    this.update(this.drills);
    node.querySelector("input, select")?.focus();
  }

  #close(drill, verb) {
    this.forms.delete(drill.id);
    this.update(this.drills);
    const opener = this.box.querySelector(`[data-focus="${CSS.escape(`${verb}-${drill.id}`)}"]`);
    if (opener) opener.focus();
    else this.#goOn(this.box);
  }

  /** Signed where this browser can; RECEIVED takes the token alone, as of a notice. */
  async #say(drill, body) {
    const { api, signer } = this.context;
    const path = `/api/v1/drills/${encodeURIComponent(drill.id)}/answers`;
    const key = crypto.randomUUID();
    const told = this.signing()
      ? await signer.post(path, "AnswerDrill", { drill: drill.id, ...body })
      : await patiently(() => api.post(path, body, key), { stopped: () => this.context.api !== api });
    this.done(drillOf(told.drill));
  }
}

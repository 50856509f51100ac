// The view of drills: messages that measure the way down to the unit and back, and the read-back test.
// None of them is a notice; what is not reached in time is missed, and named.

import { choice, field } from "./answer.js";
import { partyName, rows, setText } from "./dom.js";
import { Wrong, clearFault, showFault } from "./fields.js";
import { DrillAnswers, NO_NOTICE, drillHead, hopTable } from "./drill.js";
import { ReadBackTest } from "./readback.js";
import { drillOf } from "./shape.js";
import { SigningPanel } from "./signing.js";
import { h, plain, utcShort } from "./text.js";
import { t } from "./words.js";

const AGAIN_MS = 15000; // that a way took one has no event
const PAGE = 50;

export function mount(root, context) {
  return new Drills(root, context);
}

class Drills {
  constructor(root, context) {
    this.root = root;
    this.context = context;
    this.drills = [];
    this.more = null;
    this.pages = 1;
    this.loaded = false;
    this.wanted = false;
    this.names = "";
    const box = (id) => h("div", { class: "cards", id });
    this.list = box("drills");
    this.sentence = h("p", { class: "sentence" }, NO_NOTICE);
    this.fault = h("p", { class: "fault", role: "alert" });
    this.older = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => { this.pages += 1; this.ask(); } }, t("Older ones"));
    this.to = h("select", {});
    this.units = h("div", {});
    const waits = box("drills-waiting");
    const signing = h("div", { class: "signing" });
    const test = h("section", { "aria-labelledby": "h-test" });
    root.replaceChildren(h("div", { class: "sheet inbox drills" },
      h("div", {},
        h("section", { "aria-labelledby": "h-waits" }, h("h2", { id: "h-waits", tabindex: "-1", "data-first": true }, t("Drill messages to answer")), signing, waits),
        h("section", { "aria-labelledby": "h-drills" }, h("h2", { id: "h-drills" }, t("Drills of the last months, the newest first")), this.sentence, this.fault, this.list, h("p", {}, this.older))),
      h("div", {},
        h("section", { "aria-labelledby": "h-send" }, h("h2", { id: "h-send" }, t("Send a drill message")), this.#form())), test));
    this.signing = new SigningPanel(signing, context, () => this.update(context.state()));
    const ready = () => Boolean(this.signing?.ready);
    this.answers = new DrillAnswers(waits, context, { empty: t("No drill message waits for you."), signing: ready, done: (drill) => this.#take(drill) });
    this.test = new ReadBackTest(test, context, ready);
    this.timer = setInterval(() => this.ask(), AGAIN_MS);
    this.stop = context.onEvent(({ event }) => { if (event === "drill") this.ask(); });
    this.ask();
  }

  unmount() {
    clearInterval(this.timer);
    this.stop();
    this.root.replaceChildren();
  }

  show(what) {
    if (what === "test") this.test.show();
  }

  update(state) {
    this.test?.update(state);
    const names = JSON.stringify(Object.values(state.parties).map((each) => [each.id, each.name]));
    if (names !== this.names) { this.names = names; this.#parties(state); }
    this.#draw(state);
  }

  /** One that was answered here is shown so at once. */
  #take(drill) {
    this.drills = this.drills.map((each) => (each.id === drill.id ? drill : each));
    this.context.refresh("drills");
    this.#draw(this.context.state());
  }

  /** The list again, as far as it was opened; what comes in meanwhile is asked for once more. */
  async ask() {
    if (this.asking) { this.wanted = true; return; }
    this.asking = true;
    try {
      const found = [];
      let next = null;
      for (let page = 0; page < this.pages && (next || !page); page += 1) {
        const told = await this.context.api.get(`/api/v1/drills?limit=${PAGE}${next ? `&cursor=${encodeURIComponent(next)}` : ""}`);
        found.push(...told.drills.map(drillOf));
        next = told.next;
        setText(this.sentence, told.sentence);
      }
      this.drills = found;
      this.more = next;
      this.loaded = true;
      this.fault.textContent = "";
    } catch (error) { // what was read last stays
      this.fault.textContent = plain(t("Not read: {message}", { message: error.message }), 200);
    }
    this.asking = false;
    const { session } = this.context;
    if (!session || session.fault) return;
    this.#draw(this.context.state());
    if (this.wanted) { this.wanted = false; this.ask(); }
  }

  #draw(state) {
    const own = state.session?.party;
    const open = (drill) => drill.recipient === own && drill.missing.length > 0;
    const known = new Map([...Object.values(state.drills), ...this.drills].map((drill) => [drill.id, drill]));
    const mine = [...known.values()].filter(open).sort((a, b) => Number(a.state === "missed") - Number(b.state === "missed") || b.sentMs - a.sentMs);
    this.answers?.update(mine);
    rows(this.list, this.drills.filter((drill) => !open(drill)).map((drill) => ({
      key: drill.id, shows: [drill, partyName(state, drill.recipient), partyName(state, drill.by)],
      make: () => h("article", { class: `card drill ${drill.state}`, "aria-labelledby": `drill-${drill.id}` }, drillHead(state, drill), hopTable(drill)),
    })), this.loaded ? t("No other drill that you may see.") : t("Asking …"));
    this.older.hidden = !this.more;
    this.#known();
  }

  #form() {
    const said = h("p", { class: "dim", role: "status", id: "drill-sent" });
    const fault = h("p", { class: "fault", role: "alert" });
    if (!this.context.session.roles.includes("tell")) return h("p", { class: "dim" }, t("Your role reads; it sends no drill message."));
    const send = h("button", { type: "submit", class: "do" }, t("Send the drill message"));
    const form = h("form", { class: "answer", "aria-labelledby": "h-send", novalidate: true },
      h("p", { class: "dim" }, `${t("It measures how long the way takes, down to the unit and back.")} `, NO_NOTICE),
      h("div", { class: "fields" }, field("to", t("To"), {}, this.to), field("minutes", t("Answers are waited for, in minutes (1 to 720)"), { inputmode: "numeric", value: "15" })),
      this.units, fault, h("p", { class: "line" }, send), said);
    this.to.addEventListener("change", () => this.#known());
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      clearFault(fault);
      said.textContent = "";
      if (!this.to.value) { showFault(form, fault, new Wrong(this.to, t("Say to whom."))); return; }
      const minutes = Number(form.elements.minutes.value.trim());
      if (!(minutes >= 1 && minutes <= 720)) { showFault(form, fault, new Wrong("minutes", t("Give 1 to 720 minutes."))); return; }
      const units = [...this.units.querySelectorAll("input:checked")].map((box) => box.value);
      send.disabled = true;
      try {
        const { drill } = await this.context.api.post("/api/v1/drills", { to: this.to.value, within_s: Math.round(60 * minutes), ...(units.length ? { units } : {}) }, crypto.randomUUID());
        said.textContent = t("Sent to {party} at {time}; answers are waited for until {time2}.", { party: plain(partyName(this.context.state(), drill.recipient), 60), time: utcShort(Date.parse(drill.sent)), time2: utcShort(Date.parse(drill.answer_by)) });
        this.ask();
      } catch (error) {
        showFault(form, fault, error);
      }
      send.disabled = false;
    });
    return form;
  }

  #parties(state) {
    const others = Object.values(state.parties).filter((each) => each.id !== state.session?.party).sort((a, b) => a.id.localeCompare(b.id));
    const chosen = this.to.value;
    this.to.replaceChildren(...choice(others.map((each) => [each.id, plain(each.name ?? each.id, 60)])).children);
    if (others.some((each) => each.id === chosen)) this.to.value = chosen;
    this.#known();
  }

  /** The units of the chosen party that earlier drills to it have shown; its list is its own. */
  #known() {
    const to = this.to.value;
    const units = [...new Set(this.drills.filter((drill) => drill.recipient === to).flatMap((drill) => drill.units))].sort();
    rows(this.units, to ? [{ key: "units", shows: [to, units], make: () => (units.length
      ? h("fieldset", { class: "field" }, h("legend", {}, t("Down to these units; none ticked: all on its list")),
        units.map((unit) => h("label", { class: "mark-one" }, h("input", { type: "checkbox", value: unit, "data-focus": `u-${unit}` }), ` ${plain(unit, 40)}`)))
      : h("p", { class: "dim small" }, t("Where an agreement that holds concerns you both, it goes down to every unit on the party's own list, and they are shown here once a drill went there. Else it asks for RECEIVED and READ-BACK alone."))) }] : [], t("No other party is in this space."));
  }
}

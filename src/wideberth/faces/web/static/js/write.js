// The view in which an intent is written: drawn, typed or pasted. What it would touch stands beside
// it while it is written; what each other party will see of it is read before it is sent.

import { choice, field } from "./answer.js";
import { clearFault, numberOf, showFault } from "./fields.js";
import { DrawMap } from "./drawmap.js";
import { SHAPES, inserted, lacking, moved, nameOf, extentOf, volume, volumeOf, volumeTold, withPlace, without } from "./draft.js";
import { aged, tick } from "./dom.js";
import { farFromAll, placesOf } from "./faraway.js";
import { foretoldList } from "./foretold.js";
import { gapOf } from "./shape.js";
import { apartM } from "./geo.js";
import { IntentForm, PATHS } from "./intentform.js";
import { LiveAsk } from "./liveask.js";
import { OwnIntents, carriesMore } from "./ownintents.js";
import { Pasting } from "./pasting.js";
import { Sending } from "./sending.js";
import { SigningPanel } from "./signing.js";
import { coverage, gapWords, hiddenWords, left, noneTouched, otherName, touchList } from "./touches.js";
import { h, plain, utc, utcDate, utcShort, duration } from "./text.js";
import { phrase, t, tn } from "./words.js";

const UNITS = { m: 1, km: 1000, nm: 1852, ft: 0.3048 };
const SHAPE_WORDS = { polygon: () => t("Area"), circle: () => t("Circle"), corridor: () => t("Corridor") };

export function mount(root, context) {
  return new Write(root, context);
}

class Write {
  constructor(root, context) {
    Object.assign(this, { root, context });
    this.volumes = [];
    this.on = -1; // the volume that is drawn, or whose corners are held
    this.changing = null; // the intent that this is to be a new version of
    this.picked = null; // the clash that was picked
    this.told = null;
    this.sent = false; // it is on its way
    this.check = new LiveAsk(context, "/api/v1/intents/check", () => this.#answers());
    this.foretell = new LiveAsk(context, "/api/v1/intents/preview", () => this.#foretold());
    this.sending = new Sending(context, (why) => { this.waiting.textContent = why ?? ""; });
    this.words = new IntentForm(context);
    this.pasting = new Pasting(context, (drafts) => this.#pasted(drafts));
    this.#draw();
    this.words.within(this.form);
    this.map = new DrawMap(this.middle, {
      place: (at) => this.#place(at), move: (i, at) => this.#change((each) => moved(each, i, at)), insert: (i, at) => this.#change((each) => inserted(each, i, at)),
      remove: () => this.#change((each) => without(each, each.places.length - 1)), finish: () => this.#finish(),
    });
    this.signing = new SigningPanel(this.signingBox, context, () => {});
    this.own = new OwnIntents(this.ownBox, context, { change: (id) => this.#load(id), end: (id) => this.#end(id), show: (id) => this.#showOwn(id) });
    this.heard = context.onEvent(({ event }) => { if (["notification", "zone", "notice", "agreement"].includes(event)) this.check.again(); });
    this.#left();
    this.#changed();
  }

  #draw() {
    this.fault = h("p", { class: "fault", role: "alert" });
    this.waiting = h("p", { class: "missing", role: "status" });
    this.areas = h("div", { class: "volumes" });
    this.areas.setAttribute("role", "group");
    this.areas.setAttribute("aria-label", t("What is drawn"));
    this.hint = h("p", { class: "dim small", role: "status" });
    this.banner = h("p", { class: "ask-again", hidden: true });
    this.touching = h("div", { class: "live", "aria-live": "polite" });
    this.hidden = h("div", { class: "live", "aria-live": "polite" });
    this.hiddenButton = h("button", { type: "button", class: "quiet", disabled: true, onclick: () => this.#askHidden() }, t("Test hidden ones too: it is counted"));
    this.seen = h("div", { class: "live" });
    this.sendButton = h("button", { type: "submit", class: "do", disabled: true }, t("Send it"));
    this.receipt = h("div", { class: "live", "aria-live": "polite" });
    this.signingBox = h("div", {});
    this.ownBox = h("div", { class: "cards" });
    this.middle = h("div", { class: "middle" });
    this.finishButton = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.#finish() }, t("Finish the shape"));
    this.anchor = h("input", { type: "text", name: "areas", class: "anchor", tabindex: "-1", "aria-label": t("What is drawn"), readonly: true });
    const tools = h("div", { class: "actions tools", role: "group", "aria-label": t("Draw on the map") },
      SHAPES.map((shape) => h("button", { type: "button", class: "do other", "data-tool": shape, onclick: () => this.#begin(shape) }, SHAPE_WORDS[shape]())),
      this.finishButton);
    this.form = h("form", { class: "writing", "aria-label": t("Tell an intent"), novalidate: true },
      h("h2", { id: "h-write", tabindex: "-1", "data-first": true }, t("Tell an intent")),
      this.banner, h("div", { class: "field" }, tools, this.anchor, this.hint), this.areas, this.pasting.node, this.words.nodes,
      this.fault, h("p", { class: "line sending" }, this.sendButton, h("button", { type: "button", class: "quiet", onclick: () => this.#clear() }, t("Start anew"))), this.waiting, this.receipt,
      h("p", { class: "sentence" }, phrase("To tell makes nothing lawful and takes no protection away.")));
    this.form.addEventListener("input", () => { this.words.times(); this.#changed(); });
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.#send(); });
    this.root.classList.add("tell-view");
    this.root.replaceChildren(h("div", { class: "tell-frame" },
      h("div", { class: "side writing-side" }, this.form, this.signingBox),
      this.middle,
      h("div", { class: "side right answers-side" },
        h("section", { "aria-labelledby": "h-touches" }, h("h2", { id: "h-touches" }, t("What it would touch")), this.touching, h("p", { class: "line pad" }, this.hiddenButton), this.hidden),
        h("section", { "aria-labelledby": "h-seen" }, h("h2", { id: "h-seen" }, t("What each other party will see")), this.seen),
        h("section", { "aria-labelledby": "h-own" }, h("h2", { id: "h-own" }, t("What you told, and stands")), this.ownBox))));
  }

  // ---- drawing

  #begin(shape) {
    this.#finish();
    this.volumes = [...this.volumes.filter((each) => each.places.length), volume(shape)];
    this.on = this.volumes.length - 1;
    this.map.draw(true);
    this.finishButton.hidden = false;
    this.map.focus();
    this.#changed();
  }

  #place(at) {
    const each = this.volumes[this.on];
    if (!each) return;
    if (each.shape === "circle" && each.places.length) {
      this.#change((circle) => ({ ...circle, radiusM: Math.max(1, Math.round(apartM(circle.places[0].at, at))) }));
      this.#finish();
    } else this.#change((volumeNow) => withPlace(volumeNow, at));
  }

  #finish() {
    this.map?.draw(false);
    this.finishButton.hidden = true;
    const before = this.volumes.length;
    this.volumes = this.volumes.filter((each) => each.places.length);
    if (this.on >= this.volumes.length) this.on = this.volumes.length - 1;
    if (before !== this.volumes.length) this.#changed();
    else this.#hint();
  }

  #change(make) {
    if (!this.volumes[this.on]) return;
    this.volumes = this.volumes.map((each, i) => (i === this.on ? make(each) : each));
    this.#changed();
  }

  #pasted(drafts) {
    this.map.draw(false);
    this.finishButton.hidden = true;
    const kinds = new Set(drafts.map((each) => each.kind).filter(Boolean));
    if (kinds.size === 1) [this.form.elements.kind.value] = kinds;
    this.volumes = this.words.take(drafts.map(volumeOf));
    this.on = this.volumes.length === 1 ? 0 : -1;
    this.map.frame(this.volumes.flatMap(extentOf));
    this.#changed();
  }

  #hint() {
    const each = this.map?.drawing ? this.volumes[this.on] : null;
    const keys = t("By keyboard: the arrows move the map under the cross, Enter sets a place, Backspace takes one back, Escape ends.");
    this.hint.textContent = !each ? "" : `${{
      polygon: t("Click each corner; a double click ends."), corridor: t("Click each point of the way; a double click ends."),
      circle: each.places.length ? t("Click where its edge is to be, or type the radius.") : t("Click its centre."),
    }[each.shape]} ${keys}`;
  }

  #volumeRows() {
    const focus = this.areas.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    if (focus?.startsWith("v")) return; // somebody types there
    this.areas.replaceChildren(...this.volumes.map((each, i) => this.#volumeRow(each, i)));
  }

  #volumeRow(each, i) {
    const why = lacking(each);
    const length = each.shape === "circle" ? ["radiusM", t("Radius")] : each.shape === "corridor" ? ["widthM", t("Width, both sides together")] : null;
    const fields = h("div", { class: "fields" });
    if (length) {
      const [name, label] = length;
      const input = h("input", { type: "text", inputmode: "decimal", autocomplete: "off", dir: "ltr", value: Number.isFinite(each[name]) ? String(Math.round(each[name] * 10) / 10) : "" });
      const unit = choice([["m", t("metres")], ["km", t("kilometres")], ["nm", t("nautical miles")], ["ft", t("feet")]]);
      fields.append(field(`${name}-${i}`, label, {}, input), field(`unit-${i}`, t("in"), {}, unit));
      input.dataset.focus = `v${i}-length`;
      const read = () => {
        let metres = NaN;
        try { metres = numberOf(input) * UNITS[unit.value]; } catch { /* said below: it lacks its length */ }
        this.volumes = this.volumes.map((one, k) => (k === i ? { ...one, [name]: metres } : one));
      };
      input.addEventListener("input", read); // before the form's own
      unit.addEventListener("input", read);
    }
    const typed = h("textarea", { rows: Math.min(6, each.places.length + 1), class: "long num", spellcheck: "false", dir: "ltr" });
    typed.value = each.places.map((place) => place.text ?? `${place.at[1].toFixed(6)}, ${place.at[0].toFixed(6)}`).join("\n");
    const fault = h("p", { class: "missing", role: "alert" });
    const corners = h("details", { class: "log" }, h("summary", {}, tn(each.places.length, "{count} place, as text", "{count} places, as text")), field(`places-${i}`, t("One on each line, in any format"), {}, typed), fault);
    typed.dataset.focus = `v${i}-places`;
    typed.addEventListener("input", (event) => { event.stopPropagation(); this.#typed(i, each.shape, typed, fault); });
    typed.addEventListener("blur", () => this.#volumeRows());
    const own = [each.lower && each.upper ? t("heights of its own") : null, each.start ? t("times of its own") : null, each.times ? t("only at: {times}", { times: each.times }) : null].filter(Boolean);
    return h("fieldset", { class: `volume ${i === this.on ? "on" : ""}` },
      h("legend", {}, h("button", { type: "button", class: "link", onclick: () => { this.on = i; this.#changed(); } }, plain(nameOf(each, i), 60))),
      why ? h("p", { class: "missing" }, `${why}.`) : null, own.length ? h("p", { class: "dim" }, plain(own.join(" · "), 200)) : null,
      each.words ? h("p", { class: "dim small" }, plain(each.words, 400)) : null,
      fields, corners,
      h("p", { class: "line" },
        h("button", { type: "button", class: "quiet", onclick: () => { this.on = i; this.map.frame(extentOf(each)); this.#changed(); } }, t("On the map")),
        h("button", { type: "button", class: "quiet", onclick: () => { this.volumes = this.volumes.filter((_, k) => k !== i); this.on = -1; this.#changed(); } }, t("Take it out"))));
  }

  /** Places that are typed are read by the server, as all text is. */
  #typed(i, shape, input, fault) {
    clearTimeout(this.typing);
    this.typing = setTimeout(async () => {
      try {
        const found = await this.context.api.post("/api/v1/intents/read", { text: input.value, form: "coordinates", shape, datum: "WGS84" }, crypto.randomUUID());
        const [draft] = found.drafts;
        fault.textContent = draft ? "" : found.troubles.map((each) => `${t("Row {row}", { row: each.row })}: ${each.detail}`).join(" ");
        if (!draft || found.drafts.length > 1) return;
        this.volumes = this.volumes.map((one, k) => (k === i ? { ...one, places: volumeOf(draft).places } : one));
        this.on = i;
        this.#changed();
      } catch (error) {
        fault.textContent = error instanceof TypeError ? t("No connection: it is read when the line is back.") : plain(error.message, 200);
      }
    }, 400);
  }

  // ---- what is asked while it is written

  /** The body as it stands, or what is missing. */
  #body() {
    try { return { body: this.words.read(this.volumes), missing: null }; } catch (error) { return { body: null, missing: error }; }
  }

  #changed() {
    this.map?.show(this.volumes, this.on);
    this.#volumeRows();
    this.#hint();
    if (this.told) { this.told = null; this.receipt.replaceChildren(); }
    const { body, missing } = this.#body();
    this.missing = missing;
    const asked = body && { ...body, ...(this.changing ? { replaces: this.changing.id } : {}) };
    this.check.want(asked && { ...asked, hidden: false });
    this.foretell.want(asked);
    if (this.hiddenOf !== this.check.wanted) { this.hiddenOf = null; this.hidden.replaceChildren(); }
    this.#answers();
    this.#foretold();
  }

  #answers() {
    if (!this.touching) return;
    const { check } = this;
    const state = this.context.state();
    const nodes = [];
    if (this.missing) nodes.push(h("p", { class: "none" }, this.volumes.length ? t("Not asked yet. {why}", { why: plain(this.missing.message, 200) }) : t("Draw, type or paste it: what it would touch stands here while you do.")));
    else if (check.cut) nodes.push(h("p", { class: "missing" }, t("No answer from the server: it is asked again."), check.answer ? [" ", t("What stands below is of"), " ", aged("ago", check.atMs), "."] : ""));
    else if (check.fault) nodes.push(...this.#refused(check.fault));
    else if (check.asking) nodes.push(h("p", { class: "dim" }, t("Asking …"), check.answer ? ` ${t("What stands below is of what stood there before.")}` : ""));
    const shown = !this.missing && !(check.fault && !check.cut) ? check.answer : null;
    if (shown) {
      nodes.push(h("div", { class: check.fresh ? "" : "out-of-date" },
        shown.intent.late || shown.late_under?.length ? h("p", { class: "missing" }, t("It would be told LATE.")) : null,
        (shown.late_under ?? []).map((each) => h("p", { class: "missing" }, t("{title} asks for {time} before it begins.", { title: plain(each.title ?? each.agreement, 80), time: duration(each.minimum_lead_s) }))),
        (shown.intent.cautions ?? []).map((each) => h("p", { class: "missing" }, plain(each, 80))),
        shown.clashes.length ? h("p", {}, h("b", {}, tn(shown.clashes.length, "It would touch {count} thing:", "It would touch {count} things:"))) : noneTouched(),
        shown.clashes.length ? touchList(state, shown.clashes, (clash) => this.#pick(clash)) : null,
        coverage(shown, check.atMs), h("p", { class: "dim small" }, left(shown.hidden))));
      const away = this.volumes[0] && farFromAll(this.volumes[0].places[0].at, placesOf(state));
      if (away) nodes.push(h("p", { class: "ask-again missing" }, t("Look at the place again."), " ", away));
    }
    this.touching.replaceChildren(...nodes);
    this.touching.setAttribute("aria-busy", String(check.asking));
    this.hiddenButton.disabled = !check.fresh || this.hiddenOf === check.wanted;
    this.sendButton.disabled = this.sent || !check.fresh || !this.context.session?.roles.includes("tell");
    this.sendButton.textContent = this.changing ? t("Send version {number}", { number: this.changing.version + 1 }) : t("Send it");
    this.map?.touched((shown?.clashes ?? []).map((clash) => {
      const thing = state.intents[clash.other?.id] ?? state.shared[clash.other?.id] ?? state.zones[clash.other?.id];
      return { rings: (thing?.volumes ?? []).flatMap((each) => each.rings), cells: clash.other ? [] : clash.overlap.cells ?? [], name: `${otherName(state, clash)}\n${gapWords(gapOf(clash))}`, on: this.picked === clash };
    }));
    tick(this.context.now());
  }

  #refused(error) {
    const choices = error.details?.choices ?? [];
    return [h("p", { class: "missing" }, h("b", {}, t("It would be refused as it is:")), " ", plain(error.message, 400)),
      choices.length ? h("ul", { class: "clashes" }, choices.map((each) => h("li", {}, plain(`${each.text} (${each.meaning})`, 160)))) : "",
      error.details?.rule ? h("p", { class: "dim small" }, plain(`${error.details.field ?? ""} · ${error.details.rule}`, 120)) : "",
      error.status === 422 ? h("p", { class: "dim" }, t("Where it is meant as it is, say so under “More”.")) : ""];
  }

  #pick(clash) {
    this.picked = clash;
    const state = this.context.state();
    const thing = state.intents[clash.other?.id] ?? state.shared[clash.other?.id] ?? state.zones[clash.other?.id];
    const points = (thing?.volumes ?? []).flatMap((each) => each.rings.flat());
    this.map.frame([...points, ...this.volumes.flatMap(extentOf)]);
    this.#answers();
  }

  async #askHidden() {
    const wanted = this.check.wanted;
    this.hiddenOf = wanted;
    this.hiddenButton.disabled = true;
    try {
      const answer = await this.context.api.post("/api/v1/intents/check", { ...JSON.parse(wanted), hidden: true }, crypto.randomUUID());
      if (this.hiddenOf !== wanted) return;
      this.hidden.replaceChildren(hiddenWords(this.context.state(), answer, this.context.now(), (clash) => this.#pick(clash)));
      this.map.touched(answer.clashes.filter((clash) => !clash.other).map((clash) => ({ rings: [], cells: clash.overlap.cells ?? [], name: t("shared cells"), on: false })));
      this.check.again(); // how many touches are left
      tick(this.context.now());
    } catch (error) {
      this.hiddenOf = null;
      this.hidden.replaceChildren(h("p", { class: "missing" }, error instanceof TypeError ? t("No connection: nothing is known of whether it was tested. Each test is counted.") : plain(error.message, 300)));
      this.hiddenButton.disabled = false;
    }
  }

  #foretold() {
    if (!this.seen) return;
    const { foretell } = this;
    const opened = new Set([...this.seen.querySelectorAll("details.foretold")].flatMap((each, i) => (each.open ? [i] : [])));
    if (this.missing || !foretell.answer || foretell.answered !== foretell.wanted) {
      this.map?.theirs(null);
      this.seen.replaceChildren(h("p", { class: "none" }, this.missing ? t("Once it is whole, what each other party will see of it stands here.") : foretell.fault && !foretell.cut ? plain(foretell.fault.message, 300) : t("Asking …")));
      return;
    }
    this.seen.replaceChildren(foretoldList(this.context.state(), foretell.answer, (volumes) => this.map.theirs(volumes)));
    this.seen.querySelectorAll("details.foretold").forEach((each, i) => { each.open = opened.has(i); });
  }

  // ---- sending

  async #send() {
    clearFault(this.fault);
    const { body, missing } = this.#body();
    if (missing) { showFault(this.form, this.fault, missing, PATHS); return; }
    if (this.sent || !this.check.fresh) return;
    this.sent = true;
    this.sendButton.disabled = true;
    try {
      const id = this.changing?.id;
      const answer = await this.sending.send(id
        ? { path: `/api/v1/intents/${encodeURIComponent(id)}`, method: "PUT", body: { ...body, ovn: this.changing.ovn }, type: "AmendIntent", also: { intent: id }, signed: this.signing.ready }
        : { path: "/api/v1/intents", body, type: "SubmitIntent", signed: this.signing.ready });
      this.#done(answer);
    } catch (error) {
      if (!(error instanceof TypeError)) showFault(this.form, this.fault, error, PATHS);
    } finally {
      this.sent = false;
      this.#answers();
    }
  }

  #done(answer) {
    const { intent, position, time } = answer;
    this.#empty();
    this.told = answer;
    const box = h("div", { class: "receipt" });
    this.receipt.replaceChildren(h("div", { class: "card", role: "status" },
      h("p", {}, h("b", {}, t("Told")), " ", t("at {time}: version {version}, entry {position} of the record. How far it comes stands in the inbox.", { time: `${utcDate(Date.parse(time))} ${utc(Date.parse(time))}`, version: intent.version, position })),
      answer.clashes.length ? h("p", {}, tn(answer.clashes.length, "It touches {count} thing; whoever may know was told.", "It touches {count} things; whoever may know was told.")) : null,
      h("p", { class: "line" }, h("button", { type: "button", class: "quiet", onclick: () => this.#receipt(position, box) }, t("Show its receipt"))), box));
    this.context.refresh("intents", "hazards", "reach", "notices");
  }

  async #receipt(position, box) {
    try {
      const text = await this.context.api.text(`/api/v1/record/receipts/${position}`);
      box.replaceChildren(h("pre", { class: "num bytes", tabindex: "0", translate: "no" }, document.createTextNode(text)), h("p", { class: "dim small" }, t("It proves offline that the entry is in the record; keep it with what you told.")));
    } catch (error) {
      box.replaceChildren(h("p", { class: "missing" }, error instanceof TypeError ? t("No connection. Try it again.") : plain(error.message, 200)));
    }
  }

  /** What this tab sent before it was closed or loaded again, and heard nothing of. */
  async #left() {
    const said = this.sending.left();
    if (!said) return;
    const words = plain(said.body.call_sign ?? said.body.place_name ?? said.body.kind, 60);
    this.waiting.textContent = t("“{name}” was sent and not answered when the page closed: asking what became of it …", { name: words });
    try {
      const answer = await this.sending.became(said);
      this.waiting.textContent = "";
      if (answer) { this.#done(answer); return; }
      this.waiting.replaceChildren(t("“{name}” did not arrive.", { name: words }), " ",
        h("button", { type: "button", class: "quiet", onclick: () => this.#sendLeft(said) }, t("Send it now")), " ",
        h("button", { type: "button", class: "quiet", onclick: () => { this.sending.forget(); this.waiting.textContent = ""; } }, t("Leave it")));
    } catch (error) {
      this.waiting.textContent = plain(error.message, 200);
      if (error instanceof TypeError) setTimeout(() => this.#left(), 3000);
    }
  }

  async #sendLeft(said) {
    this.waiting.textContent = "";
    try { this.#done(await this.sending.again(said)); } catch (error) { if (!(error instanceof TypeError)) showFault(this.form, this.fault, error, PATHS); }
  }

  // ---- what was told already

  async #load(id) {
    const wire = await this.context.api.get(`/api/v1/intents/${encodeURIComponent(id)}`);
    const more = carriesMore(wire);
    if (more.length) throw new Error(t("It carries more than this form holds ({what}), which a version sent from here would take away. Change it over the API.", { what: more.join(", ").replaceAll("_", " ") }));
    const volumes = (wire.declaration ?? wire.volumes).map(volumeTold);
    if (volumes.includes(null)) throw new Error(t("It has a shape that this form does not draw. Change it over the API."));
    const open = volumes.flatMap((each) => each.places).filter((place) => !place.at);
    if (open.length) {
      const said = { text: open.map((place) => place.text).join("\n"), form: "coordinates", shape: "circle", datum: open.find((place) => place.datum)?.datum ?? "WGS84" };
      const { drafts } = await this.context.api.post("/api/v1/intents/read", said, crypto.randomUUID());
      if (drafts.length !== open.length) throw new Error(t("A place of it was told as a text that is not read here. Change it over the API."));
      open.forEach((place, i) => { place.at = [drafts[i].places[0].longitude, drafts[i].places[0].latitude]; });
    }
    this.#empty();
    this.changing = { id, ovn: wire.ovn, version: wire.version };
    this.words.fill(wire);
    this.volumes = this.words.take(volumes);
    this.on = this.volumes.length === 1 ? 0 : -1;
    this.banner.hidden = false;
    this.banner.replaceChildren(t("You change “{name}”, version {version}: whoever was told of it is told what changed.", { name: plain(wire.call_sign ?? wire.place_name ?? wire.kind, 60), version: wire.version }), " ",
      h("button", { type: "button", class: "quiet", onclick: () => this.#clear() }, t("Leave it as it is")));
    this.map.frame(this.volumes.flatMap(extentOf));
    this.#changed();
    this.form.querySelector("[data-first]").focus();
  }

  async #end(id) {
    const { ovn } = await this.context.api.get(`/api/v1/intents/${encodeURIComponent(id)}`);
    await this.sending.send({ path: `/api/v1/intents/${encodeURIComponent(id)}/state`, body: { ovn, step: "end" }, type: "ChangeIntentState", also: { intent: id }, signed: this.signing.ready });
    this.context.refresh("intents", "hazards", "notices");
  }

  #showOwn(id) {
    this.map.frame((this.context.state().intents[id]?.volumes ?? []).flatMap((each) => each.rings.flat()));
  }

  #empty() {
    this.map.draw(false);
    this.finishButton.hidden = true;
    Object.assign(this, { volumes: [], on: -1, changing: null, picked: null });
    this.banner.hidden = true;
    this.pasting.text.value = "";
    this.pasting.read();
    for (const name of ["call_sign", "place_name", "count"]) this.form.elements[name].value = "";
    this.form.elements.confirmed.checked = false;
    this.#changed();
  }

  #clear() {
    this.receipt.replaceChildren();
    clearFault(this.fault);
    this.#empty();
  }

  update(state) {
    this.words.update(state);
    this.own.update(state);
    this.map.update(state);
  }

  unmount() {
    this.heard();
    this.check.stop();
    this.foretell.stop();
    this.sending.stop();
    this.map.remove();
    this.root.replaceChildren();
  }
}

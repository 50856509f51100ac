// The view of sealed words: this browser's own keys, the others' keys as they were compared here,
// what is sealed to this party, and a form to seal words to others. The host has boxes only.

import { choice, field } from "./answer.js";
import { rows } from "./dom.js";
import { SigningPanel } from "./signing.js";
import { h, plain, utcDate, utcShort } from "./text.js";
import { phrase, t } from "./words.js";

const ABOUT = ["intent", "notice", "zone", "stop", "agreement", "incident", "party"];
const VERDICTS = { compared: t("compared"), "not compared": t("not compared"), "ANOTHER KEY": phrase("ANOTHER KEY") };
const FAITH = t("This page comes from the host. Who does not rely on it seals with the wideberth command on a machine of its own.");

export function mount(root, context) {
  return new Sealed(root, context);
}

class Sealed {
  constructor(root, context) {
    this.root = root;
    this.context = context;
    this.opened = new Map();
    this.fault = h("p", { class: "fault", role: "alert" });
    this.signingBox = h("div", { class: "signing" });
    this.ownBox = h("div", { id: "own-key" });
    this.keysBox = h("div", { class: "cards", id: "compared" });
    this.textsBox = h("div", { class: "cards", id: "sealed-texts" });
    this.formBox = h("div", {});
    root.replaceChildren(h("div", { class: "sheet inbox" },
      h("section", { "aria-labelledby": "h-sealed" }, h("h2", { id: "h-sealed", tabindex: "-1", "data-first": true }, t("Sealed words")),
        h("p", { class: "dim" }, t("Sealed by you or to you, of the last 30 days. The host keeps a box that it cannot open.")),
        this.fault, this.textsBox, h("h2", {}, t("Seal words")), this.formBox),
      h("section", { "aria-labelledby": "h-compared" }, h("h2", { id: "h-compared" }, t("Your key")), this.signingBox, this.ownBox,
        h("h2", {}, t("The others' keys")), h("p", { class: "dim" }, t("Have each party tell its fingerprint by telephone or on paper, never through this node.")), this.keysBox,
        h("p", { class: "sentence" }, FAITH))));
    this.signing = new SigningPanel(this.signingBox, context, () => this.look());
    this.stop = context.onEvent(({ event }) => { if (event === "sealed-text") this.look(); });
  }

  unmount() {
    this.stop();
    this.root.replaceChildren();
  }

  async look() {
    const { confidant } = this.context;
    if (!confidant) return;
    try {
      const [own, keys, texts] = await Promise.all([confidant.own(), confidant.keys(), confidant.list()]);
      this.#draw(own, keys, texts.items);
      this.fault.textContent = "";
    } catch (error) {
      this.fault.textContent = plain(error.message, 300);
    }
  }

  #draw(own, keys, texts) {
    rows(this.ownBox, own ? [{ key: "own", shows: own, make: () => this.#own(own) }] : [], t("Without a key of this browser nothing is sealed or opened here."));
    rows(this.keysBox, keys.map((key) => ({ key: key.kid, shows: [key.verdict, key.publicKey, key.sealKey], make: () => this.#key(key) })), t("No other party has a key yet."));
    rows(this.textsBox, texts.reverse().map((each) => ({ key: each.id, shows: [each, this.opened.get(each.id)], make: () => this.#text(each) })), t("Nothing was sealed by you or to you."));
    const to = [...new Set(keys.filter((key) => key.verdict === "compared" && key.sealKey).map((key) => key.party))];
    rows(this.formBox, own && to.length ? [{ key: "form", shows: to, make: () => this.#form(to) }] : [], t("Compare a key of another party first; then words can be sealed to it."));
  }

  #own(own) {
    return h("div", { class: "card" },
      h("p", {}, h("b", {}, plain(own.kid)), own.number ? ` ${t("· seal key number {number}", { number: own.number })}` : ""),
      h("p", {}, `${t("Fingerprint, to be told to the others:")} `, h("code", { class: "fingerprint" }, own.fingerprint)),
      own.number ? null : h("p", { class: "missing" }, t("Nobody can seal words to this browser yet.")),
      h("button", { type: "button", class: "do other", onclick: () => this.#doing(() => this.context.confidant.offer()) }, own.number ? t("Make another seal key") : t("Make and offer a seal key")));
  }

  #key(key) {
    const bad = key.verdict === "ANOTHER KEY";
    const head = h("p", {}, h("b", {}, plain(key.kid)), " ", h("span", { class: bad ? "bad" : "dim" }, VERDICTS[key.verdict]), key.sealKey ? "" : ` ${t("· no seal key yet")}`);
    if (bad) return h("div", { class: "card" }, head, h("p", { class: "missing" }, t("The node hands out another key than was compared here. Nothing is sealed to it. Call {party}.", { party: plain(key.party) })));
    if (key.verdict === "compared") return h("div", { class: "card" }, head);
    const form = h("form", { class: "answer", "aria-label": t("Compare {kid}", { kid: key.kid }), novalidate: true },
      field("told", t("Fingerprint, as its party told it"), { class: "long", maxlength: 80 }),
      h("button", { type: "submit", class: "do other" }, t("Compare")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#doing(() => this.context.confidant.compare(key.kid, form.elements.told.value));
    });
    return h("div", { class: "card" }, head, form);
  }

  #text(each) {
    const ms = Date.parse(each.time);
    const words = this.opened.get(each.id);
    return h("div", { class: "card", "data-sealed": each.id },
      h("p", {}, h("b", {}, plain(each.sender)), ` ${t("to {parties}, about {type} {id}", { parties: each.parties.map((party) => plain(party)).join(", "), type: each.about.type, id: plain(each.about.id, 60) })}`,
        h("span", { class: "dim" }, ` ${utcDate(ms)} ${utcShort(ms)}`)),
      words === undefined
        ? each.parties.includes(this.context.session.party)
          ? h("button", { type: "button", class: "do other", onclick: () => this.#open(each) }, t("Open"))
          : h("p", { class: "dim" }, t("Sealed to others; it does not open here."))
        : h("blockquote", { class: "words" }, ...words.split("\n").map((line) => h("p", {}, plain(line, 10000)))));
  }

  async #open(each) {
    await this.#doing(async () => { this.opened.set(each.id, await this.context.confidant.open(each.id, each.about)); });
  }

  #form(to) {
    const boxes = to.map((party) => h("label", {}, h("input", { type: "checkbox", name: "to", value: party }), ` ${plain(party)}`));
    const words = h("textarea", { rows: "4", maxlength: "5000", spellcheck: "false", autocomplete: "off" });
    const form = h("form", { class: "answer", "aria-label": t("Seal words"), novalidate: true },
      h("div", { class: "fields" },
        field("type", t("About"), {}, choice(ABOUT.map((kind) => [kind, kind]))),
        field("id", t("Its id"), { maxlength: 128, class: "long" })),
      field("words", t("Words"), {}, words),
      h("p", { class: "field" }, `${t("To")} `, boxes),
      h("p", { class: "line" }, h("button", { type: "submit", class: "do" }, t("Seal and send"))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { elements } = form;
      const chosen = [...form.querySelectorAll("input[name=to]:checked")].map((box) => box.value);
      this.#doing(async () => {
        if (!chosen.length) throw new Error("Say to whom.");
        await this.context.confidant.send(elements.words.value.trim(), { type: elements.type.value, id: elements.id.value.trim() }, chosen);
        form.reset();
      });
    });
    return form;
  }

  async #doing(work) {
    let fault = "";
    try {
      await work();
    } catch (error) {
      fault = plain(error.message, 300);
    }
    await this.look();
    if (fault) this.fault.textContent = fault;
  }
}

// Sealed texts of the party at this browser: its seal key (X25519, made here, not extractable), the
// keys of others that somebody compared here, what is sealed and what is opened. Nothing that the
// node says of a key is believed beyond what was compared.

import { patiently } from "./api.js";
import { store } from "./signer.js";
import { base64url, decoded, fingerprint, isSigned, openText, referenceOf, sealKeyMessage, sealText } from "./sealedtext.js";

const squeezed = (digits) => String(digits).replace(/\s+/g, "").toLowerCase();

export class Confidant {
  constructor({ api, party, signer }) {
    this.api = api;
    this.party = party;
    this.signer = signer;
  }

  get #kid() { return `${this.party}/${this.#key.keyId}`; }

  get #key() {
    if (!this.signer.key) throw new Error("This needs a key of this browser: make and enrol one first.");
    return this.signer.key;
  }

  async #kept(what, or) {
    await this.signer.find();
    return (await store("readonly", (keys) => keys.get(`${what} ${this.signer.origin} ${this.party}`))) ?? or;
  }

  #keep(what, value) {
    return store("readwrite", (keys) => keys.put(value, `${what} ${this.signer.origin} ${this.party}`));
  }

  /** This browser's own: {kid, fingerprint, number} or null where it has no key; number 0: no seal key. */
  async own() {
    const { held, enrolled } = await this.signer.find();
    if (!held || !enrolled) return null;
    const pairs = await this.#kept("seal", {});
    const number = enrolled.seal_key?.number ?? 0;
    return { kid: this.#kid, fingerprint: await fingerprint(decoded(held.publicKey)), number: pairs[`${held.keyId} ${number}`] ? number : 0 };
  }

  /** Make a seal key for the key of this browser, and offer it in place of the one before. */
  async offer() {
    const { enrolled } = await this.signer.find();
    const { keyId } = this.#key;
    const number = (enrolled.seal_key?.number ?? 0) + 1;
    const pairs = await this.#kept("seal", {});
    const pair = (pairs[`${keyId} ${number}`] ??= await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]));
    await this.#keep("seal", pairs);
    const publicKey = base64url(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
    const said = sealKeyMessage(this.signer.origin, this.#kid, number, base64url(decoded(publicKey)));
    const body = { key_id: keyId, number, public_key: publicKey, signature: base64url(await this.signer.signBytes(said)) };
    await this.api.post("/api/v1/seal-keys", body, crypto.randomUUID());
  }

  /** The others' signing keys: {party, name, kid, verdict: "compared" | "not compared" | "ANOTHER KEY",
   * sealed: whether words can be sealed to it}. */
  async keys() {
    const { items } = await this.api.all("/api/v1/parties", "parties");
    const pins = await this.#kept("pins", {});
    return items.filter((each) => each.id !== this.party).flatMap((party) => (party.keys ?? []).map((key) => {
      const kid = `${party.id}/${key.key_id}`;
      const pin = pins[kid];
      const verdict = !pin ? "not compared" : pin.publicKey === key.public_key ? "compared" : "ANOTHER KEY";
      return { party: party.id, name: party.name, kid, publicKey: key.public_key, verdict, sealKey: key.seal_key ?? null };
    }));
  }

  /** Keep a key as compared. told: its fingerprint as its party told it on another way. */
  async compare(kid, told) {
    const found = (await this.keys()).find((each) => each.kid === kid);
    if (!found) throw new Error("This key is no longer in force.");
    const pins = await this.#kept("pins", {});
    if (pins[kid] && pins[kid].publicKey !== found.publicKey) throw new Error("Another key was compared under this name. Whoever hands this one out is not the party: call it.");
    if (squeezed(await fingerprint(decoded(found.publicKey))) !== squeezed(told)) throw new Error("This is not the key whose fingerprint you were told. Ask its party again, and do not use it.");
    await this.#keep("pins", { ...pins, [kid]: { publicKey: found.publicKey, number: 0 } });
  }

  /** Seal words about {type, id} to parties; the id of the sealed text. */
  async send(words, about, parties) {
    await this.signer.find();
    const { keyId } = this.#key;
    const known = await this.keys();
    const keys = [];
    for (const party of parties) keys.push(...(await this.#sealKeys(party, known)));
    keys.push(...(await this.#ownSealKey()));
    const sealed = await sealText({ origin: this.signer.origin, party: this.party, keyId, sign: (bytes) => this.signer.signBytes(bytes) }, words, about, keys);
    const { sender: _, ...body } = sealed;
    const once = crypto.randomUUID();
    return (await patiently(() => this.api.post("/api/v1/sealed-texts", body, once), { stopped: () => this.signer.stopped })).id;
  }

  /** For those of this desk who read it again: not what the node says, but what is in this browser. */
  async #ownSealKey() {
    const { keyId } = this.#key;
    const { enrolled } = await this.signer.find();
    const number = enrolled?.seal_key?.number ?? 0;
    const pair = (await this.#kept("seal", {}))[`${keyId} ${number}`];
    if (!pair) return [];
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    return [{ party: this.party, key_id: keyId, number, public_key: base64url(raw) }];
  }

  async #sealKeys(party, known) {
    const pins = await this.#kept("pins", {});
    const keys = [];
    for (const each of known.filter((key) => key.party === party && key.sealKey)) {
      if (each.verdict === "ANOTHER KEY") throw new Error(`${each.kid} is not the key that was compared here. Nothing was sealed; call ${party}.`);
      if (each.verdict !== "compared") continue;
      const { number, public_key: publicKey, signature } = each.sealKey;
      const message = sealKeyMessage(this.signer.origin, each.kid, number, base64url(decoded(publicKey)));
      if (!(await isSigned(signature, message, decoded(pins[each.kid].publicKey)))) throw new Error(`The seal key of ${each.kid} is not signed by the key that was compared here. Nothing was sealed; call ${party}.`);
      if (number < pins[each.kid].number) throw new Error(`An older seal key of ${each.kid} was brought back. Nothing was sealed; call ${party}.`);
      pins[each.kid] = { ...pins[each.kid], number };
      keys.push({ party, key_id: each.kid.slice(party.length + 1), number, public_key: publicKey });
    }
    if (!keys.length) throw new Error(`No key of ${party} was compared here that words can be sealed to.`);
    await this.#keep("pins", pins);
    return keys;
  }

  list() {
    return this.api.all("/api/v1/sealed-texts", "sealed_texts");
  }

  /** The words of a text that is sealed to this browser. about: where it was found, if known. */
  async open(id, about = null) {
    await this.signer.find();
    const sealed = await this.api.get(`/api/v1/sealed-texts/${encodeURIComponent(id)}`);
    const { origin } = this.signer;
    if ((await referenceOf(origin, sealed)) !== id) throw new Error("The node gave another text than was asked for.");
    if (about && (about.type !== sealed.about.type || about.id !== sealed.about.id)) throw new Error("This text was sealed about something else.");
    const kid = `${sealed.sender}/${sealed.key_id}`;
    const pins = await this.#kept("pins", {});
    const sender = kid === this.#kid ? this.#key.publicKey : pins[kid]?.publicKey;
    if (!sender) throw new Error(`The key of ${kid} was not compared here, so who wrote this is not known. Compare it first.`);
    const pairs = await this.#kept("seal", {});
    return openText(sealed, { origin, kid: this.#kid, pairOf: (number) => pairs[`${this.#key.keyId} ${number}`], senderRaw: decoded(sender) });
  }
}

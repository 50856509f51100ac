// Signing in the name of the party with a key of this browser: Ed25519, made here, not extractable,
// kept in the browser's own store. The service gets the public half only. Each key's statements
// form a chain that the service holds the end of; they are signed one after another.

import { Problem, patiently } from "./api.js";
import { t } from "./words.js";

const STORE = "keys";
const OUT_OF_TURN = new Set(["statement-out-of-turn", "statement-chain-broken"]);

const text = new TextEncoder();

const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
export const base64url = (bytes) => base64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

/** Where the page cannot sign, why; null where it can. */
export function lacking() {
  if (!window.isSecureContext || !crypto.subtle) return t("This page was not opened over https or on this machine, so the browser gives it no keys.");
  if (!window.indexedDB) return t("This browser keeps no keys.");
  return null;
}

export function store(mode, work) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("wideberth", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction(STORE, mode);
      const asked = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => { database.close(); resolve(asked.result); };
      transaction.onerror = () => { database.close(); reject(transaction.error); };
    };
  });
}

export class Signer {
  /** onWait(why): called while a statement waits for the line, and then with null. */
  constructor({ api, party, onWait = () => {} }) {
    this.api = api;
    this.party = party;
    /** @type {(why: string | null) => void} */
    this.onWait = onWait;
    this.origin = null; // of the record, which stands in everything that is signed
    this.key = null;
    this.stopped = false;
    this.panels = new Set(); // called when this browser's key came or went: each view shows it
  }

  async #slot() {
    this.origin ??= (await this.api.get("/api/v1/space")).origin;
    return `${this.origin} ${this.party}`;
  }

  stop() { this.stopped = true; }

  /** The signature of this browser's key over bytes. */
  async signBytes(bytes) {
    return new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, this.key.pair.privateKey, bytes));
  }

  /** {keyId, publicKey, pair} of this browser, or null; and whether the record has it in force. */
  async find() {
    if (lacking()) return { held: null, enrolled: null, why: lacking() };
    const slot = await this.#slot();
    const held = (await store("readonly", (keys) => keys.get(slot))) ?? null;
    const enrolled = held ? await this.#enrolled(held) : null;
    this.key = held && enrolled ? held : null;
    return { held, enrolled, why: null };
  }

  async #enrolled(held) {
    const party = await this.api.get(`/api/v1/parties/${encodeURIComponent(this.party)}`);
    return (party.keys ?? []).find((each) => each.key_id === held.keyId) ?? null;
  }

  /** Make a key, which nobody can take out of this browser, and have it enrolled.
   * token: of somebody who administers the party's keys; used once and not kept. */
  async enrol(roles, token = null) {
    const why = lacking();
    if (why) throw new Error(why);
    const slot = await this.#slot();
    const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const keyId = `browser-${crypto.randomUUID().slice(0, 8)}`;
    const said = `wideberth key possession v1\n${this.origin}\n${this.party}/${keyId}\nEd25519\n${base64(raw)}\n`;
    const proof = await crypto.subtle.sign({ name: "Ed25519" }, pair.privateKey, text.encode(said));
    const held = { keyId, publicKey: base64url(raw), pair };
    await this.api.as(token).post("/api/v1/keys", {
      key_id: keyId, public_key: held.publicKey, roles, proof: base64url(proof),
    }, crypto.randomUUID());
    await store("readwrite", (keys) => keys.put(held, slot));
    this.key = held;
    this.panels.forEach((changed) => changed());
    return held;
  }

  /** Forget the key of this browser; in the record it stays in force until it is revoked. */
  async forget() {
    this.key = null;
    const slot = await this.#slot();
    await store("readwrite", (keys) => keys.delete(slot));
    this.panels.forEach((changed) => changed());
  }

  /** A signed write: type is the command's name, body the JSON with the names of the address in it.
   * Tries again through a cut line with the same statement, so that it counts once. */
  post(path, type, body, method = "POST") {
    if (!this.key) return Promise.reject(new Error("This needs a signature: enrol this browser first."));
    const request = crypto.randomUUID();
    const turn = () => this.#send(path, type, body, request, method);
    return navigator.locks.request(`wideberth ${this.origin} ${this.party} ${this.key.keyId}`, turn);
  }

  async #send(path, type, body, request, method) {
    for (let turn = 0; ; turn += 1) {
      const statement = await this.#patiently(() => this.#statement(type, body, request));
      try {
        return await this.#patiently(() => this.api.postSigned(path, statement, method));
      } catch (error) {
        // Another window signed in between: the same request, at the chain's new end.
        if (!(error instanceof Problem) || !OUT_OF_TURN.has(error.rule) || turn >= 5) throw error;
      }
    }
  }

  #patiently(work) {
    return patiently(work, { waits: (why) => this.onWait(why), stopped: () => this.stopped });
  }

  async #statement(type, body, request) {
    const chain = await this.#enrolled(this.key);
    if (!chain) throw new Error("The key of this browser is no longer in force. Enrol it again.");
    const seq = chain.last_seq ?? 0;
    const header = { alg: "Ed25519", kid: `${this.party}/${this.key.keyId}`, typ: "wideberth+jws" };
    const payload = {
      origin: this.origin, party: this.party, party_seq: seq + 1,
      prev: seq ? chain.last_digest : null, type, request, body,
    };
    const input = [header, payload].map((part) => base64url(text.encode(JSON.stringify(part)))).join(".");
    const signature = await crypto.subtle.sign({ name: "Ed25519" }, this.key.pair.privateKey, text.encode(input));
    return `${input}.${base64url(signature)}`;
  }
}

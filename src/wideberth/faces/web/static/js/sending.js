// Sending what was written, once, whatever the line does meanwhile: under one key (or as one signed
// statement), tried again until the server answers. What was not answered when the page closed is
// asked about when it opens again.

import { Problem, patiently } from "./api.js";

const KEPT = "wideberth.telling"; // in sessionStorage: of this tab

export class Sending {
  /** waits(words or null): told when it has to wait for the line. */
  constructor(context, waits) {
    Object.assign(this, { context, waits });
    this.stopped = false;
  }

  get #name() { return `${KEPT}.${this.context.session.party}`; }

  /** What this tab sent and heard no answer to: {path, method, body, key}, or null. */
  left() {
    try { return JSON.parse(sessionStorage.getItem(this.#name)); } catch { return null; }
  }

  #keep(said) {
    try {
      if (said) sessionStorage.setItem(this.#name, JSON.stringify(said));
      else sessionStorage.removeItem(this.#name);
    } catch { /* then a reload forgets it; what was sent still counts once */ }
  }

  /** Send it; signed: under this browser's key. type: of the signed statement; also: what stands in
   * that beside the body. */
  async send({ path, method = "POST", body, type, also = {}, signed }) {
    if (signed) {
      this.context.signer.onWait = this.waits;
      return this.context.signer.post(path, type, { ...body, ...also }, method);
    }
    const said = { path, method, body, key: crypto.randomUUID() };
    this.#keep(said);
    return this.again(said);
  }

  /** The same again, under the same key: it counts once. */
  async again(said) {
    try {
      const answer = await patiently(() => this.context.api.post(said.path, said.body, said.key, { method: said.method }), { waits: this.waits, stopped: () => this.stopped });
      this.#keep(null);
      return answer;
    } catch (error) {
      if (error instanceof Problem) this.#keep(null); // an answer, if a no
      throw error;
    }
  }

  /** What became of it: the answer that it got, or null where it did not arrive. */
  async became(said) {
    try {
      const found = await this.context.api.get(`/api/v1/requests/${encodeURIComponent(said.key)}`);
      this.#keep(null);
      return found.answer;
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return null;
      throw error;
    }
  }

  forget() { this.#keep(null); }
  stop() { this.stopped = true; }
}

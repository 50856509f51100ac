// A question that follows what is being written: asked again a moment after the last change, the one
// before taken back, and an answer shown only beside what it answers. Says how old it is.

import { Problem } from "./api.js";

const QUIET_MS = 350; // since the last change
const AGAIN_MS = 3000; // after a cut line, or a full server
const REFRESH_MS = 20000; // what others tell meanwhile changes the answer, too

export class LiveAsk {
  /** path: of the API; changed(): called whenever something of this changed. */
  constructor(context, path, changed) {
    Object.assign(this, { context, path, changed });
    this.wanted = null; // the body that is to be asked, as text
    this.answer = null;
    this.answered = null; // the body that the answer is of, as text
    this.atMs = NaN; // when it was answered, by the server's clock
    this.fault = null;
    this.cut = false; // the line is: the answer ages
    this.turn = 0;
  }

  /** Whether the answer is of what stands there now. */
  get fresh() { return this.wanted !== null && this.answered === this.wanted && !this.fault; }
  get asking() { return this.wanted !== null && !this.fresh && (!this.fault || this.cut); }

  /** Ask this from now on; null: nothing can be asked. */
  want(body) {
    const text = body && JSON.stringify(body);
    if (text === this.wanted) return;
    this.wanted = text;
    this.fault = null;
    this.cut = false;
    this.#later(QUIET_MS);
    this.changed();
  }

  /** Ask the same again: something else changed that it hangs on. */
  again() {
    if (this.wanted !== null) this.#later(QUIET_MS);
  }

  stop() {
    clearTimeout(this.timer);
    this.control?.abort();
    this.wanted = null;
    this.turn += 1;
  }

  #later(ms) {
    clearTimeout(this.timer);
    this.control?.abort();
    if (this.wanted !== null) this.timer = setTimeout(() => this.#ask(), ms);
  }

  async #ask() {
    const text = this.wanted;
    this.turn += 1;
    const turn = this.turn;
    this.control = new AbortController();
    try {
      const answer = await this.context.api.post(this.path, JSON.parse(text), crypto.randomUUID(), { signal: this.control.signal });
      if (turn !== this.turn || text !== this.wanted) return; // a later one was asked meanwhile
      Object.assign(this, { answer, answered: text, atMs: this.context.now(), fault: null, cut: false });
      this.#later(REFRESH_MS);
    } catch (error) {
      if (turn !== this.turn || text !== this.wanted || error.name === "AbortError") return;
      this.fault = error;
      this.cut = error instanceof TypeError || (error instanceof Problem && [429, 503].includes(error.status));
      if (this.cut) this.#later(AGAIN_MS);
    }
    this.changed();
  }
}

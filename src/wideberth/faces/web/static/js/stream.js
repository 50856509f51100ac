// Server-sent events by fetch, so that the token stays in a header. After a cut it goes on from the
// number it had: nothing missed; and what comes twice is dropped by number in reduce().

import { pause } from "./api.js";
import { t } from "./words.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15000;
const SILENCE_MS = 30000; // the server's heart beats every 10 s

/** Follows one stream until stop() is called. */
export class Stream {
  constructor({ path, api, lastId, onEvent, onState }) {
    this.path = path;
    this.api = api;
    this.lastId = lastId;
    this.onEvent = onEvent;
    this.onState = onState;
    this.stopped = false;
    this.wait = FIRST_WAIT_MS;
  }

  stop() {
    this.stopped = true;
    this.abort?.abort();
  }

  /** The line is known to be gone: do not wait for silence to say so. */
  cut() {
    this.abort?.abort();
  }

  async run() {
    while (!this.stopped) {
      this.onState("connecting");
      try {
        await this.#once();
        this.onState("cut", t("the server ended the stream"));
      } catch (error) {
        if (error.fatal) { this.onState("refused", error.message); return; }
        this.onState("cut", error.name === "AbortError" ? t("nothing heard") : error.message);
      }
      if (this.stopped) return;
      await pause(this.wait);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
    }
  }

  async #once() {
    this.abort = new AbortController();
    const headers = this.api.headers({ Accept: "text/event-stream" });
    const last = this.lastId();
    if (last !== null) headers["Last-Event-ID"] = String(last);
    const response = await fetch(this.path, { headers, signal: this.abort.signal, cache: "no-store" });
    if (!response.ok) {
      const error = new Error(`the server answered ${response.status}`);
      throw Object.assign(error, { fatal: response.status === 401 || response.status === 403 });
    }
    this.wait = FIRST_WAIT_MS;
    this.onState("live");
    const parser = new Parser((event) => this.onEvent(event));
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let timer = null;
    const arm = () => { clearTimeout(timer); timer = setTimeout(() => this.abort.abort(), SILENCE_MS); };
    try {
      for (arm(); ; arm()) {
        const { done, value } = await reader.read();
        if (done) return;
        this.api.contact();
        parser.feed(value);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The line format of server-sent events (WHATWG HTML 9.2.6), fed piece by piece. */
export class Parser {
  constructor(onEvent) {
    this.onEvent = onEvent;
    this.rest = []; // pieces of a line whose end has not come: looked at once, however long it is
    this.#clear();
  }

  feed(piece) {
    // A CR at the very end may be half of a CRLF: it waits for the next piece.
    const lines = (this.rest.at(-1) === "\r" ? this.rest.pop() + piece : piece).split(/\r\n|\n|\r(?!$)/);
    for (let i = 0; i + 1 < lines.length; i += 1) {
      this.rest.push(lines[i]);
      this.#line(this.rest.length > 1 ? this.rest.join("") : lines[i]);
      this.rest = [];
    }
    const last = lines.at(-1);
    if (last.endsWith("\r")) this.rest.push(last.slice(0, -1), "\r");
    else if (last) this.rest.push(last);
  }

  #clear() {
    this.data = [];
    this.name = "message";
    this.id = null;
  }

  #line(line) {
    if (line === "") {
      if (this.data.length) this.onEvent({ id: this.id, event: this.name, data: this.data.join("\n") });
      this.#clear();
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.data.push(value);
    else if (field === "event") this.name = value;
    else if (field === "id") this.id = value;
  }
}

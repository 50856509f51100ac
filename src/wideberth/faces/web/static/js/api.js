// Asking the server. The token goes in a header, never in an address.

import { phrase, t } from "./words.js";

export class Problem extends Error {
  constructor(status, details) {
    super(details.detail || details.title || t("answer {status}", { status }));
    this.status = status;
    this.details = details;
    this.rule = String(details.rule ?? details.type ?? "").split(/[/:#]/).pop();
  }
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

/** Do work again and again while the line is cut or the server is full. The work has to be such that
 * doing it twice counts once. waits(why) is told when it has to wait, and null when it need not.
 * @param {() => Promise<any>} work
 * @param {{waits?: (why: string | null) => void, stopped?: () => boolean}} [heard] */
export async function patiently(work, { waits = () => {}, stopped = () => false } = {}) {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
      const done = await work();
      waits(null);
      return done;
    } catch (error) {
      const again = error instanceof TypeError || (error instanceof Problem && error.status === 503);
      if (!again || stopped()) { waits(null); throw error; }
      waits(phrase("not sent yet: no connection. It goes out, once, when the line is back"));
      await pause(wait);
    }
  }
}

/** Some time, or until the browser says that it has a line again. */
export function pause(ms) {
  return new Promise((resume) => {
    const done = () => { clearTimeout(timer); globalThis.removeEventListener("online", done); resume(); };
    const timer = setTimeout(done, ms);
    globalThis.addEventListener("online", done); // of a page, or of a worker
  });
}

/** Asks and answers as JSON; contact() is called whenever the server said anything at all, refused() when
 * it no longer takes the token. The token may be replaced by the next one of the same party. */
export class Api {
  constructor(token, contact, refused = () => {}) {
    this.token = token;
    this.contact = contact;
    this.refused = refused;
  }

  headers(extra = {}) {
    /** @type {Record<string, string>} */
    const headers = { Accept: "application/json", ...extra };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    return headers;
  }

  async get(path) {
    return this.#answer(await fetch(path, { headers: this.headers(), cache: "no-store" }));
  }

  async text(path) {
    const response = await fetch(path, { headers: this.headers({ Accept: "text/plain" }), cache: "no-store" });
    this.contact();
    if (response.status === 401) this.refused();
    if (!response.ok) throw new Problem(response.status, {});
    return response.text();
  }

  /** A write under a key of its own: trying it again after a cut does it once. signal: takes it back
   * while nobody answered; for questions, which change nothing. */
  async post(path, body, key, { method = "POST", signal = undefined } = {}) {
    return this.#answer(
      await fetch(path, {
        method, signal,
        headers: this.headers({ "Content-Type": "application/json", "Idempotency-Key": key }),
        body: JSON.stringify(body),
      }),
    );
  }

  /** A statement in the place of a body; what it is asked under stands in it. */
  async postSigned(path, statement, method = "POST") {
    return this.#answer(
      await fetch(path, {
        method, headers: this.headers({ "Content-Type": "application/jose" }), body: statement,
      }),
    );
  }

  /** The same with another token, or with the same where that is null. */
  as(token) {
    return token ? new Api(token, this.contact) : this;
  }

  /** All pages of a list, up to a bound; says whether it is all of it. */
  async all(path, member, most = 1000) {
    const items = [];
    let cursor = null;
    let rest = null;
    do {
      const glue = path.includes("?") ? "&" : "?";
      const page = await this.get(cursor ? `${path}${glue}cursor=${encodeURIComponent(cursor)}` : path);
      items.push(...(page[member] ?? []));
      rest = page.rests_on ?? rest;
      cursor = page.next ?? null;
    } while (cursor && items.length < most);
    return { items, complete: !cursor, restsOn: rest };
  }

  async #answer(response) {
    this.contact();
    const text = await response.text();
    let body = {};
    try {
      body = text ? JSON.parse(text) : {};
    } catch {
      body = { detail: t("the answer was not JSON") };
    }
    if (response.status === 401) this.refused();
    if (!response.ok) throw new Problem(response.status, body);
    return body;
  }
}

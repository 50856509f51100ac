// Positions of tracks, read by a worker (positionswork.js): the page takes them a part at a time.

const WORKER = new URL("./positionswork.js", import.meta.url).href;

/** Follows the positions until stop() is called. onTracks(tracks): some that changed, as the page has
 * them; onHeld(ids): all that the server holds; onMissed(count); onState(is, why); contact(). */
export class Positions {
  constructor({ token, ...told }) {
    Object.assign(this, told);
    this.token = token;
  }

  run() {
    this.onState("connecting");
    this.worker = new Worker(WORKER, { type: "module" });
    this.worker.addEventListener("message", ({ data }) => this.#on(data));
    this.worker.addEventListener("error", (event) => this.onState("refused", event.message || "the worker did not start"));
    this.worker.postMessage({ type: "follow", token: this.token });
  }

  /** Ask for all that the server holds. */
  ask() { this.worker?.postMessage({ type: "ask" }); }

  /** The line is known to be gone: do not wait for silence to say so. */
  cut() { this.worker?.postMessage({ type: "cut" }); }

  stop() {
    this.worker?.terminate();
    this.worker = null;
  }

  #on(data) {
    if (data.type === "tracks") this.onTracks(data.tracks);
    else if (data.type === "held") this.onHeld(data.ids);
    else if (data.type === "missed") this.onMissed(data.count);
    else if (data.type === "state") this.onState(data.is, data.why);
    else this.contact();
  }
}

// The worker that reads positions: it follows their stream and asks for all that the server holds, so
// that ten thousand of them a second are parsed beside the page and not in it. To the page it hands
// what changed, the newest of each track, a part at a time.

import { Api, pause } from "./api.js";
import { trackOf } from "./shape.js";
import { Stream } from "./stream.js";

const EVERY_MS = 90; // between two parts
const LEAST = 250; // tracks in a part; more where many wait, so that they are out within a second
const PAGE = 500;
const BETWEEN_PAGES_MS = 250;
const CONTACT_MS = 250;
const AREA = `/api/v1/tracks?south=-90&west=-180&north=90&east=180&limit=${PAGE}`;

const waiting = new Map(); // track id: as it was told last
const seen = new Set(); // ids that came by the stream since all was asked for
let [timer, contacted, asking, api, stream] = [null, 0, false, null, null];

function contact() {
  const now = Date.now();
  if (now - contacted < CONTACT_MS) return;
  contacted = now;
  postMessage({ type: "contact" });
}

/** Hand on a part of what waits. */
function part() {
  timer = null;
  if (!waiting.size) return;
  const most = Math.max(LEAST, Math.ceil(waiting.size / 10));
  const tracks = [];
  for (const [id, track] of waiting) {
    waiting.delete(id);
    tracks.push(track);
    if (tracks.length === most) break;
  }
  postMessage({ type: "tracks", tracks });
  if (waiting.size) timer = setTimeout(part, EVERY_MS);
}

function take(items) {
  for (const item of items) {
    const track = trackOf(item);
    const before = waiting.get(track.id);
    if (!before || before.timeMs <= track.timeMs) waiting.set(track.id, track);
  }
  timer ??= setTimeout(part, 0);
}

/** All that the server holds, page by page; then which those are: what is not among them is lost. */
async function ask() {
  if (asking) return; // the next beat asks again
  asking = true;
  seen.clear();
  try {
    const held = new Set();
    let cursor = null;
    do {
      const answer = await api.get(cursor ? `${AREA}&cursor=${encodeURIComponent(cursor)}` : AREA);
      const items = answer.tracks ?? [];
      take(items);
      for (const item of items) held.add(`${item.feed_party ?? ""}/${item.track}`);
      cursor = answer.next ?? null;
      if (cursor) await pause(BETWEEN_PAGES_MS);
    } while (cursor);
    while (waiting.size) await pause(EVERY_MS); // what is told comes before what is held
    for (const id of seen) held.add(id); // came by the stream meanwhile
    postMessage({ type: "held", ids: [...held] });
  } catch { /* asked again with the next beat; the page says meanwhile how old its last contact is */ }
  asking = false;
}

function onEvent({ data }) {
  let said = {};
  try { said = JSON.parse(data); } catch { return; }
  if (said.missed) postMessage({ type: "missed", count: said.missed });
  const items = said.tracks ?? (said.track ? [said] : []);
  if (asking) for (const item of items) seen.add(`${item.feed_party ?? ""}/${item.track}`);
  take(items);
}

const DO = {
  follow: ({ token }) => {
    api = new Api(token, contact);
    stream = new Stream({
      path: "/api/v1/tracks/stream", api, lastId: () => null, onEvent,
      onState: (is, why) => postMessage({ type: "state", is, why }),
    });
    stream.run();
  },
  ask,
  cut: () => stream?.cut(),
};

onmessage = ({ data }) => DO[data.type](data);

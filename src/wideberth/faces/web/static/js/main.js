// Where everything meets: one state, reduce(), render(); and the asking of the server around them.

import { Api, Problem } from "./api.js";
import { giveColours } from "./colours.js";
import { Alerts, titleOf } from "./alerts.js";
import * as agreements from "./agreements.js";
import * as drills from "./drills.js";
import * as inbox from "./inbox.js";
import * as incidents from "./incidents.js";
import * as picture from "./picture.js";
import * as record from "./record.js";
import { Renewal } from "./renewal.js";
import * as replay from "./replay.js";
import { Confidant } from "./confidant.js";
import { due } from "./due.js";
import { at, setText, tick, toast } from "./dom.js";
import { goneText, h } from "./text.js";
import * as sealed from "./sealed.js";
import { shell } from "./shell.js";
import { StopDesk } from "./stop.js";
import * as tell from "./tell.js";
import * as write from "./write.js";
import { Signer } from "./signer.js";
import { EMPTY, STALE_AFTER, reduce, serverNow } from "./state.js";
import { Positions } from "./positions.js";
import { Stream } from "./stream.js";
import { claims, whyRefused } from "./credential.js";
import { Views } from "./views.js";
import { Waiting, markRead } from "./waiting.js";
import { languageControls, t, unreviewed } from "./words.js";

const KEY = "wideberth.token";
const ASK_AGAIN_MS = 250; // events that come together are asked about together
const LOOK_MS = 400; // between looks at what is to be done, for the sound and the title
const BEAT_MS = 3000; // for what has no event of its own: others' intents, the checkpoint
const ALL = "south=-90&west=-180&north=90&east=180&limit=500";

let state = { ...EMPTY, browserMs: Date.now() };
let api = null;
let signer = null;
let confidant = null;
let waiting = null;
let running = [];
let positions = null;
let drawing = false;
let todo = []; // of due(), as it was looked at last
let lookedMs = 0;
let entered = false; // the server has taken the token: there is something that a view may hold

const ANYBODYS = new Set(["space", "tracks"]); // answered to anybody, or by a worker
const OUTSIDE = new Set(["signed-in", "signed-out", "space", "tick", "line", "contact"]);

function dispatch(event) {
  if (!api && !OUTSIDE.has(event.type)) return; // an answer that comes after the sign-out is nobody's
  state = reduce(state, event);
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    giveColours(Object.keys(state.parties));
    if (Date.now() - lookedMs >= LOOK_MS) {
      lookedMs = Date.now();
      todo = api ? due(state, serverNow(state)) : [];
      alerts.look(todo);
    }
    shell(state, titleOf(todo));
    renewal.update(api ? state.session : null);
    if (api) stops.draw(state);
    views.update(state);
    tick(serverNow(state));
  });
}

const contact = () => dispatch({ type: "contact", browserMs: Date.now() });

const ASK = {
  space: async () => dispatch({ type: "space", space: await api.get("/api/v1/space"), browserMs: Date.now() }),
  parties: async () => dispatch({ type: "parties", ...(await api.all("/api/v1/parties", "parties")) }),
  intents: async () => dispatch({ type: "intents", ...(await api.all(`/api/v1/intents?${ALL}`, "intents")) }),
  shared: async () => dispatch({ type: "shared", ...(await api.all("/api/v1/shared", "shared")) }),
  zones: async () => dispatch({ type: "zones", ...(await api.all(`/api/v1/zones?${ALL}`, "zones")) }),
  notices: async () => dispatch({ type: "notices", ...(await allNotices()) }),
  feeds: async () => dispatch({ type: "feeds", ...(await api.all("/api/v1/feeds", "feeds")) }),
  channels: async () => dispatch({ type: "channels", ...(await api.all("/api/v1/channels", "channels")) }),
  hazards: async () => dispatch({ type: "hazards", ...(await api.all("/api/v1/hazards", "hazards")) }),
  stops: async () => dispatch({ type: "stops", ...(await api.all("/api/v1/stops", "stops")) }),
  drills: async () => dispatch({ type: "drills", ...(await api.all("/api/v1/drills?state=waiting", "drills")) }),
  tests: async () => dispatch({ type: "tests", tests: await api.get("/api/v1/read-back-tests") }),
  consents: async () => dispatch({ type: "consents", ...(await api.all("/api/v1/consents", "consents")) }),
  doubts: async () => dispatch({ type: "doubts", ...(await api.all("/api/v1/doubts", "doubts")) }),
  sites: async () => dispatch({ type: "sites", ...(await api.all("/api/v1/sites?whose=own", "sites")) }),
  agreed: async () => dispatch({ type: "agreed", ...(await allAgreed()) }),
  waits: async () => dispatch({ type: "waits", ...(await waiting.ask()) }),
  reach: async () => dispatch({ type: "reach", ...(await api.all("/api/v1/notices/unreached", "unreached")) }),
  warnings: async () => dispatch({ type: "warnings", ...(await api.all("/api/v1/warnings", "warnings")) }),
  tracks: async () => positions?.ask(),
  backlog: async () => dispatch({ type: "backlog", backlog: await api.get("/api/v1/backlog?limit=1000") }),
  checkpoint: async () => dispatch({ type: "checkpoint", text: await api.text("/api/v1/record/checkpoint") }),
};

/** Notices have numbers, not pages of a cursor. */
async function allNotices() {
  const items = [];
  let after = 0;
  for (let page = 0; page < 20; page += 1) {
    const answer = await api.get(`/api/v1/notices?state=all&after=${after}&limit=500`);
    items.push(...(answer.notices ?? []));
    if (!answer.next || !answer.notices?.length) return { items, complete: true };
    after = Math.max(...answer.notices.map((notice) => notice.number));
  }
  return { items, complete: false };
}

const terms = new Map(); // "agreement/version": its terms, which never change

/** The agreements in force of the reader's party, each with what it provides for; and when each party
 * last proposed or signed one that concerns it. */
async function allAgreed() {
  const { party } = state.session;
  const all = (await api.all("/api/v1/agreements", "agreements")).items;
  const said = {};
  const note = (who, time) => { if (who && time) said[who] = Math.max(said[who] ?? -Infinity, Date.parse(time)); };
  for (const each of all) {
    note(each.party, each.proposed);
    for (const one of each.signatures ?? []) note(one.party, one.time);
  }
  const inForce = all.filter((each) => each.state === "in-force" && each.parties.includes(party));
  const items = await Promise.all(inForce.map(async ({ agreement, version, title, parties, expires }) => {
    const key = `${agreement}/${version}`;
    if (!terms.has(key)) terms.set(key, (await api.get(`/api/v1/agreements/${encodeURIComponent(agreement)}?version=${version}`)).terms?.provisions ?? []);
    const isRenewed = all.some((each) => each.agreement === agreement && each.version > version && ["proposed", "signed"].includes(each.state));
    return { id: agreement, version, title, parties, expiresMs: Date.parse(expires), isRenewed, provisions: terms.get(key) };
  }));
  const waits = (each) => each.state === "proposed" && each.unsigned?.some((one) => one.party === party);
  const proposals = all.filter(waits).map(({ agreement, version, title, party: by, answer_by: until }) => ({ id: agreement, version, title, by, answerByMs: Date.parse(until) }));
  return { items, proposals, said };
}

const wanted = new Set();
let timer = null;

/** Ask for these again soon, all at once however many events said so. */
function ask(...names) {
  for (const name of names) wanted.add(name);
  timer ??= setTimeout(async () => {
    const now = [...wanted];
    wanted.clear();
    await Promise.allSettled(now.map(one));
    timer = null;
    if (wanted.size) ask();
  }, ASK_AGAIN_MS);
}

async function one(name) {
  if (!api || renewal.isOver) return;
  const asked = api;
  try {
    await ASK[name]();
    if (api === asked && !ANYBODYS.has(name)) entered = true;
  } catch (error) {
    if (!(error instanceof Problem) && !(error instanceof TypeError)) throw error;
  }
}

function signIn(token) {
  const session = claims(token);
  if (!session) { signOut(t("This is no token: it has to have three parts with dots between. Copy all of the line that wideberth token printed.")); return; }
  sessionStorage.setItem(KEY, token);
  api = new Api(token, contact, refused);
  entered = false;
  dispatch({ type: "signed-in", session });
  signer = new Signer({ api, party: session.party });
  signer.panels.add(() => ask("tests"));
  waiting = new Waiting(api, session.party);
  terms.clear();
  confidant = new Confidant({ api, party: session.party, signer });
  at("main").hidden = false; // before a view measures its room
  views.follow();
  ask(...Object.keys(ASK));
  listen();
}

/** The token is taken no longer. Before anything was shown there is nothing to keep: sign in anew. */
function refused() {
  if (!api || renewal.isOver) return;
  const why = whyRefused(state.session, Date.now());
  if (!entered) { signOut(why); return; }
  hush();
  renewal.over(why);
}

/** The same session with the next token: views, forms and what waits to be sent go on. */
function goOn(token, session) {
  sessionStorage.setItem(KEY, token);
  api.token = token;
  dispatch({ type: "signed-in", session });
  hush();
  listen();
  ask(...Object.keys(ASK));
}

function hush() {
  for (const stream of running) stream.stop();
  running = [];
  positions = null;
}

function listen() {
  const events = new Stream({
    path: "/api/v1/stream",
    api,
    lastId: () => state.lastId,
    onEvent,
    onState: (is, why) => {
      dispatch({ type: "stream", name: "events", is, why, browserMs: Date.now() });
      if (is === "live") ask("intents", "shared", "zones", "notices", "warnings", "channels", "hazards", "stops", "drills", "reach", "backlog", "waits", "agreed", "consents", "doubts", "sites");
      if (is === "refused") refused();
    },
  });
  positions = new Positions({
    token: api.token,
    contact,
    onTracks: (tracks) => dispatch({ type: "tracks", tracks }),
    onHeld: (ids) => dispatch({ type: "held", ids }),
    onMissed: (count) => dispatch({ type: "missed", count }),
    onState: (is, why) => {
      dispatch({ type: "stream", name: "tracks", is, why, browserMs: Date.now() });
      if (is === "live") ask("tracks");
    },
  });
  running = [events, positions];
  for (const stream of running) stream.run();
}

function signOut(fault) {
  sessionStorage.removeItem(KEY);
  hush();
  renewal.reset();
  signer?.stop();
  signer = null;
  confidant = null;
  api = null;
  views.close();
  stops.reset();
  dispatch({ type: "signed-out", fault });
}

function onEvent({ id, event, data }) {
  let said = {};
  try { said = JSON.parse(data); } catch { return; }
  const before = state;
  dispatch({ type: "event", id, event, data: said });
  if (state === before) return; // it was seen already
  if (event === "drill" && said.change === "missed" && said.recipient === state.session?.party) {
    toast(t("A drill message to you was missed: no notice. It can still be answered, late,"), { text: t("under Drills"), href: "#/drills" });
  }
  if (event === "gap") {
    toast(goneText(state.gone));
    ask(...Object.keys(ASK)); // what stands is what the record holds now
  }
  for (const listener of listeners) listener({ id, event, data: said });
  if (event === "incident") waiting.changed(said.incident);
  ask(...(STALE_AFTER[event] ?? []), "checkpoint");
}

const actions = {
  received: async (notice) => {
    dispatch({ type: "asking", notice });
    try {
      await api.post(
        `/api/v1/notices/${encodeURIComponent(notice)}/acknowledgements`,
        { verb: "RECEIVED" },
        crypto.randomUUID(),
      );
      dispatch({ type: "asked", notice });
    } catch (error) {
      dispatch({ type: "asked", notice, fault: error.message });
    }
    ask("notices");
  },
  select: (what) => { dispatch({ type: "select", what }); views.show("picture", what, state); },
  pick: () => views.pick("picture"),
  test: () => views.show("drills", "test", state), // where the read-back test is sat
  openOf: (subject, draft = null) => views.show("incidents", { subject, draft }, state), // the form of an incident of it
  incidentRead: (id) => { if (markRead(id)) ask("waits"); },
  signOut: () => signOut(),
};

const listeners = new Set();

const alerts = new Alerts();
const renewal = new Renewal({ renewed: goOn, leave: () => signOut() });

const context = {
  alerts,
  get api() { return api; },
  get session() { return state.session; },
  get signer() { return signer; },
  get confidant() { return confidant; },
  state: () => state,
  now: () => serverNow(state),
  onEvent: (listener) => { listeners.add(listener); return () => listeners.delete(listener); },
  refresh: (...names) => ask(...names),
  go: (name, what) => views.go(name, what),
  stands: (what) => views.stands(what),
  actions,
};
const views = new Views({ picture, inbox, write, tell, agreements, incidents, drills, sealed, replay, record }, context);
const stops = new StopDesk(context);

/** The token from the address, which loses it at once, or from this tab's own store. */
function tokenGiven() {
  const found = /(?:^#|&)token=([^&]+)/.exec(location.hash);
  const view = /^#\/[^&]*/.exec(location.hash)?.[0] ?? "";
  if (found) history.replaceState(null, "", location.pathname + location.search + view);
  return found ? decodeURIComponent(found[1]) : sessionStorage.getItem(KEY);
}

at("sign-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = at("token");
  const token = field.value.trim();
  if (!token) { dispatch({ type: "signed-out", fault: t("Paste the token of your party first.") }); field.focus(); return; }
  field.value = "";
  signIn(token);
});

// A token is one line, which may be shown on several: Enter ends it.
at("token").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

at("sign-out").addEventListener("click", actions.signOut);

at("language").append(...languageControls(h, () => location.reload()));
setText(at("unreviewed"), unreviewed() ?? "");
at("unreviewed").hidden = !unreviewed();

const token = tokenGiven();
if (token) {
  signIn(token);
} else {
  const open = new Api(null, contact);
  dispatch({ type: "signed-out" });
  open.get("/api/v1/space")
    .then((space) => dispatch({ type: "space", space, browserMs: Date.now() }))
    .catch(() => dispatch({ type: "signed-out", fault: t("The server does not answer.") }));
}

window.addEventListener("offline", () => { dispatch({ type: "line", offline: true }); for (const stream of running) stream.cut(); });
window.addEventListener("online", () => { dispatch({ type: "line", offline: false }); if (api) ask(...Object.keys(ASK)); });

setInterval(() => dispatch({ type: "tick", browserMs: Date.now() }), 500);
setInterval(() => { if (api) ask("space", "intents", "shared", "zones", "warnings", "tracks", "feeds", "channels", "checkpoint"); }, BEAT_MS);
setInterval(() => { if (api) ask("parties", "notices", "hazards", "stops", "drills", "tests", "reach", "consents", "doubts", "sites"); }, 5 * BEAT_MS);

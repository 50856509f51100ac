// What waits in incidents for the reader's party: questions to it, results to receipt, and incidents
// in which somebody named it and that nobody opened in this browser. It is in no list of notices,
// so it is counted beside the way to the incidents and stands in the list of what there is to do.

import { partyName } from "./dom.js";
import { plain } from "./text.js";
import { waitsFor as questionWaits } from "./questions.js";
import { waitsFor as resultWaits } from "./inquiries.js";

const LOOKED_INTO = 20; // of the newest incidents, as in their list
const MORE = { questions: "questions", inquiries: "results" };
const READ = "wideberth.incidents-read";

/** Incidents that were opened in this browser, kept by it so that a reload knows them. */
function readHere() {
  try { return new Set(JSON.parse(localStorage.getItem(READ)) ?? []); } catch { return new Set(); }
}

/** Say that an incident was opened here. Gives back whether that is new. */
export function markRead(id) {
  const read = readHere();
  if (read.has(id)) return false;
  try { localStorage.setItem(READ, JSON.stringify([...read, id].slice(-500))); } catch { return false; }
  return true;
}

/** Asks for incidents, and keeps what was read until an event says that it changed. */
export class Waiting {
  constructor(api, party) {
    Object.assign(this, { api, party });
    this.whole = new Map();
  }

  changed(incident) { this.whole.delete(incident); }

  /** {items, said}: what waits, and when each party was last heard of in what may be read. */
  async ask() {
    const heads = (await this.api.all("/api/v1/incidents", "incidents")).items;
    const newest = heads.sort((a, b) => b.opened.localeCompare(a.opened)).slice(0, LOOKED_INTO);
    const unread = newest.filter(({ id }) => !this.whole.has(id));
    await Promise.allSettled(unread.map(async ({ id }) => this.whole.set(id, await this.#read(id)))); // what failed is asked for next time
    const found = newest.map((each) => this.whole.get(each.id)).filter(Boolean);
    const read = readHere();
    return { items: found.flatMap((seen) => waitsIn(seen, this.party, read)), said: saidIn(found) };
  }

  async #read(id) {
    const path = `/api/v1/incidents/${encodeURIComponent(id)}`;
    const seen = await this.api.get(path);
    for (const name of seen.more.filter((each) => each in MORE)) seen[name] = (await this.api.all(`${path}/${MORE[name]}`, MORE[name])).items;
    return seen;
  }
}

/** What of one incident waits for a party. */
export function waitsIn(seen, party, read) {
  const of = { incident: seen.id, title: seen.title };
  const own = seen.accounts[party] ?? seen.observer_accounts[party];
  const isNew = own && own.by !== party && !own.account && !read.has(seen.id);
  return [
    ...seen.questions.filter((each) => questionWaits(each, party)).map((each) => ({
      ...of, key: each.id, kind: "question", by: each.asker, urgent: each.urgent, dueMs: Date.parse(each.due), overdue: Boolean(each.overdue),
    })),
    ...seen.inquiries.filter((each) => resultWaits(each, party)).map((each) => ({ ...of, key: each.id, kind: "result", by: each.party, dueMs: NaN, overdue: Boolean(each.overdue) })),
    ...(isNew ? [{ ...of, key: `named ${seen.id}`, kind: "named", by: own.by, sinceMs: Date.parse(own.named), dueMs: NaN, overdue: false }] : []),
  ];
}

/** party: when it last said something in incidents that may be read, in ms. */
function saidIn(incidents) {
  const said = {};
  const note = (party, time) => { if (party && time) said[party] = Math.max(said[party] ?? -Infinity, Date.parse(time)); };
  for (const seen of incidents) {
    note(seen.opened_by, seen.opened);
    for (const [party, { account }] of [...Object.entries(seen.accounts), ...Object.entries(seen.observer_accounts)]) note(party, account?.given);
    for (const each of seen.questions) for (const one of each.said) note(one.party, one.time);
  }
  return said;
}

const SAYS = {
  question: (item, name) => `Answer a question of ${name}`,
  result: (item, name) => `Receipt the result of an inquiry of ${name}`,
  named: (item, name) => `${name} named your party in an incident`,
};

export const wordsFor = (state, item) => SAYS[item.kind](item, plain(partyName(state, item.by), 60));

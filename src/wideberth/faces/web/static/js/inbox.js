// The view of the inbox: all that there is to do now in one list, what is most pressing first, as due.js
// orders it. A notice leaves it when every unit on its list has it; RECEIVED ends nothing, and silence
// is no answer. What is no notice is drawn by tasks.js.

import { patiently } from "./api.js";
import { VERBS, answerForm, differenceText } from "./answer.js";
import { NO_INFORMATION, SENTENCE, aged, intentName, namesParty, partText, partyName, rows, setText, swatch } from "./dom.js";
import { whyLate } from "./lateness.js";
import { bothText, dayTime, nameOf, ownName, ownThing, radiusOf, theirLine, theirPhase, whereText } from "./meets.js";
import { Backlog } from "./backlog.js";
import { changeItems } from "./changes.js";
import { aboutOf, isInForce, isOwn, isVacant, kindOf, stepsOf, windowOf } from "./desk.js";
import { due } from "./due.js";
import { serverNow } from "./state.js";
import { SigningPanel } from "./signing.js";
import { SentList } from "./sent.js";
import { DrillAnswers } from "./drill.js";
import { isUntested, testAsked } from "./readback.js";
import { ReadStops } from "./stopsread.js";
import { namesOf, taskBody } from "./tasks.js";
import { contactText, h, plain, utc, utcShort, wordsOf } from "./text.js";

const TEN_MINUTES_MS = 600000; // before and after, as the stream's own proposals have it
const MOST = 200; // cards at a time: the most pressing ones
const WAIT_FOR_TEST = new Set(["READ-BACK", "PASSED-DOWN", "LOADED"]);
const POSTS = { alternate: "the alternate", senior: "the senior post", neutral: "the neutral", political: "the political level", duty: "the duty desk" };

export function mount(root, context) {
  return new Inbox(root, context);
}

class Inbox {
  constructor(root, context) {
    Object.assign(this, { root, context });
    this.forms = new Map(); // notice id: {verb, node}
    this.said = new Map(); // notice id: {waits} or {fault}
    this.changes = new Map(); // "id v": what differs from the version before, or null while asked
    this.order = [];
    this.state = context.state();
    this.list = h("div", { class: "cards", id: "inbox" });
    this.count = h("small", { id: "n-inbox" });
    const signing = h("div", { class: "signing" });
    const backlog = h("div", { id: "backlog" });
    const stops = h("div", {});
    const sent = h("div", { class: "cards", id: "sent" });
    const drills = h("div", { class: "cards", id: "inbox-drills" });
    this.drilled = h("section", { class: "drilled", "aria-labelledby": "h-drilled", hidden: true },
      h("h2", { id: "h-drilled" }, "Drill messages to answer: no notices"), drills);
    root.replaceChildren(h("div", { class: "sheet inbox" },
      h("section", { class: "todo", "aria-labelledby": "h-inbox" },
        h("h2", { id: "h-inbox", tabindex: "-1", "data-first": true }, "What do I have to do now ", this.count),
        signing, this.list, stops, backlog, context.alerts.awayChoice()),
      h("div", {}, this.drilled,
        h("section", { class: "told", "aria-labelledby": "h-sent" },
          h("h2", { id: "h-sent", tabindex: "-1" }, "What you told, and how far it came"), sent))));
    this.drills = new DrillAnswers(drills, context, { empty: "", signing: () => Boolean(this.signing?.ready), done: () => context.refresh("drills") });
    this.backlog = new Backlog(backlog);
    this.stops = new ReadStops(stops, context);
    this.sent = new SentList(sent, context);
    this.signing = new SigningPanel(signing, context, () => this.update(this.context.state()));
    context.signer.onWait = (why) => this.#waits(why);
  }

  unmount() {
    this.root.replaceChildren();
  }

  update(state) {
    this.state = state;
    const now = serverNow(state);
    const all = this.#ordered(due(state, now, this.signing?.ready ? testAsked(state.tests, this.#keyId, now) : null).filter((item) => item.source !== "stop")); // STOPs stand above every view
    const notices = all.filter((item) => item.source === "notice").length;
    const hard = all.filter((item) => item.source === "notice" && isInForce(state, item.thing, now)).length;
    const open = all.slice(0, MOST);
    const more = all.length > MOST ? `, the first ${MOST} are shown` : "";
    const others = all.length > notices ? `, ${all.length - notices} other ${all.length - notices === 1 ? "thing" : "things"} to do` : "";
    setText(this.count, `${notices} ${notices === 1 ? "notice" : "notices"} open${hard ? `, ${hard} of a hazard in force` : ""}${others}${more}`);
    rows(this.list, open.map((item) => ({ key: item.key, shows: "", make: () => this.#shell(item) })),
      state.loaded.notices ? `Nothing is open. ${NO_INFORMATION}` : "Asking …");
    for (const item of open) {
      if (item.source === "notice") this.#fill(item.thing, now);
      else this.#fillTask(item);
    }
    this.backlog?.update(state);
    this.stops?.update(state, now);
    this.sent?.update(state);
    const drills = Object.values(state.drills).filter((drill) => drill.recipient === state.session?.party);
    this.drilled.hidden = !drills.length;
    this.drills?.update(drills.sort((a, b) => a.dueMs - b.dueMs));
  }

  get #keyId() { return this.signing?.ready ? this.context.signer.key?.keyId : null; }

  /** Whether answers with this browser's key wait for its read-back test. */
  get #untested() { return isUntested(this.state.tests, this.#keyId); }

  show(what) {
    this.list.querySelector(`[data-key="${CSS.escape(what)}"]`)?.scrollIntoView({ block: "nearest" });
  }

  /** While somebody fills in a form nothing moves under their hands; what is new comes on top. */
  #ordered(open) {
    for (const key of [...this.forms.keys()]) if (!open.some((item) => item.key === key)) this.forms.delete(key);
    if (this.forms.size) {
      const before = new Map(this.order.map((key, index) => [key, index]));
      open.sort((a, b) => (before.get(a.key) ?? -1) - (before.get(b.key) ?? -1));
    }
    this.order = open.map((item) => item.key);
    return open;
  }

  /** A card whose inside is redrawn and whose form is left alone. */
  #shell({ source, thing }) {
    const attributes = source === "notice" ? { class: "card task", "aria-labelledby": `task-${thing.number}` } : { class: "card due", "data-source": source };
    return h("article", attributes, h("div", { class: "body" }), h("div", { class: "slot" }));
  }

  /** The card with its form, where one is open, in its slot. */
  #card(key) {
    const card = this.list.querySelector(`:scope > [data-key="${CSS.escape(key)}"]`);
    const form = this.forms.get(key);
    const slot = card.querySelector(":scope > .slot");
    if (form && slot.firstChild !== form.node) slot.replaceChildren(form.node);
    if (!form && slot.firstChild) slot.replaceChildren();
    return card;
  }

  #fillTask(item) {
    const { state } = this;
    const card = this.#card(item.key);
    card.className = `card due${item.order[0] <= 1 ? " in-force" : item.isOverdue ? " is-overdue" : ""}`;
    const said = this.said.get(item.key);
    const open = this.forms.get(item.key)?.verb;
    const { session } = this.context;
    rows(card.querySelector(":scope > .body"), [{
      key: "body", shows: [item.thing, item.isOverdue, Number.isFinite(item.atMs) && item.atMs, said, open, this.signing?.ready, namesOf(state, item)],
      make: () => taskBody(state, item, {
        context: this.context, said, open, signs: Boolean(this.signing?.ready), tested: item.source === "test" ? item.thing : null,
        may: (role) => session.roles.includes(role),
        ask: (label, make) => this.#ask(item.key, label, make),
        run: (act) => this.#run(item.key, act),
      }),
    }], "");
  }

  /** Open the small form of a row, or close it. */
  #ask(key, label, make) {
    const back = () => {
      this.forms.delete(key);
      this.update(this.context.state());
      this.list.querySelector(`[data-focus="${CSS.escape(`${label} ${key}`)}"]`)?.focus();
    };
    if (this.forms.get(key)?.verb === label) { back(); return; }
    const node = make(back);
    this.forms.set(key, { verb: label, node });
    this.update(this.context.state());
    node.querySelector("textarea, input, select, button")?.focus();
  }

  /** Do it once, and say beside the row what was wrong. */
  async #run(key, act) {
    this.#mark(key, { waits: "sending …" });
    try {
      await act();
      this.#mark(key, null);
    } catch (error) {
      this.#mark(key, { fault: error.message });
    }
  }

  #fill(notice, now) {
    const { state } = this;
    const card = this.#card(notice.id);
    const hazard = isInForce(state, notice, now);
    card.className = `card task u-${notice.urgency}${hazard ? " in-force" : ""}`;
    const form = this.forms.get(notice.id);
    const about = aboutOf(state, notice);
    const span = windowOf(state, notice);
    const phase = now < span.startMs ? "begins" : now <= span.endMs ? "ends" : "over";
    const changes = this.#changed(notice);
    const theirs = isOwn(state, notice) ? theirPhase(state, notice, about, now) : null;
    const why = whyLate(state, notice);
    rows(card.querySelector(".body"), [{
      key: "body",
      shows: [notice, hazard, phase, theirs, why, about?.startMs, about?.endMs, about?.version, about?.callSign, about?.placeName, state.hazards[about?.id]?.state, form?.verb, this.said.get(notice.id), this.signing?.ready, this.#untested, changes, partyName(state, about?.party ?? notice.sender)],
      make: () => this.#body(notice, { hazard, about, span, phase, theirs, why, changes, form }),
    }], "");
  }

  #body(notice, { hazard, about, span, phase, theirs, why, changes, form }) {
    const { state } = this;
    const steps = stepsOf(notice.answers, notice.units, notice.open);
    const version = notice.subject?.version ?? 1;
    // Whose it is: of a notice about the reader's own hazard, the party of what that touches.
    const party = about?.party ?? notice.clashes.find((clash) => clash.otherParty)?.otherParty ?? notice.sender;
    const contacts = [...new Set(notice.clashes.filter((clash) => clash.contact).map((clash) => contactText(clash.contact)))];
    const kind = kindOf(state, notice);
    const own = isOwn(state, notice);
    return h("div", {},
      h("p", { class: "line" },
        h("b", { class: "kind", id: `task-${notice.number}` }, hazard ? `${kind} IN FORCE` : kind),
        h("span", { class: `tag ${notice.urgency === "immediate" ? "bad" : ""}` }, notice.urgency.toUpperCase()),
        notice.withdrawal ? h("span", { class: "tag strong" }, "WITHDRAWN: take it off the list") : null,
        version > 1 && !notice.withdrawal ? h("span", { class: "tag strong" }, `AMENDED, version ${version}`) : null,
        notice.late ? h("span", { class: "tag bad" }, own ? "YOU TOLD IT LATE" : "LATE") : null,
        notice.escalation?.overdue ? h("span", { class: "tag bad" }, "OVERDUE") : null,
        state.hazards[about?.id] ? h("span", { class: "tag" }, `status: ${state.hazards[about.id].state}`) : null,
        h("span", { class: "age" }, `no. ${notice.number}, told ${utcShort(notice.issuedMs)}, `, aged("ago", notice.issuedMs))),
      why ? h("p", { class: "missing" }, `${own ? "You told it late" : "LATE"}: ${why}.`) : null,
      notice.conformance ? conformanceLines(notice.conformance) : notice.agreement ? agreementLines(state, notice) : [
        h("p", { class: "what" }, own ? ownName(state, notice, about) : [
          swatch(party), h("b", {}, plain(nameOf(state, about, notice), 60)),
          namesParty(state, nameOf(state, about, notice), party) ? null : [" of ", h("span", {}, plain(partyName(state, party), 60))], this.#touches(notice)]),
        about?.part ? h("p", { class: "dim" }, partText(about.part)) : null,
        h("p", { class: "num" }, own ? h("b", {}, "yours: ") : null, this.#where(notice, own ? ownThing(state, notice) : about),
          ` · ${dayTime(span.startMs)} to ${dayTime(span.endMs)} · `, aged(phase, phase === "begins" ? span.startMs : span.endMs)),
        theirs ? theirLine(about, theirs) : null,
        own && notice.clashes.length ? h("p", { class: "num" }, h("b", {}, "both: "), bothText(notice)) : null,
      ],
      notice.heldBy.length ? h("p", { class: "missing" }, `Stays open until ${plain(notice.heldBy.join(", "))} says that it need not be held.`) : null,
      notice.uncovered.length ? h("p", { class: "missing" }, `Not covered by any agreement here: ${plain(notice.uncovered.join(", "), 160)}`) : null,
      notice.doubts.map((doubt) => h("p", { class: doubt.state === "answered" ? "dim" : "missing" }, doubtText(doubt))),
      notice.protection ? h("p", { class: "dim" }, plain(notice.protection, 240)) : null,
      changes?.length ? h("ul", { class: "changes", "aria-label": "What changed" }, changeItems(changes)) : null,
      h("ol", { class: "steps", "aria-label": "How far it has come" },
        stepItem(true, "sent"), stepItem(steps.received, "received"),
        stepItem(steps.readBack, steps.misread.length ? "read back, does not match" : "read back", steps.misread.length > 0),
        stepItem(steps.passed.size > 0 && !steps.unpassed.length, `passed down${unitCount(steps.passed.size, notice.units.length)}`),
        stepItem(steps.isLoaded, `loaded${steps.attested ? ", attested" : ` at ${notice.units.length ? `${steps.loaded.size} of ${notice.units.length} units` : "the unit"}`}`)),
      steps.misread.length ? h("p", { class: "missing" }, steps.misread.map(differenceText).join("; ")) : null,
      missingText(steps).map((text) => h("p", { class: "missing" }, text)),
      steps.exits.map((answer) => h("p", { class: "missing" }, `${answer.verb} at ${utcShort(answer.timeMs)}: ${wordsOf(answer.reason)}`)),
      this.#escalation(notice),
      contacts.length ? h("p", {}, "Call: ", h("b", {}, plain(contacts.join("; "), 240))) : null,
      this.#actions(notice, steps, form),
      this.#incident(notice, about, span),
      notice.answers.length ? h("details", { class: "log" }, h("summary", {}, `Answers so far: ${notice.answers.length}`),
        h("ul", { class: "answers" }, notice.answers.map((answer) => h("li", {}, answerText(answer))))) : null,
      h("p", { class: "sentence" }, notice.sentence ?? SENTENCE));
  }

  /** A way to an incident of what a notice tells, filled with it; none is opened by itself. */
  #incident(notice, about, span) {
    if (notice.agreement || !notice.subject || !Number.isFinite(span.startMs)) return null;
    const title = `${kindOf(this.state, notice)} ${nameOf(this.state, about, notice)}`;
    const times = [Math.min(notice.issuedMs, span.startMs), Math.max(notice.issuedMs, Math.min(span.endMs, this.context.now()))];
    const [start, end] = [times[0] - TEN_MINUTES_MS, times[1] + TEN_MINUTES_MS].map((each) => new Date(each).toISOString());
    const parties = notice.sender && notice.sender !== this.state.session?.party ? [notice.sender] : [];
    const begin = () => this.context.actions.openOf(notice.subject.id, { subjects: [notice.subject.id], open: { title: plain(title, 120), start, end, parties } });
    return h("p", {}, h("button", { type: "button", class: "quiet", "data-focus": `o-${notice.id}`, onclick: begin }, "Open an incident of it …"));
  }

  #where(notice, about) {
    return whereText(notice.particulars, about, about?.id === notice.subject?.id ? radiusOf(about) : NaN);
  }

  /** What of the reader's own it meets. */
  #touches(notice) {
    const own = notice.clashes.map((clash) => this.state.intents[clash.own?.id] ?? this.state.zones[clash.own?.id]).filter(Boolean);
    const names = [...new Set(own.map((each) => each.name ?? intentName(this.state, each)))];
    return names.length ? [h("span", { class: "dim" }, ", meets your "), plain(names.join(", "), 120)] : null;
  }

  #escalation(notice) {
    const due = notice.escalation;
    if (!due) return null;
    const told = due.posts.length ? `Told beyond the duty desk: ${due.posts.map((post) => POSTS[post] ?? post).join(", ")}. ` : "";
    const next = Number.isFinite(due.atMs)
      ? [isVacant(this.state, due.next) ? "Next, a neutral would be told, and this space has none, " : due.next ? `Next, ${POSTS[due.next] ?? due.next} is told ` : "Next, it becomes overdue ", aged("within", due.atMs, { class: "num" }), " unless it is answered as agreed. Silence is no answer."]
      : [];
    return told || next.length ? h("p", { class: due.overdue || due.posts.length ? "missing" : "dim" }, told, next) : null;
  }

  #actions(notice, steps, form) {
    const { session } = this.context;
    if (!session.roles.includes("acknowledge")) return h("p", { class: "dim" }, "Your role reads; it does not answer.");
    const said = this.said.get(notice.id);
    const next = nextVerb(notice, steps);
    const why = (verb) => (verb === "RECEIVED" ? null : !this.signing?.ready ? "This browser cannot sign yet"
      : WAIT_FOR_TEST.has(verb) && this.#untested ? "The key of this browser has not passed the read-back test" : null);
    const verbs = VERBS.filter((verb) => (verb !== "READ-BACK" || notice.particulars) && (verb !== "RECEIVED" || !steps.received));
    return h("div", { class: "actions", role: "group", "aria-label": `Answer notice ${notice.number}` },
      verbs.map((verb) => h("button", {
        type: "button", class: `do ${verb === next ? "next" : "other"}`, "data-focus": `${verb}-${notice.id}`,
        disabled: Boolean(said?.waits) || Boolean(why(verb)),
        "aria-expanded": verb === "RECEIVED" ? null : String(form?.verb === verb),
        title: why(verb),
        onclick: () => this.#act(notice, verb),
      }, verb)),
      said?.waits ? h("span", { class: "dim", role: "status" }, ` ${said.waits}`) : null,
      said?.fault ? h("p", { class: "fault", role: "alert" }, plain(said.fault, 240)) : null);
  }

  #act(notice, verb) {
    if (verb === "RECEIVED") { this.#say(notice, { verb }).catch(() => {}); return; }
    if (this.forms.get(notice.id)?.verb === verb) { this.#close(notice, verb); return; }
    const current = this.state.notices[notice.id] ?? notice;
    const steps = stepsOf(current.answers, current.units, current.open);
    const node = answerForm({
      notice: current, verb, units: verb === "LOADED" ? steps.unloaded : steps.unpassed, unread: Boolean(current.particulars) && !steps.readBack,
      say: (body) => this.#say(notice, body), close: () => this.#close(notice, verb),
    });
    this.forms.set(notice.id, { verb, node });
    this.update(this.context.state());
    node.querySelector("input, select, textarea, button")?.focus();
  }

  #close(notice, verb) {
    this.forms.delete(notice.id);
    this.update(this.context.state());
    this.list.querySelector(`[data-focus="${CSS.escape(`${verb}-${notice.id}`)}"]`)?.focus();
  }

  async #say(notice, { sealTo, ...body }) {
    this.#mark(notice.id, { waits: "sending …" });
    const path = `/api/v1/notices/${encodeURIComponent(notice.id)}/acknowledgements`;
    body = { ...body, ...whatWasRead(notice) };
    try {
      if (sealTo) body.reason = await this.context.confidant.send(body.reason, { type: "notice", id: notice.id }, [sealTo]);
      const answer = this.signing.ready && !(body.verb === "RECEIVED" && this.#untested)
        ? await this.context.signer.post(path, "AcknowledgeNotice", { notice: notice.id, ...body })
        : await this.#byToken(path, body);
      this.#mark(notice.id, null);
      return answer;
    } catch (error) {
      this.#mark(notice.id, { fault: error.message });
      throw error;
    } finally {
      this.context.refresh("notices", "reach");
    }
  }

  /** Under a key of its own, so that a second try after a cut counts once. */
  #byToken(path, body) {
    const { api } = this.context;
    const key = crypto.randomUUID();
    return patiently(() => api.post(path, body, key), { waits: (why) => this.#waits(why), stopped: () => this.context.api !== api });
  }

  #waits(why) {
    for (const [id, said] of this.said) if (said.waits) this.said.set(id, { waits: why ?? "sending …" });
    this.update(this.context.state());
  }

  #mark(id, said) {
    if (said) this.said.set(id, said);
    else this.said.delete(id);
    this.update(this.context.state());
  }

  /** What differs from the notice before, as this one says; of one that says nothing, what differs
   *  from the version before, asked once for each version. */
  #changed(notice) {
    if (notice.difference) return notice.changes;
    const { subject } = notice;
    if (subject?.type !== "intent" || subject.version < 2) return null;
    const key = `${subject.id} ${subject.version}`;
    if (!this.changes.has(key)) {
      this.changes.set(key, null);
      this.context.api.get(`/api/v1/intents/${encodeURIComponent(subject.id)}/versions?after=${subject.version - 1}&limit=1`)
        .then(({ versions }) => { this.changes.set(key, versions[0]?.changes ?? []); this.update(this.context.state()); })
        .catch(() => this.changes.delete(key));
    }
    return this.changes.get(key);
  }
}

/** What the answer answers: the notice and its difference as they stand on the card, and when. */
function whatWasRead(notice) {
  return {
    clock: new Date().toISOString(),
    ...(notice.content ? { content: notice.content } : {}),
    ...(notice.difference ? { difference: notice.difference } : {}),
  };
}

/** What is asked for next on the ladder. */
function nextVerb(notice, steps) {
  if (!steps.received) return "RECEIVED";
  if (notice.particulars && !steps.readBack) return "READ-BACK";
  return steps.unpassed.length || !steps.passed.size ? "PASSED-DOWN" : "LOADED";
}

export function stepItem(done, text, bad = false) {
  return h("li", { class: done ? "done" : bad ? "bad" : "" },
    h("span", { "aria-hidden": "true" }, done ? "■" : bad ? "✕" : "□"), ` ${text}`,
    h("span", { class: "sr" }, done ? ": done" : bad ? ": wrong" : ": not yet"));
}

/** Which units are not told, and which were told and have it in no system yet. */
export function missingText({ unpassed, unloaded, passed }) {
  const told = unloaded.filter((unit) => passed.has(unit));
  const named = (units) => units.map((unit) => plain(unit, 40)).join(", ");
  return [unpassed.length ? `Not reached: ${named(unpassed)}` : "", told.length ? `Passed down, not loaded yet: ${named(told)}` : ""].filter(Boolean);
}

export const unitCount = (count, wanted) => (wanted ? ` to ${count} of ${wanted}` : "");

export function answerText(answer) {
  return [
    h("span", { class: "num" }, utc(answer.timeMs)), ` ${answer.verb}`, answer.unit ? ` ${plain(answer.unit, 40)}` : "",
    answer.system ? ` in ${plain(answer.system, 60)}` : "", answer.attested ? ", attested for all units" : "",
    answer.reason ? `: ${wordsOf(answer.reason)}` : "", h("span", { class: "dim" }, ` ${answer.how ?? ""}`),
    answer.recorded ? null : h("span", { class: "missing" }, " waits for the record"),
    answer.differences.length ? h("span", { class: "missing" }, ` does not match: ${answer.differences.map(differenceText).join("; ")}`) : null,
  ];
}

const STATES = {
  proposed: "proposed, waits for an answer", countered: "answered by a counter-proposal", declined: "declined",
  lapsed: "lapsed: not signed by all in time", signed: "signed by all, not yet in force", "in-force": "in force",
  suspended: "suspended", superseded: "replaced by a newer version", expired: "expired", ended: "ended",
};

/** An agreement by its title, as it stands now; it has no place, and what it says is under Agreements. */
function agreementLines(state, notice) {
  const { title, state: stands, startMs, endMs } = notice.agreement;
  return [
    h("p", { class: "what" }, h("b", {}, plain(title, 120)), ` version ${notice.subject.version}`,
      notice.sender ? [" by ", swatch(notice.sender), h("span", {}, plain(partyName(state, notice.sender), 60))] : null),
    h("p", { class: "num" }, `${STATES[stands] ?? stands} · ${dayTime(startMs)} to ${dayTime(endMs)}`),
  ];
}

/** How the reader's own flights kept to their intents, and which limits they did not keep to. */
function conformanceLines(said) {
  const { limits } = said;
  const percent = (share) => `${(100 * share).toFixed(2)} %`;
  const beyond = {
    inside: `Inside ${percent(said.share)} of the known time; at least ${percent(limits.share)} is to be.`,
    longest: `An excursion of ${said.longestS.toFixed(0)} s; none is to last more than ${limits.longestS} s.`,
    "per-hour": `${said.hourly.toFixed(1)} excursions a flight hour; no more than ${limits.hourly} are to be.`,
  };
  return [
    h("p", { class: "what" }, h("b", {}, "Your own flights are beyond the limits"), ` · ${said.flights} flights, ${said.hours.toFixed(1)} h`,
      said.late ? h("span", { class: "tag bad" }, "FOUND LATE") : null),
    h("p", { class: "num" }, `${dayTime(said.startMs)} to ${dayTime(said.endMs)}`),
    said.beyond.map((each) => h("p", { class: "missing" }, beyond[each] ?? plain(each, 40))),
    said.enough ? null : h("p", { class: "dim" }, `Less than ${limits.hours} known hours: this says little yet.`),
    h("p", { class: "dim" }, "Told to you alone."),
  ];
}

const DOUBTED = { open: "DOUBT, not answered", answered: "DOUBT, answered", "accepted-open": "DOUBT, stays open" };

/** A doubt about what a notice tells of, and what was answered. */
function doubtText(doubt) {
  const answer = doubt.answer ? ` Answer: ${plain(doubt.answer, 200)}` : "";
  return `${DOUBTED[doubt.state] ?? "DOUBT"}: ${plain(doubt.statement, 200)}${answer}`;
}

// The frame of views: which one is open stands in the address (#/inbox), so that a reload and the
// back button keep it. Each view is a module of its own with
//
//   mount(root, context)  draws into root, once, when the view is first opened; gives back
//     { update(state),    called whenever the state changed while the view is open
//       at(what),         what the address names in it (#/incidents/<what>), or null; where it has that
//       show(what, state),  bring a thing into view; where the view has that
//       pick(),           a promise of [longitude, latitude]; where the view has a map
//       unmount() }       at sign-out: stop what runs; root is emptied where the view filled it
//
// context = {
//   api          asks the server with the reader's token (api.js); null when signed out
//   session      {party, roles, expiresMs}
//   confidant    seals words to others and opens what is sealed to this browser (confidant.js)
//   signer       signs in the name of the party with this browser's key (signer.js)
//   alerts       the sound, and when it is said that nobody is here (alerts.js)
//   state()      the one state; now(): the server's time in ms
//   onEvent(f)   f({id, event, data}) for each new event of the party's stream; gives back how to stop
//   refresh(...) ask for these parts of the state again, e.g. "notices"
//   actions      select(id): show it in the picture; pick(): a promise of a place on the map;
//                test(): open the read-back test; openOf(id, draft): the form of an incident of a
//                STOP, or of a notice that nothing proposes (then filled with the draft)
//   go(view, what)  open another view, at a thing of it
//   stands(what) the open view shows this now: say so in the address
// }

import { at, toast } from "./dom.js";
import { plain } from "./text.js";
import { t } from "./words.js";

const OTHER_NAMES = { hazards: "tell", map: "picture" }; // as the bar calls them

function decoded(text) {
  try { return decodeURIComponent(text); } catch { return null; }
}

export class Views {
  /** views: {name: {title, mount}}, the first one is opened where the address names none. */
  constructor(views, context) {
    this.views = views;
    this.context = context;
    this.mounted = {};
    this.open = null;
    window.addEventListener("hashchange", () => this.follow());
  }

  /** The view that the address names. */
  wanted() {
    const [, said = "", what = null] = /^#\/([^/&]*)(?:\/([^/&]+))?/.exec(location.hash) ?? [];
    const name = OTHER_NAMES[said] ?? said;
    const known = Object.hasOwn(this.views, name);
    return { name: known ? name : Object.keys(this.views)[0], what: known ? what && decoded(what) : null, unknown: known ? "" : said };
  }

  go(name, what = null) {
    location.hash = what === null ? `#/${name}` : `#/${name}/${encodeURIComponent(what)}`;
  }

  /** The address names what is shown, without a step of its own in the history. */
  stands(what) {
    if (!this.open) return;
    const hash = what ? `#/${this.open}/${encodeURIComponent(what)}` : `#/${this.open}`;
    if (location.hash !== hash) history.replaceState(null, "", hash);
  }

  /** Show what the address names; nothing is open before somebody signed in. */
  follow() {
    if (!this.context.api) return;
    const { name, what, unknown } = this.wanted();
    const before = this.open;
    this.open = name;
    for (const each of Object.keys(this.views)) {
      at(`view-${each}`).hidden = each !== name;
      const link = at(`nav-${each}`);
      if (each === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.body.dataset.view = name;
    this.mounted[name] ??= this.views[name].mount(at(`view-${name}`), this.context) ?? {};
    if (unknown) toast(t("There is no page “{unknown}”. This is the {name}.", { unknown: plain(unknown, 40), name }));
    this.mounted[name].at?.(what);
    this.update(this.context.state());
    if (before && before !== name) at(`view-${name}`).querySelector("[data-first]")?.focus({ preventScroll: true });
  }

  update(state) {
    if (this.open) this.mounted[this.open]?.update?.(state);
  }

  /** Open a view and bring a thing into its middle. */
  show(name, what, state) {
    if (this.open !== name) { this.go(name); this.follow(); }
    this.mounted[name]?.show?.(what, state);
  }

  /** Open a view in which a place can be pointed at: its [longitude, latitude], once it was. */
  pick(name) {
    this.go(name);
    this.follow();
    return this.mounted[name].pick();
  }

  close() {
    for (const view of Object.values(this.mounted)) view.unmount?.();
    this.mounted = {};
    this.open = null;
  }
}

// The words of the console in the reader's language. t("Sign out") gives them; the English phrase is
// the key, in the manner of gettext, so the source reads as the page does and a phrase that nobody
// translated is shown in English. Catalogues are JSON files in static/words, one for each language.
//
// No speaker has reviewed the translations. So English decides: a controlled phrase (phrase(): STOP,
// warnings, what is no permission) shows its English beside it always, everything else shows it as a
// tooltip, or beside it too where the reader asks for both. docs/decisions/0022 says why.
//
// Figures, times, coordinates and ids keep the digits 0 to 9 and their own direction in each language:
// they are read out over telephones and typed again by others.

/** The languages: what each is called in itself, and how it runs. English is the source of all. */
export const LANGUAGES = Object.freeze({
  en: { name: "English", dir: "ltr" },
  ar: { name: "العربية", dir: "rtl" },
  he: { name: "עברית", dir: "rtl" },
});

const KEPT = "wideberth.language"; // in localStorage: the reader's choice outlives the tab
const KEPT_BOTH = "wideberth.language.both";

/** Of what is kept, or wanted by the browser in the order of its wishes, the first that there is. */
export function chosen(kept, wanted) {
  for (const each of [kept, ...wanted]) {
    const base = String(each ?? "").toLowerCase().split("-")[0].replace(/^iw$/, "he"); // its old code
    if (Object.hasOwn(LANGUAGES, base)) return base;
  }
  return "en";
}

/** What is kept under a name; null where the browser keeps nothing for pages. */
function kept(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}

function keep(name, value) {
  try { localStorage.setItem(name, value); } catch { /* then it holds for this page alone */ }
}

/** Phrases in one language. catalogue: {English: translation}; of a phrase with a count the key is its
 * plural, and the translation has one text for each form that the language has. */
export class Words {
  constructor(language, catalogue = {}, both = false) {
    this.language = language;
    this.catalogue = catalogue;
    this.both = both;
    this.dir = LANGUAGES[language].dir;
    this.plurals = new Intl.PluralRules(language);
    this.english = new Intl.PluralRules("en");
  }

  /** The phrase in this language, its {names} filled in. */
  t(english, values = {}) {
    const source = filled(english, values, "ltr");
    const found = this.catalogue[english];
    if (typeof found !== "string") return source;
    return this.#beside(filled(found, values, this.dir), source, this.both);
  }

  /** The same of a controlled phrase: its English stands beside it, whatever the reader chose. */
  phrase(english, values = {}) {
    const source = filled(english, values, "ltr");
    const found = this.catalogue[english];
    return typeof found === "string" ? this.#beside(filled(found, values, this.dir), source, true) : source;
  }

  /** A phrase with a count, in the form that the language has for it: tn(2, "{count} track", "{count} tracks"). */
  tn(count, one, other, values = {}) {
    const all = { count, ...values };
    const source = filled(this.english.select(count) === "one" ? one : other, all, "ltr");
    const forms = this.catalogue[other];
    if (typeof forms !== "object" || forms === null) return source;
    const found = forms[this.plurals.select(count)] ?? forms.other;
    return this.#beside(filled(found, all, this.dir), source, this.both);
  }

  #beside(translated, source, both) {
    if (translated === source) return source;
    const shown = both ? `${translated} ${isolated(`(${source})`)}` : translated;
    remember(shown, source);
    return shown;
  }
}

const FSI = "\u2068"; // what follows runs in its own direction, and moves nothing around it, up to
const PDI = "\u2069";

/** A text that keeps its own direction wherever it is put. */
export const isolated = (text) => `${FSI}${text}${PDI}`;

/** The phrase with its {names} replaced; among words from right to left each keeps its own direction.
 * What is put into the English phrase is put there in English, where it was translated. */
function filled(text, values, dir) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    if (!Object.hasOwn(values, name)) return whole;
    const value = String(values[name]);
    return dir === "rtl" ? isolated(value) : sources.get(value.trim()) ?? value;
  });
}

const SOURCES = 4000;
const sources = new Map(); // what is shown: the English that it was made of; the newest of them

function remember(translated, source) {
  sources.delete(translated);
  sources.set(translated, source);
  if (sources.size > SOURCES) sources.delete(sources.keys().next().value);
}

/** The English of a translation that was shown lately; null of what is none. */
export const sourceOf = (text) => sources.get(text) ?? null;

const LATIN = /[A-Za-z0-9]/;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A text as it is put into the page: among words from right to left, one in Latin letters or figures
 * alone (a call sign, "500 m", "13:05Z") keeps its own direction. */
export function placed(text) {
  if (words.dir !== "rtl" || !LATIN.test(text) || RIGHT_TO_LEFT.test(text) || text.startsWith(FSI)) return text;
  return text.replace(/^([\s·,]*)([^]*?)([\s·,]*)$/, (whole, before, within, after) => before + isolated(within) + after);
}

let words = new Words("en");

export const t = (english, values) => words.t(english, values);
export const phrase = (english, values) => words.phrase(english, values);
export const tn = (count, one, other, values) => words.tn(count, one, other, values);
/** A phrase that is shown elsewhere, by t(what) or phrase(what): it belongs in the catalogues. */
export const key = (english) => english;
/** The language of the page, and whether English is shown beside all of it. */
export const language = () => words.language;
export const direction = () => words.dir;
export const showsBoth = () => words.both;

const numbers = new Map(); // decimals: their format; it is asked for ten thousand tracks

/** A number in the reader's language, grouped, always in the digits 0 to 9. */
export function number(value, decimals = 0) {
  let format = numbers.get(decimals);
  if (!format) {
    format = new Intl.NumberFormat(`${words.language}-u-nu-latn`, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    numbers.set(decimals, format);
  }
  return format.format(value);
}

/** Read the catalogue of the reader's language. Until it is there, and where it cannot be had, all is
 * in English. */
export async function begin() {
  const wanted = chosen(kept(KEPT), navigator.languages ?? []);
  const both = kept(KEPT_BOTH) === "1";
  if (wanted !== "en") {
    try {
      const answer = await fetch(new URL(`../words/${wanted}.json`, import.meta.url), { cache: "no-cache" });
      if (answer.ok) speak(wanted, await answer.json(), both);
    } catch (error) {
      console.warn(`no words in ${wanted}: ${error}`);
    }
  }
  document.documentElement.lang = words.language;
  document.documentElement.dir = words.dir;
  if (words.language !== "en") translate(document.body);
}

/** From now on in a language. */
export function speak(language, catalogue, both = false) {
  words = new Words(language, catalogue, both);
  numbers.clear();
}

const READ = ["aria-label", "title", "placeholder"];

/** The words that stand in the page as it is served, before anything was drawn into it. */
function translate(root) {
  for (const name of READ) {
    for (const element of root.querySelectorAll(`[${name}]`)) element.setAttribute(name, t(element.getAttribute(name)));
  }
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = /** @type {Text} */ (texts.nextNode()); node; node = /** @type {Text} */ (texts.nextNode())) {
    const english = node.data.replace(/\s+/g, " ").trim();
    if (!english || node.parentElement.closest("[translate=no], script, noscript")) continue;
    const found = node.parentElement.closest("[data-phrase]") ? phrase(english) : t(english);
    if (found === english) continue;
    node.data = node.data.replace(/\S(?:[^]*\S)?/, () => found);
    if (!words.both && !node.parentElement.title) node.parentElement.title = english;
  }
}

/** The controls of the language: a choice, and whether English stands beside. reload() draws the page
 * anew: its words are read once. */
export function languageControls(make, reload) {
  const id = `language-${(controls += 1)}`;
  const choice = make("select", { id, "aria-label": words.language === "en" ? "Language" : `${t("Language")} (Language)` },
    Object.entries(LANGUAGES).map(([tag, { name }]) => make("option", { value: tag, lang: tag, selected: tag === words.language }, name)));
  choice.addEventListener("change", () => { keep(KEPT, choice.value); reload(); });
  if (words.language === "en") return [choice];
  const both = make("input", { type: "checkbox", checked: words.both });
  both.addEventListener("change", () => { keep(KEPT_BOTH, both.checked ? "1" : "0"); reload(); });
  return [choice, make("label", { class: "both" }, both, " ", t("with English"))];
}

let controls = 0;

/** That nobody who speaks the language has read the translations; null in English. */
export const unreviewed = () => (words.language === "en" ? null : phrase("Translation not reviewed by a speaker. English decides."));

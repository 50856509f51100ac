// Evidence of an incident. Lodging puts a digest into the record, over a random salt and the content,
// worked out here: the file never leaves this machine with it. Disclosing seals the salt, and the
// file where it fits, to parties whose keys were compared here; whoever got it checks it here.

import { field } from "./answer.js";
import { audienceField, partiesField } from "./audience.js";
import { partyName } from "./dom.js";
import { moment } from "./claims.js";
import { joined } from "./hpke.js";
import { Part, button } from "./part.js";
import { MAX_WORDS_BYTES, hex } from "./sealedtext.js";
import { store } from "./signer.js";
import { h, plain } from "./text.js";
import { t } from "./words.js";

const FORMAT = 1; // of what is kept and sealed, as faces/cli/_lodged.py has it
const SALT = /^[0-9a-f]{64}$/;

const bytesOf = (digits) => Uint8Array.from(digits.match(/../g), (two) => parseInt(two, 16));
const digestOf = async (salt, content) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", joined(bytesOf(salt), content))));
const contentOf = async (file) => new Uint8Array(await file.arrayBuffer());

/** {salt, content} of what was kept beside a file, or sealed. */
export function keptOf(text) {
  let found = null;
  try { found = JSON.parse(text); } catch { /* said below */ }
  if (found?.wideberth_lodged !== FORMAT || !SALT.test(found.salt ?? "")) throw new RangeError(t("This is not the salt of evidence."));
  return { salt: found.salt, content: typeof found.content === "string" ? Uint8Array.from(atob(found.content), (c) => c.charCodeAt(0)) : null };
}

const keptText = (salt, content = null) => {
  if (!content) return JSON.stringify({ wideberth_lodged: FORMAT, salt });
  let whole = "";
  for (const byte of content) whole += String.fromCharCode(byte);
  return JSON.stringify({ wideberth_lodged: FORMAT, salt, content: btoa(whole) });
};

/** What is sealed to whom it is disclosed, and whether the content is in it. */
export function sealedWords(salt, content) {
  if (content.length < MAX_WORDS_BYTES) {
    const words = keptText(salt, content);
    if (words.length <= MAX_WORDS_BYTES) return { words, isWhole: true };
  }
  return { words: keptText(salt), isWhole: false };
}

function save(name, parts) {
  const address = URL.createObjectURL(new Blob(parts));
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

export function evidencePart(sheet) {
  const part = new Part("evidence", t("Evidence"), t("No evidence of which you may know."));
  const found = new Map(); // evidence id: what was found here, {matches, content}
  return { node: part.node, draw: (seen) => draw(sheet, part, seen, found) };
}

function draw(sheet, part, seen, found) {
  const { state, may } = sheet;
  part.draw(seen.evidence.map((each) => ({
    key: each.id, shows: [each, may, found.get(each.id)?.matches, partyName(state, each.party)], make: () => card(sheet, part, seen, each, found),
  })), may ? [[t("Lodge evidence …"), () => lodge(sheet, part, seen)]] : []);
}

const slot = ({ signer, party }, digest) => `lodged ${signer.origin} ${party} ${digest}`;
const saltHere = (sheet, digest) => store("readonly", (keys) => keys.get(slot(sheet, digest)));

function card(sheet, part, seen, each, found) {
  const { state, party, may } = sheet;
  const name = (one) => plain(partyName(state, one), 60);
  const own = each.party === party;
  const here = found.get(each.id);
  return h("div", { class: "card", "data-evidence": each.id },
    h("p", { class: "line" }, h("b", {}, plain(each.line, 200)), h("span", { class: "dim" }, t("{name} lodged it {time} · {media_type} · {size_bytes} bytes", { name: name(each.party), time: moment(each.lodged), media_type: plain(each.media_type, 80), size_bytes: each.size_bytes.toLocaleString("en") }))),
    h("p", { class: "num small dim" }, t("SHA-256 over salt and content: {sha256}", { sha256: each.sha256 })),
    each.disclosed.map((one) => h("p", {}, t("Disclosed to {parties} {time}{what}.", { parties: one.parties.map(name).join(", "), time: moment(one.time), what: one.sealed ? t(", sealed") : t(", outside of this space") }))),
    each.checked.map((one) => h("p", {}, `${t("{name} compared it {time}: what it was given", { name: name(one.party), time: moment(one.time) })} `, h("b", {}, one.matches ? t("has the digest that was lodged.") : t("does NOT have the digest that was lodged.")))),
    here ? h("p", { role: "status" }, `${t("Compared here: what you were given")} `, h("b", {}, here.matches ? t("has the digest that was lodged.") : t("does NOT have the digest that was lodged."))) : null,
    h("p", { class: "actions" },
      own && may ? button(t("Disclose it …"), () => disclose(sheet, part, seen, each)) : null,
      own ? button(t("Save the salt"), () => saveSalt(sheet, part, each)) : null,
      !own && each.disclosed.length ? button(t("Check what came …"), () => check(sheet, part, seen, each, found)) : null,
      here?.content ? button(t("Save what was sealed"), () => save(`evidence-${each.id}`, [here.content])) : null,
      here && may ? button(t("Say so in the record"), () => part.ask(t("Who lodged it reads what you found; it is signed"), t("Sign and say it"), [], () =>
        sheet.write(`/evidence/${encodeURIComponent(each.id)}/checks`, "CheckEvidence", { evidence: each.id, matches: here.matches }))) : null));
}

function lodge(sheet, part, seen) {
  const file = h("input", { type: "file" });
  const audience = audienceField(t("Who may know that it is lodged"), sheet.others(seen), sheet.state, "all");
  part.ask(t("Its digest goes into the record; the file stays on this machine"), t("Lodge the digest"), [
    field("file", t("File"), {}, file), field("line", t("What it is, in one line"), { maxlength: 200, class: "long" }), audience.node,
  ], async (elements) => {
    const [chosen] = file.files;
    if (!chosen) throw new RangeError(t("Choose the file."));
    if (!elements.line.value.trim()) throw new RangeError(t("Say what it is, in one line."));
    const shownTo = audience.read();
    const content = await contentOf(chosen);
    const salt = hex(crypto.getRandomValues(new Uint8Array(32)));
    const digest = await digestOf(salt, content);
    await store("readwrite", (keys) => keys.put({ salt, name: chosen.name }, slot(sheet, digest))); // before anybody can rely on it
    await sheet.write("/evidence", "LodgeEvidence", {
      sha256: digest, size_bytes: content.length, media_type: chosen.type.split(";")[0].trim().toLowerCase() || "application/octet-stream", line: elements.line.value.trim(), shown_to: shownTo,
    });
    save(`${chosen.name}.lodged`, [keptText(salt), "\n"]);
    note(part, t("Keep {name}.lodged beside the file: it holds the salt. Without it nobody can compare the file.", { name: chosen.name }));
  });
}

function note(part, words) {
  setTimeout(() => part.box.replaceChildren(h("p", { class: "missing", role: "status" }, plain(words))));
}

async function saveSalt(sheet, part, each) {
  const kept = await saltHere(sheet, each.sha256);
  if (!kept) { note(part, t("The salt is not in this browser. It stands in the .lodged file that was made when it was lodged.")); return; }
  save(`${kept.name}.lodged`, [keptText(kept.salt), "\n"]);
}

function disclose(sheet, part, seen, each) {
  const file = h("input", { type: "file" });
  const beside = h("input", { type: "file" });
  const to = partiesField(t("To"), sheet.others(seen), sheet.state);
  part.ask(t("Salt and file are sealed to parties whose keys you compared under Sealed; a large file goes another way"), t("Disclose it"), [
    field("file", t("The file that was lodged"), {}, file), field("lodged", t("Its .lodged file, where the salt is not in this browser"), {}, beside), to.node,
  ], async () => {
    const parties = to.read();
    if (!parties.length) throw new RangeError(t("Say to whom."));
    if (!file.files.length) throw new RangeError(t("Choose the file."));
    const content = await contentOf(file.files[0]);
    const salt = beside.files.length ? keptOf(await beside.files[0].text()).salt : (await saltHere(sheet, each.sha256))?.salt;
    if (!salt) throw new RangeError(t("The salt is not in this browser: choose the .lodged file."));
    if ((await digestOf(salt, content)) !== each.sha256) throw new RangeError(t("This is not what was lodged: its digest is another."));
    const { words, isWhole } = sealedWords(salt, content);
    const sealed = await sheet.context.confidant.send(words, { type: "incident", id: seen.id }, parties);
    await sheet.write(`/evidence/${encodeURIComponent(each.id)}/disclosures`, "DiscloseEvidence", { evidence: each.id, parties, sealed });
    if (!isWhole) note(part, t("The salt alone was sealed: the file is too large for that. Hand it over another way."));
  });
}

function check(sheet, part, seen, each, found) {
  const file = h("input", { type: "file" });
  const beside = h("input", { type: "file" });
  const sealed = each.disclosed.findLast((one) => one.sealed)?.sealed;
  part.ask(t("It is compared here; nothing is said to anybody"), t("Compare"), [
    field("file", t("The file, where it came another way"), {}, file), sealed ? null : field("lodged", t("Its .lodged file"), {}, beside),
  ], async () => {
    if (!sealed && !beside.files.length) throw new RangeError(t("No sealed text carries its salt to you: choose the .lodged file."));
    const text = sealed ? await sheet.context.confidant.open(sealed, { type: "incident", id: seen.id }) : await beside.files[0].text();
    const kept = keptOf(text);
    const content = file.files.length ? await contentOf(file.files[0]) : kept.content;
    if (!content) throw new RangeError(t("The content came another way: choose the file."));
    found.set(each.id, { matches: (await digestOf(kept.salt, content)) === each.sha256, content: file.files.length ? null : content });
    sheet.redraw();
  });
}

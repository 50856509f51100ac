// Results of inquiries: transmitted to others, open until each of them receipted it. A receipt names
// the digest of what came, worked out here; it says that it came, and nothing of what is in it.

import { aged, partyName } from "./dom.js";
import { field } from "./answer.js";
import { partiesField } from "./audience.js";
import { moment } from "./claims.js";
import { hex } from "./sealedtext.js";
import { Part, button, neededWords, quoted, wordsField } from "./part.js";
import { h, plain } from "./text.js";
import { t } from "./words.js";

const WORDS = 20000; // characters, as the service takes them
const KIND = "wideberth inquiry result v1";

const text = new TextEncoder();
const sha256 = async (bytes) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

/** What a receipt names, as model/inquiries.py has it. */
export async function resultDigest(incident, { party, words, document_sha256: document }) {
  const lines = [KIND, incident, party, await sha256(text.encode(words)), document ?? "-"];
  return sha256(text.encode(lines.map((line) => `${line}\n`).join("")));
}

/** Whether a result waits for the receipt of this party. */
export const waitsFor = (result, party) => result.party !== party && result.open;

export function inquiriesPart(sheet) {
  const part = new Part("results", t("Results of inquiries"), t("No result was transmitted by you or to you."));
  return { node: part.node, draw: (seen) => draw(sheet, part, seen) };
}

function draw(sheet, part, seen) {
  const { state, may } = sheet;
  part.draw(seen.inquiries.map((each) => ({
    key: each.id, shows: [each, may, partyName(state, each.party)], make: () => card(sheet, part, seen, each),
  })), may && sheet.others(seen).length ? [[t("Transmit a result …"), () => transmit(sheet, part, seen)]] : []);
}

function card(sheet, part, seen, each) {
  const { state, party, may } = sheet;
  const name = (one) => plain(partyName(state, one), 60);
  const waits = waitsFor(each, party);
  return h("div", { class: "card", "data-result": each.id },
    h("p", { class: "line" }, h("b", {}, t("{name} to {to}", { name: name(each.party), to: each.to.map(name).join(", ") })), h("span", { class: "tag" }, each.open ? t("open: a receipt is missing") : t("receipted")),
      each.open ? aged("within", Date.parse(each.receipt_by), { class: "age" }) : null),
    h("p", { class: "dim" }, t("Sent {time}, to be receipted by {time2}.", { time: moment(each.sent), time2: moment(each.receipt_by) }),
      each.overdue.length ? h("span", { class: "missing" }, ` ${t("Overdue: {overdue}.", { overdue: each.overdue.map(name).join(", ") })}`) : "",
      each.receipts.map((one) => ` ${t("{name} receipted it {time}.", { name: name(one.party), time: moment(one.time) })}`).join("")),
    quoted(each.words, each.language),
    each.document_sha256 ? h("p", { class: "num small" }, t("A document goes beside it, SHA-256 {document_sha256}", { document_sha256: each.document_sha256 })) : null,
    waits ? h("p", { class: "actions" }, may
      ? button(t("Receipt it …"), () => part.ask(t("It came: the digest of what stands here is signed. That says nothing about what is in it"), t("Receipt it"), [], () => receipt(sheet, seen, each)))
      : h("span", { class: "missing" }, t("A receipt is signed: enrol this browser first."))) : null);
}

async function receipt(sheet, seen, each) {
  const digest = await resultDigest(seen.id, each);
  return sheet.write(`/results/${encodeURIComponent(each.id)}/receipt`, "ReceiptResult", { result: each.id, digest });
}

function transmit(sheet, part, seen) {
  const to = partiesField(t("To"), sheet.others(seen), sheet.state);
  const file = h("input", { type: "file" });
  part.ask(t("The result of your inquiry; it is signed, and open until each of them receipted it"), t("Transmit it"), [
    wordsField(WORDS, t("Result")), to.node, field("document", t("A longer document beside it: its digest is worked out here, the file stays on this machine"), {}, file),
  ], async (elements) => {
    const parties = to.read();
    if (!parties.length) throw new RangeError(t("Say to whom."));
    const [document] = file.files;
    const beside = document ? { document_sha256: await sha256(await document.arrayBuffer()) } : {};
    return sheet.write("/results", "TransmitResult", { to: parties, words: neededWords(elements), ...beside });
  });
}

// The bytes of sealed texts and seal keys, as model/sealed.py and sealed/texts.py have them: what is
// signed, what box and wrapped keys are bound to, what the words are committed to.

import { joined, open, seal } from "./hpke.js";

const text = new TextEncoder();
const NONCE = new Uint8Array(12); // a content key is fresh for each box, and used for nothing else
const PADDED_TO = 256;
const COMMITTED = text.encode("wideberth sealed words v1\n");
const NAMED = /^[A-Za-z0-9._:/-]{1,128}$/;

export const REFERENCE = /^sealed-[0-9a-f]{64}$/;
export const MAX_WORDS_BYTES = 10000;

export const base64url = (bytes) => {
  let whole = "";
  for (const byte of bytes) whole += String.fromCharCode(byte);
  return btoa(whole).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};

export function decoded(said) {
  const bytes = Uint8Array.from(atob(String(said).replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  if (base64url(bytes) !== said) throw new Error("This is not base64url in its one spelling.");
  return bytes;
}

export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** A signing key (32 bytes) as two people compare it. */
export async function fingerprint(publicRaw) {
  return hex(await sha256(publicRaw)).slice(0, 40).replace(/(.{4})(?=.)/g, "$1 ");
}

export async function isSigned(signature, message, publicRaw) {
  const key = await crypto.subtle.importKey("raw", publicRaw, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, key, decoded(signature), message);
}

/** What a signing key signs of its seal key. */
export const sealKeyMessage = (origin, kid, number, publicKey) =>
  text.encode(`wideberth seal key v1\n${origin}\n${kid}\n${number}\nX25519\n${publicKey}\n`);

const bound = (origin, kid, about, commitment) =>
  text.encode(`wideberth sealed text v1\n${origin}\n${kid}\n${about.type}\n${about.id}\n${commitment}\n`);

/** What the sender signs. Names with a space or a newline could be read in two ways: refused. */
function sealedMessage(origin, sealed) {
  const names = [sealed.sender, sealed.key_id, sealed.about.id, ...sealed.recipients.flatMap((each) => [each.party, each.key_id])];
  if (!names.every((name) => NAMED.test(name))) throw new Error("This sealed text has a name that is none.");
  const lines = sealed.recipients.map((each) => `${each.party}/${each.key_id} ${each.number} ${each.wrapped}\n`);
  const head = bound(origin, `${sealed.sender}/${sealed.key_id}`, sealed.about, sealed.commitment);
  return joined(head, text.encode(`${lines.join("")}${sealed.box}\n`));
}

export const referenceOf = async (origin, sealed) => `sealed-${hex(await sha256(sealedMessage(origin, sealed)))}`;

const commitmentOf = async (nonce, words) => hex(await sha256(joined(COMMITTED, nonce, words)));

/** Words sealed to keys of {party, key_id, number, public_key}; sign(bytes) is the sender's. */
export async function sealText({ origin, party, keyId, sign }, words, about, keys) {
  const plain = text.encode(words);
  if (!plain.length || plain.length > MAX_WORDS_BYTES) throw new Error(`Give 1 to ${MAX_WORDS_BYTES} bytes of words.`);
  const nonce = crypto.getRandomValues(new Uint8Array(32));
  const contentKey = crypto.getRandomValues(new Uint8Array(32));
  const commitment = await commitmentOf(nonce, plain);
  const binding = bound(origin, `${party}/${keyId}`, about, commitment);
  const marked = joined(nonce, plain, [1]);
  const padded = joined(marked, new Uint8Array((PADDED_TO - (marked.length % PADDED_TO)) % PADDED_TO));
  const key = await crypto.subtle.importKey("raw", contentKey, { name: "AES-GCM" }, false, ["encrypt"]);
  const box = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: NONCE, additionalData: binding }, key, padded));
  const recipients = [];
  for (const { party: to, key_id: id, number, public_key: publicKey } of keys) {
    recipients.push({ party: to, key_id: id, number, wrapped: base64url(await seal(contentKey, decoded(publicKey), binding)) });
  }
  const sealed = { sender: party, key_id: keyId, about, commitment, recipients, box: base64url(box) };
  return { ...sealed, signature: base64url(await sign(sealedMessage(origin, sealed))) };
}

/** The words of a sealed text for the holder of kid. pairOf(number): its seal keys; senderRaw: the
 * sender's signing key, compared. */
export async function openText(sealed, { origin, kid, pairOf, senderRaw }) {
  if (!(await isSigned(sealed.signature, sealedMessage(origin, sealed), senderRaw))) throw new Error("Its sender did not sign this text.");
  const mine = sealed.recipients.find((each) => `${each.party}/${each.key_id}` === kid);
  if (!mine) throw new Error("It is not sealed to the key of this browser.");
  const pair = pairOf(mine.number);
  if (!pair) throw new Error("The seal key that it was sealed to is not in this browser.");
  const binding = bound(origin, `${sealed.sender}/${sealed.key_id}`, sealed.about, sealed.commitment);
  let padded;
  try {
    const contentKey = await open(decoded(mine.wrapped), pair, binding);
    const key = await crypto.subtle.importKey("raw", contentKey, { name: "AES-GCM" }, false, ["decrypt"]);
    padded = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: NONCE, additionalData: binding }, key, decoded(sealed.box)));
  } catch {
    throw new Error("This box does not open with the key of this browser: it was changed or moved.");
  }
  const end = padded.lastIndexOf(1);
  const nonce = padded.slice(0, 32);
  const words = padded.slice(32, end);
  if (end < 32 || (await commitmentOf(nonce, words)) !== sealed.commitment) throw new Error("These are not the words that its sender committed to.");
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(words);
}

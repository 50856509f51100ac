// Whether an entry is in the record, worked out in this browser and asked of nobody: the signed head
// (C2SP signed-note, tlog-checkpoint), the entry's leaf, the path from it to the root (RFC 9162), and
// what witnesses cosigned (tlog-cosignature v1). docs/reference/record-format.md has every byte.
// Whatever is not understood is refused. Pure but for the browser's own SHA-256 and Ed25519.

const HEADER = "c2sp.org/tlog-proof@v1";
const MOST_CHARACTERS = 1_000_000;
const MOST_HASHES = 64;
const MOST_SIGNATURES = 64;
const LOG = 0x01, WITNESS = 0x04; // signature types of signed-note and tlog-cosignature
const DASH = "\u2014";
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;
const NAME = /^[^\s+\u0000-\u001f\u007f-\u009f]{1,255}$/u;

/** y of the points of small order: one signature under such a key fits every text. */
const SMALL_ORDER = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000", "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/** Why a step does not hold. */
class Fault extends Error {}

const utf8 = new TextEncoder();
const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
const isSame = (a, b) => a.length === b.length && a.every((each, i) => each === b[i]);
const hex = (bytes) => [...bytes].map((each) => each.toString(16).padStart(2, "0")).join("");

/** Base64 with padding, in its one spelling. */
function bytesOf(text, what) {
  let bytes;
  try { bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)); } catch { throw new Fault(`${what} is not base64`); }
  if (btoa(String.fromCharCode(...bytes)) !== text) throw new Fault(`${what} is not base64 in its one spelling`);
  return bytes;
}

function numberOf(text, what) {
  if (!/^(0|[1-9][0-9]{0,14})$/.test(text)) throw new Fault(`${what} is no number`);
  return Number(text);
}

/** {name, keyId, publicKey} of a key as it is told: name+id+base64. type: LOG or WITNESS. */
async function keyOf(text, type) {
  const [name, id, ...rest] = text.trim().split("+");
  if (!NAME.test(name) || !rest.length) throw new Fault("the key is not name+id+base64");
  const bytes = bytesOf(rest.join("+"), "the key");
  if (bytes.length !== 33 || bytes[0] !== type) throw new Fault(`the key is not that of a ${type === LOG ? "log" : "witness"}`);
  const keyId = (await sha256(utf8.encode(`${name}\n`), bytes)).slice(0, 4);
  if (hex(keyId) !== id) throw new Fault("the key's id is not that of its name and bytes");
  const publicKey = bytes.slice(1);
  const y = publicKey.slice();
  y[31] &= 0x7f;
  if (SMALL_ORDER.has(hex(y))) throw new Fault("the key is of low order: one signature under it fits every text");
  return { name, keyId, publicKey };
}

async function isSigned(key, signature, message) {
  if (signature.length !== 64) return false;
  const made = await crypto.subtle.importKey("raw", key.publicKey, { name: "Ed25519" }, false, ["verify"]).catch(() => null);
  return Boolean(made) && crypto.subtle.verify({ name: "Ed25519" }, made, signature, message);
}

/** {text, signatures} of a note; nothing of it is verified. */
function noteOf(note) {
  if (CONTROL.test(note)) throw new Fault("the checkpoint has control characters");
  const at = note.lastIndexOf("\n\n");
  if (at < 1 || !note.endsWith("\n")) throw new Fault("the checkpoint has no text, empty line and signature lines");
  const lines = note.slice(at + 2, -1).split("\n");
  if (lines.length > MOST_SIGNATURES) throw new Fault("the checkpoint has too many signatures");
  const signatures = lines.map((line) => {
    const [dash, name, encoded, ...more] = line.split(" ");
    if (dash !== DASH || !NAME.test(name ?? "") || encoded === undefined || more.length) throw new Fault("a signature line is not “— name base64”");
    const data = bytesOf(encoded, "a signature");
    if (data.length <= 4) throw new Fault("a signature line has no signature");
    return { name, keyId: data.slice(0, 4), blob: data.slice(4) };
  });
  return { text: note.slice(0, at + 1), signatures };
}

function headOf(text) {
  const lines = text.split("\n");
  if (lines.length !== 4 || lines[3] || !lines[0]) throw new Fault("the checkpoint is not origin, size and root, a line each");
  const root = bytesOf(lines[2], "the root");
  if (root.length !== 32) throw new Fault("the root is not 32 bytes");
  return { origin: lines[0], size: numberOf(lines[1], "the size"), root };
}

/** {index, proof, note} of a receipt; nothing of it is verified. */
export function receiptOf(text) {
  if (text.length > MOST_CHARACTERS) throw new Fault("the receipt is too long");
  const at = text.indexOf("\n\n");
  const lines = text.slice(0, Math.max(at, 0)).split("\n");
  if (at < 0 || lines.shift() !== HEADER) throw new Fault(`the receipt does not begin with ${HEADER}`);
  if (lines[0]?.startsWith("extra ")) bytesOf(lines.shift().slice(6), "the receipt's extra line");
  if (!lines[0]?.startsWith("index ")) throw new Fault("the receipt has no line: index");
  const index = numberOf(lines.shift().slice(6), "the index");
  if (lines.length > MOST_HASHES) throw new Fault("the proof is too long");
  const proof = lines.map((line) => bytesOf(line, "a hash of the proof"));
  if (proof.some((each) => each.length !== 32)) throw new Fault("a hash of the proof is not 32 bytes");
  return { index, proof, note: text.slice(at + 2) };
}

/** The root that a path leads to from a leaf hash; null where the path does not fit. RFC 9162, 2.1.3.2. */
async function rootFrom(leaf, index, size, proof) {
  if (!(index < size)) return null;
  let [fn, sn, root] = [BigInt(index), BigInt(size - 1), leaf];
  for (const each of proof) {
    if (sn === 0n) return null;
    if (fn & 1n || fn === sn) {
      root = await sha256([1], each, root);
      while (fn && !(fn & 1n)) { fn >>= 1n; sn >>= 1n; }
    } else root = await sha256([1], root, each);
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n ? root : null;
}

/** The steps in their order; each holds, or says why not, or could not be judged. */
export const STEPS = ["form", "key", "head", "entry", "witnesses"];

/** Check a file: the line of JSON that a disclosure is (salt, envelope, receipt). vkey: the log's key as
 * the reader knows it; witnesses: keys of witnesses, as told.
 * {holds, steps: [{name, holds: true, false or null, why}], position, origin, size, envelope, seen}.
 * holds: true only where no step failed and every step but the witnesses was judged. */
export async function check(file, { vkey, witnesses = [] }) {
  const found = { position: null, origin: null, size: null, envelope: null, seen: [] };
  const results = {};
  const step = async (name, needs, work) => {
    if (needs.some((each) => results[each]?.holds !== true)) { results[name] = { holds: null, why: "not judged: a step before it does not hold" }; return null; }
    try {
      const made = await work();
      results[name] = { holds: made.holds === undefined, why: made.why ?? "" };
      if (made.holds === null) results[name].holds = null; // it could not be judged, which is no yes
      return made;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      results[name] = { holds: false, why: error.message };
      return null;
    }
  };
  const form = await step("form", [], () => {
    const { salt, envelope, receipt } = fileOf(file);
    const { index, proof, note } = receiptOf(receipt);
    const { text, signatures } = noteOf(note);
    Object.assign(found, { position: index, envelope, ...headOf(text) });
    return { salt, envelope, index, proof, text, signatures, head: headOf(text) };
  });
  const key = await step("key", [], async () => ({ key: await keyOf(vkey, LOG) }));
  await step("head", ["form", "key"], async () => {
    const { text, signatures, head } = form;
    const lines = signatures.filter((each) => each.name === key.key.name && isSame(each.keyId, key.key.keyId));
    if (!lines.length) throw new Fault("no signature of the log's key that you know");
    for (const line of lines) if (!(await isSigned(key.key, line.blob, utf8.encode(text)))) throw new Fault("the log's signature does not verify");
    if (head.origin !== key.key.name) throw new Fault("the head is of another log than the key");
    return {};
  });
  await step("entry", ["form"], async () => {
    const { salt, envelope, index, proof, head } = form;
    const inner = await sha256(salt, utf8.encode(envelope));
    const root = await rootFrom(await sha256([0, 1], inner), index, head.size, proof);
    if (!root) throw new Fault("the path does not fit the place and the size");
    if (!isSame(root, head.root)) throw new Fault("the path leads to another root: the entry, its salt or its place is not what the head holds");
    return {};
  });
  await step("witnesses", ["form"], () => cosigned(form, witnesses, found));
  const steps = STEPS.map((name) => ({ name, ...results[name] }));
  const holds = steps.every((each) => each.holds !== false) && steps.slice(0, 4).every((each) => each.holds === true);
  return { holds, steps, ...found };
}

/** Each line of a witness that the reader knows must verify; lines of others are not judged. */
async function cosigned({ text, signatures }, witnesses, found) {
  const keys = await Promise.all(witnesses.filter((each) => each.trim()).map((each) => keyOf(each, WITNESS)));
  for (const line of signatures) {
    const key = keys.find((each) => each.name === line.name && isSame(each.keyId, line.keyId));
    if (!key) continue;
    if (line.blob.length !== 72) throw new Fault(`the line of ${key.name} is no cosignature`);
    const timeS = new DataView(line.blob.buffer, line.blob.byteOffset, 8).getBigUint64(0);
    if (timeS < 1n || timeS > 2n ** 63n - 1n) throw new Fault(`the time of ${key.name} is none`);
    if (!(await isSigned(key, line.blob.slice(8), utf8.encode(`cosignature/v1\ntime ${timeS}\n${text}`)))) throw new Fault(`the cosignature of ${key.name} does not verify`);
    found.seen.push({ name: key.name, timeMs: Number(timeS) * 1000 });
  }
  if (!keys.length) return { holds: null, why: "no key of a witness was given" };
  if (!found.seen.length) throw new Fault("no witness that you know has cosigned this head");
  return {};
}

/** Salt, envelope and receipt of a disclosure: one line of JSON with exactly these members. */
function fileOf(text) {
  let value;
  try { value = JSON.parse(text); } catch { throw new Fault("the file is not the line of JSON that holds an entry and its receipt"); }
  const names = ["wideberth_disclosure", "salt", "envelope", "receipt"];
  if (value === null || typeof value !== "object" || Object.keys(value).join() !== names.join()) throw new Fault(`the file has not exactly the members ${names.join(", ")}`);
  if (value.wideberth_disclosure !== 1 || names.slice(1).some((name) => typeof value[name] !== "string")) throw new Fault("the file is of another format");
  const salt = bytesOf(value.salt, "the salt");
  if (salt.length !== 16) throw new Fault("the salt is not 16 bytes");
  return { salt, envelope: value.envelope, receipt: value.receipt };
}

/** The file of an entry with its receipt, as `wideberth disclose` writes it. */
export const fileFrom = (salt, envelope, receipt) => `${JSON.stringify({ wideberth_disclosure: 1, salt, envelope, receipt })}\n`;

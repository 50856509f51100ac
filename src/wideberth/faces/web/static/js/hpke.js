// RFC 9180 in base mode with what browsers have: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
// AES-256-GCM, one message. The same as sealed/hpke.py, and tested against it.

const text = new TextEncoder();
const EMPTY = new Uint8Array(0);
const ENC_BYTES = 32;

export const joined = (...parts) => {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
};

const KEM_SUITE = joined(text.encode("KEM"), [0x00, 0x20]);
const SUITE = joined(text.encode("HPKE"), [0x00, 0x20, 0x00, 0x01, 0x00, 0x02]);
const VERSION = text.encode("HPKE-v1");

async function hmac(key, data) {
  // HKDF-Extract with an empty salt takes a block of zeros (RFC 5869, 2.2).
  const made = await crypto.subtle.importKey("raw", key.length ? key : new Uint8Array(32), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", made, data));
}

const extract = (suite, salt, label, material) => hmac(salt, joined(VERSION, suite, text.encode(label), material));

/** At most one block of SHA-256, which is all that this suite asks for. */
async function expand(suite, secret, label, info, length) {
  const labeled = joined([0, length], VERSION, suite, text.encode(label), info);
  return (await hmac(secret, joined(labeled, [1]))).slice(0, length);
}

async function scheduled(privateKey, publicRaw, enc, recipient, info) {
  const publicKey = await crypto.subtle.importKey("raw", publicRaw, { name: "X25519" }, false, []);
  const dh = new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: publicKey }, privateKey, 256));
  const eae = await extract(KEM_SUITE, EMPTY, "eae_prk", dh);
  const shared = await expand(KEM_SUITE, eae, "shared_secret", joined(enc, recipient), 32);
  const context = joined([0], await extract(SUITE, EMPTY, "psk_id_hash", EMPTY), await extract(SUITE, EMPTY, "info_hash", info));
  const secret = await extract(SUITE, shared, "secret", EMPTY);
  const key = await crypto.subtle.importKey("raw", await expand(SUITE, secret, "key", context, 32), { name: "AES-GCM" }, false, ["encrypt", "decrypt"]);
  return { key, nonce: await expand(SUITE, secret, "base_nonce", context, 12) };
}

/** enc and ciphertext of words (bytes) for a public key (32 bytes). */
export async function seal(words, publicRaw, info) {
  const ephemeral = await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
  const enc = new Uint8Array(await crypto.subtle.exportKey("raw", ephemeral.publicKey));
  const { key, nonce } = await scheduled(ephemeral.privateKey, publicRaw, enc, publicRaw, info);
  return joined(enc, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, key, words)));
}

/** What was sealed to a pair of keys of this browser. Rejects where it was not. */
export async function open(sealed, pair, info) {
  const enc = sealed.slice(0, ENC_BYTES);
  const own = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const { key, nonce } = await scheduled(pair.privateKey, enc, enc, own, info);
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce }, key, sealed.slice(ENC_BYTES)));
}

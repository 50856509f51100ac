// What a token says of itself, for showing only; the server alone judges it.

import { age, plain, utcDate, utcShort } from "./text.js";
import { t } from "./words.js";

/** {party, roles, expiresMs} of a token, or null where it is none. */
export function claims(token) {
  try {
    const part = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    const said = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part), (c) => c.charCodeAt(0))));
    const roles = String(said.scope ?? "").split(" ").map((scope) => scope.replace(/^wideberth\./, "")).filter(Boolean);
    return { party: said.party ?? said.sub ?? "?", roles, expiresMs: Number(said.exp) * 1000 };
  } catch {
    return null;
  }
}

/** Why the server may have refused a token, and what to do; said once it did. */
export function whyRefused(session, nowMs) {
  const again = t("Ask your administrator for a new one, or make it: {command}", { command: `wideberth token ${plain(session?.party ?? "PARTY", 60)} --for 8h` });
  if (!(session?.expiresMs <= nowMs)) return t("The server refused this token. {again}", { again });
  const { expiresMs } = session;
  return t("This token is not valid any more: it expired on {date} at {time}, {age} ago. {again}", { date: utcDate(expiresMs), time: utcShort(expiresMs), age: age(nowMs - expiresMs), again });
}

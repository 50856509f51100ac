// How late something was told, in words: how long before its begin, and what was asked for.

import { duration, plain } from "./text.js";
import { t } from "./words.js";

/** leadS: how long before its begin it was told, NaN or 0 where that is not shown; minimumS: what was
 * asked for; byRules: by the rules of the space, not by an agreement. "" where neither is known. */
export function latenessOf(leadS, minimumS, byRules) {
  const told = leadS > 0 ? t("told {duration} before it begins", { duration: duration(leadS) }) : leadS < 0 ? t("told when it had begun") : "";
  const asked = minimumS > 0 ? `${byRules ? t("the rules ask for") : t("agreed are")} ${duration(minimumS)}` : "";
  return [told, asked].filter(Boolean).join(", ");
}

/** Why a notice is late, as far as it says so itself; "" where it does not. */
export function whyLate(state, notice) {
  if (!notice.late) return "";
  const least = (each) => each.minimum_lead_s ?? 0;
  const broken = notice.under.filter((each) => each.late).sort((a, b) => least(b) - least(a))[0];
  const warning = state.warnings[`w-late-${notice.id}`];
  const byRules = !broken && Boolean(warning?.rule.startsWith("rules/"));
  const minimumS = broken ? least(broken) : byRules ? notice.leadS - warning.gap.timeS : NaN;
  const words = latenessOf(notice.leadS, minimumS, byRules);
  return words && broken?.title ? `${words} (${plain(broken.title, 80)})` : words;
}

// The view of agreements: what was agreed, proposed or suspended, as the reader may see it.

import { rows } from "./dom.js";
import { h, plain } from "./text.js";

const AGAIN_MS = 15000;

export function mount(root, context) {
  const list = h("div", { class: "list", id: "agreements" });
  const view = h("div", { class: "sheet" }, h("h2", { tabindex: "-1", "data-first": true }, "Agreements"), list);
  root.replaceChildren(view);
  let stopped = false;
  const ask = async () => {
    const { items } = await context.api.all("/api/v1/agreements", "agreements");
    if (stopped) return;
    rows(list, items.map((each) => ({
      key: `${each.agreement ?? each.id}/${each.version}`,
      shows: each,
      make: () => h("p", {}, plain(each.terms?.title ?? each.title ?? each.agreement ?? each.id), ` v${each.version} `, h("span", { class: "tag" }, each.state)),
    })), "No agreement concerns you.");
  };
  const again = () => ask().catch(() => {}); // what was read last stays, and the bar says how old it is
  again();
  const timer = setInterval(again, AGAIN_MS);
  return { unmount: () => { stopped = true; clearInterval(timer); root.replaceChildren(); } };
}

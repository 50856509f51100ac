// The view of the inbox: what there is to do now.

import { h } from "./text.js";

export function mount(root) {
  root.replaceChildren(h("div", { class: "sheet" }, h("h2", { tabindex: "-1", "data-first": true }, "Inbox")));
  return { unmount: () => root.replaceChildren() };
}

// What the page begins with: the words in the reader's language first, since every other module reads
// its phrases when it is loaded. (No await at the top of words.js: WebKit has run importers too early.)

import { begin } from "./words.js";

await begin();
await import("./main.js");

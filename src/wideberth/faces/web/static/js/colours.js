// Colours that stay apart for colour-blind eyes (Okabe and Ito, 2008), lightened for a dark room.
// Never colour alone: every mark also has a shape, a line of its own or a word.

export const COLOURS = ["#6cc0f0", "#f0a830", "#35c79a", "#e58fc4", "#f0e442", "#e07b45", "#b8b8c8"];

const given = new Map();

/** A number of a colour for a party: by its place in the list of parties, the same everywhere. */
export function partyColour(party) {
  if (!party) return COLOURS.length - 1;
  return given.get(party) ?? COLOURS.length - 1;
}

/** Give the parties their colours, in the order of their ids. */
export function giveColours(parties) {
  [...parties].sort().forEach((party, index) => given.set(party, index % (COLOURS.length - 1)));
}

// Colours that stay apart for colour-blind eyes, on the dark ground of a night watch. Begun from those of
// Okabe and Ito (2008) and moved apart by computation: as protanopes, deuteranopes and tritanopes see
// them (Machado et al. 2009), each is at least 12 (CIEDE2000) from each other and from the colour of
// what is wrong, and has a contrast of 4.5 or more with the map. A test computes it.
// Never colour alone: every mark also has a shape, a line of its own or a word.

export const COLOURS = ["#9491ef", "#9c9700", "#1b9e9e", "#ff0794", "#f6eb59", "#af7961", "#a6c8e8"];

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

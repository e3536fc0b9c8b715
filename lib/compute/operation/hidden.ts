/** Number that is added to the attention scores of masked positions. It is finite, so that no row becomes NaN. */
export const HIDDEN = -1e9

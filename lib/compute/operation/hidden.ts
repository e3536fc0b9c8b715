/** Added to the scores of positions that must not be seen; finite, so that no row becomes NaN. */
export const HIDDEN = -1e9

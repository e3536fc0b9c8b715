/** Formats a number with its sign. */
export const formatSigned = (x: number, digits: number): string => `${x < 0 ? '' : '+'}${x.toFixed(digits)}`

/** Formats a number with a fixed count of digits after the point and a true minus sign; an en dash stands for no number. */
export const formatFixed = (value: number | null | undefined, digits = 3): string =>
  value === null || value === undefined ? '–' : trueMinus(value.toFixed(digits))

/** Formats a number like {@link formatFixed}, with a plus sign if it is positive. */
export const formatSigned = (value: number, digits = 3): string => {
  const text = formatFixed(value, digits)
  return value > 0 ? `+${text}` : text
}

/** Formats a number with three significant digits, however small it is: `1.2e−7`, `0.031`. */
export const formatShort = (value: number | null | undefined): string => {
  if (value === null || value === undefined) return '–'
  if (value === 0) return '0'
  const size = Math.abs(value)
  return trueMinus(size < 1e-3 || size >= 1e5 ? value.toExponential(1) : String(Number(value.toPrecision(3))))
}

const trueMinus = (text: string): string => text.replaceAll('-', '−')

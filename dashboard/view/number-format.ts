/** How numbers are told to people. */

/** With so many digits after the point and a true minus; an en dash where there is no number. */
export const formatFixed = (value: number | null | undefined, digits = 3): string =>
  value === null || value === undefined ? '–' : minus(value.toFixed(digits))

/** The same with its sign, also where it is positive. */
export const formatSigned = (value: number, digits = 3): string => {
  const text = formatFixed(value, digits)
  return value > 0 ? `+${text}` : text
}

/** To three digits, however small: `1.2e−7`, `0.031`. */
export const formatShort = (value: number | null | undefined): string => {
  if (value === null || value === undefined) return '–'
  if (value === 0) return '0'
  const size = Math.abs(value)
  return minus(size < 1e-3 || size >= 1e5 ? value.toExponential(1) : String(Number(value.toPrecision(3))))
}

const minus = (text: string): string => text.replaceAll('-', '−')

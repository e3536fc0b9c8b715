/** How numbers are told to people. */

/** With so many digits after the point; an en dash where there is no number. */
export const fixed = (value: number | null, digits: number): string => (value === null ? '–' : value.toFixed(digits))

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** `726 B`, `11.4 MB`: decimal, as the hub shows them. */
export const bytes = (count: number): string => {
  const power = units.findLastIndex((_, i) => i === 0 || count >= 1000 ** i)
  return `${power === 0 ? count : (count / 1000 ** power).toFixed(1)} ${units[power]!}`
}

/** `1 file`, `2 files`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** A share as a bar that fills up. */
export const bar = (share: number, width: number): string => {
  const full = Math.round(share * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}

/** One line of at most that many columns. */
export const cut = (text: string, columns: number): string =>
  text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`

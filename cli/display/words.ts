import { stripVTControlCharacters } from 'node:util'
import stringWidth from 'string-width'
import { duration } from '../../lib/report/number-text.js'

/** Formats a number with a fixed number of digits after the point; null is an en dash. */
export const fixed = (value: number | null, digits: number): string => (value === null ? '–' : value.toFixed(digits))

const scaled = (count: number, units: readonly string[]): string => {
  const power = units.findLastIndex((_, i) => i === 0 || count >= 1000 ** i)
  return `${power === 0 ? count : (count / 1000 ** power).toFixed(1)}${units[power]!}`
}

/** Formats a size in decimal units, as the hub does: `726 B`, `11.4 MB`. */
export const sizeText = (count: number): string => scaled(count, [' B', ' kB', ' MB', ' GB', ' TB'])

/** Formats a count with a decimal prefix: `512`, `2.1 M`. */
export const countText = (count: number): string => scaled(count, ['', ' k', ' M', ' G', ' T', ' P'])

/** Text of the remaining time as a list; empty if there is no estimate yet. @units seconds */
export const timeLeft = (seconds: number | null): readonly string[] =>
  seconds === null ? [] : [`${duration(seconds)} left`]

/** Progress bar of a share from 0 to 1. */
export const bar = (share: number, width: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}

const graphemes = new Intl.Segmenter()

/**
 * Shortens a line to a number of columns, in which wide characters take two. Control characters are removed, because each
 * could move the cursor.
 */
export const cut = (text: string, columns: number): string => {
  const plain = stripVTControlCharacters(text).replaceAll(/\p{Cc}/gu, ' ')
  if (stringWidth(plain) <= columns) return plain
  let shown = ''
  let left = columns - 1
  for (const { segment } of graphemes.segment(plain)) {
    left -= stringWidth(segment)
    if (left < 0) break
    shown += segment
  }
  return `${shown}…`
}

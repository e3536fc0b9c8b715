import { CheckpointError } from '../checkpoint/checkpoint-error.js'

const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
]
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

const digits = (value: number, width = 2): string => String(value).padStart(width, '0')

const dayOfYear = (date: Date): number =>
  1 + Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0)) / 86_400_000)

/** Text of each directive. */
const directives: ReadonlyMap<string, (date: Date) => string> = new Map<string, (date: Date) => string>([
  ['Y', (date) => digits(date.getUTCFullYear(), 4)],
  ['y', (date) => digits(date.getUTCFullYear() % 100)],
  ['m', (date) => digits(date.getUTCMonth() + 1)],
  ['B', (date) => months[date.getUTCMonth()]!],
  ['b', (date) => months[date.getUTCMonth()]!.slice(0, 3)],
  ['d', (date) => digits(date.getUTCDate())],
  ['j', (date) => digits(dayOfYear(date), 3)],
  ['A', (date) => days[date.getUTCDay()]!],
  ['a', (date) => days[date.getUTCDay()]!.slice(0, 3)],
  ['w', (date) => String(date.getUTCDay())],
  ['u', (date) => String(date.getUTCDay() || 7)],
  ['H', (date) => digits(date.getUTCHours())],
  ['I', (date) => digits(date.getUTCHours() % 12 || 12)],
  ['p', (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM')],
  ['M', (date) => digits(date.getUTCMinutes())],
  ['S', (date) => digits(date.getUTCSeconds())],
  ['F', (date) => date.toISOString().slice(0, 10)],
  ['T', (date) => date.toISOString().slice(11, 19)],
  ['%', () => '%'],
])

/**
 * Formats a date and a time as `strftime` of Python does in English, in UTC. `%-d` is a number without leading zeros. `file` is
 * the template, which errors name.
 *
 * @errors throws CheckpointError for a directive that is not known here
 */
export const strftime = (date: Date, format: string, file: string): string =>
  format.replace(/%(-?)(.?)/gs, (directive, dash: string, letter: string) => {
    const text = directives.get(letter)?.(date)
    if (text === undefined)
      throw new CheckpointError(
        `${file}, strftime_now`,
        directive,
        `one of ${[...directives.keys()].map((key) => `%${key}`).join(' ')}`,
      )
    return dash === '' ? text : text.replace(/^0+(?=.)/, '')
  })

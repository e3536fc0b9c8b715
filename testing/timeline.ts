/** Marbles and what their letters stand for, as `cold` and `toBe` take them. */
export interface Marbles<A> {
  readonly marbles: string
  readonly values: Readonly<Record<string, A>>
}

/** How a stream ends: it stays open, completes or fails. */
export type Ending = '' | '|' | '#'

/** Frames between one group of values and the next. @units ms */
export const slot = 100

/** Groups of simultaneous values, one slot apart and the first after one slot; the last group comes with the ending. */
export const timeline = <A>(
  groups: readonly (readonly A[])[],
  last: readonly A[] = [],
  ending: Ending = '',
): Marbles<A> => {
  const all = [...groups.flat(), ...last]
  let used = 0
  const letters = (count: number) => all.slice(used, (used += count)).map((_, i) => letter(used - count + i))
  const slots = groups.map((group) => padded(letters(group.length)))
  return {
    marbles: [`${slot}ms`, ...slots, `(${[...letters(last.length), ending].join('')})`].join(' '),
    values: Object.fromEntries(all.map((value, i) => [letter(i), value])),
  }
}

/** Letters without a meaning in marbles. */
const letter = (n: number): string => String.fromCodePoint(0x100 + n)

const padded = (letters: readonly string[]): string =>
  letters.length === 0 ? `${slot}ms` : `(${letters.join('')}) ${slot - letters.length - 2}ms`

/** Marble diagram and the values of its letters, as `cold` and `toBe` take them. */
export interface Marbles<A> {
  readonly marbles: string
  readonly values: Readonly<Record<string, A>>
}

/** End of a stream: it stays open, completes or fails. */
export type Ending = '' | '|' | '#'

/** Time between two groups of values. @units ms */
export const slot = 100

/** Builds the diagram of groups of simultaneous values: one slot apart, the first after one slot, `last` with the ending. */
export const timeline = <A>(
  groups: readonly (readonly A[])[],
  last: readonly A[] = [],
  ending: Ending = '',
): Marbles<A> => {
  const all = [...groups.flat(), ...last]
  let next = 0
  const letters = (count: number) => all.slice(next, (next += count)).map((_, i) => letter(next - count + i))
  const slots = groups.map((group) => padded(letters(group.length)))
  return {
    marbles: [`${slot}ms`, ...slots, `(${[...letters(last.length), ending].join('')})`].join(' '),
    values: Object.fromEntries(all.map((value, i) => [letter(i), value])),
  }
}

/** Returns the n-th letter that has no meaning in marble syntax. */
const letter = (n: number): string => String.fromCodePoint(0x100 + n)

const padded = (letters: readonly string[]): string =>
  letters.length === 0 ? `${slot}ms` : `(${letters.join('')}) ${slot - letters.length - 2}ms`

/**
 * Immutable list that grows at its end. Appending to the newest version shares its memory, so that a long log costs only the
 * lines that are added; appending to an older version copies it.
 */
export interface GrowingList<A> {
  /** May hold items of a newer version after the first `length`. */
  readonly items: readonly A[]
  readonly length: number
}

/** Creates an empty list. Each call makes a new one, because two lists with shared memory would overwrite each other. */
export const emptyList = <A>(): GrowingList<A> => ({ items: [], length: 0 })

export const append = <A>({ items, length }: GrowingList<A>, more: readonly A[]): GrowingList<A> => {
  const own = (items.length === length ? items : items.slice(0, length)) as A[]
  for (const item of more) own.push(item)
  return { items: own, length: own.length }
}

/** Returns a list of the first `length` items. */
export const keepFirst = <A>({ items }: GrowingList<A>, length: number): GrowingList<A> => ({
  items: items.slice(0, length),
  length,
})

export const lastItem = <A>({ items, length }: GrowingList<A>): A | undefined => items[length - 1]

/** Mean of the numbers of the last `count` items; null if none of these has a number. */
export const meanOfLast = <A>(
  { items, length }: GrowingList<A>,
  count: number,
  value: (item: A) => number | null,
): number | null => {
  const values = items
    .slice(Math.max(0, length - count), length)
    .map(value)
    .filter((number) => number !== null)
  return values.length === 0 ? null : values.reduce((sum, number) => sum + number, 0) / values.length
}

/**
 * A list that only grows at its end, as a value. Appending to the newest shares its memory, so a long log costs what is
 * added to it; appending to an older one copies.
 */
export interface GrowingList<A> {
  /** May already hold more than belongs to this one: read up to `length`. */
  readonly items: readonly A[]
  readonly length: number
}

/** A new one each time: two that share memory would overwrite each other. */
export const emptyList = <A>(): GrowingList<A> => ({ items: [], length: 0 })

export const append = <A>({ items, length }: GrowingList<A>, more: readonly A[]): GrowingList<A> => {
  const own = (items.length === length ? items : items.slice(0, length)) as A[]
  for (const item of more) own.push(item)
  return { items: own, length: own.length }
}

/** The first of them alone. */
export const keepFirst = <A>({ items }: GrowingList<A>, length: number): GrowingList<A> => ({
  items: items.slice(0, length),
  length,
})

export const lastItem = <A>({ items, length }: GrowingList<A>): A | undefined => items[length - 1]

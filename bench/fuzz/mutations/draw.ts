/** Random choices of a mutation. They depend on nothing but the key of the input. */
export interface Draw {
  /** Returns an integer from 0 to n - 1; 0 if n is 0. */
  readonly below: (n: number) => number
  /** Returns one of the items. */
  readonly pick: <A>(items: readonly A[]) => A
}

/** Makes choices from uniform random numbers in [0, 1). */
export const createDraw = (next: () => number): Draw => {
  const below = (n: number) => Math.floor(n * next())
  return { below, pick: (items) => items[below(items.length)]! }
}

/** An input that is to be changed. */
export interface Target {
  readonly bytes: Uint8Array
  /** Another valid input of the same decoder, for splices. */
  readonly other: Uint8Array
  readonly draw: Draw
  /** Returns a place in the bytes. Headers are hit more often than the numbers of a tensor. */
  readonly place: () => number
}

/** Changes an input. Null if the input does not have the structure that the change needs. */
export type Mutate = (target: Target) => Uint8Array | null

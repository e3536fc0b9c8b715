/** Numbers that a column and its earlier states share. Only the first `used` are set. */
interface Storage {
  readonly data: Float64Array
  used: number
}

/**
 * List of numbers that grows at its end and takes 8 bytes for each. Appending returns a new column that shares the numbers before,
 * so that it takes constant time on average, and the old column stays as it is.
 */
export interface Column {
  readonly storage: Storage
  readonly length: number
}

/** Column without numbers. */
export const emptyColumn: Column = { storage: { data: new Float64Array(0), used: 0 }, length: 0 }

/** Returns a column with one more number. */
export const append = ({ storage, length }: Column, value: number): Column => {
  const isNewest = storage.used === length && length < storage.data.length
  const into = isNewest ? storage : { data: larger(storage.data, length), used: length }
  into.data[length] = value
  into.used = length + 1
  return { storage: into, length: length + 1 }
}

const larger = (data: Float64Array, length: number): Float64Array => {
  const copy = new Float64Array(Math.max(64, 2 * length))
  copy.set(data.subarray(0, length))
  return copy
}

/** Returns the numbers of a column without copying them. The caller must not change them. */
export const numbersOf = ({ storage, length }: Column): Float64Array => storage.data.subarray(0, length)

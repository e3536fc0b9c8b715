/**
 * Random numbers by key: a draw is a function of integers, such as (seed, batch, prompt, sample, token), and of nothing
 * else. There is no state to carry, so the order in which draws are made cannot change them.
 *
 * @source MurmurHash3 (x86, 32 bit), by Austin Appleby, public domain; two of them make the 53 bits of a double
 */

/** A number in [0, 1) by the integers of its key. */
export const uniform = (...key: readonly number[]): number => toUnit(hashed(left, key), hashed(right, key))

/** The same with the first part of the key given: `keyed(a, b)(c)` is `uniform(a, b, c)`. */
export const keyed = (...key: readonly number[]): ((last: number) => number) => {
  const [a, b] = [hashed(left, key), hashed(right, key)]
  return (last) => toUnit(absorbed(a, last), absorbed(b, last))
}

/** A number in [0, 1) by a text and the integers before it. */
export const uniformOfText = (text: string, ...key: readonly number[]): number => {
  let [a, b] = [hashed(left, [...key, text.length]), hashed(right, [...key, text.length])]
  for (let i = 0; i < text.length; i += 2) {
    // Two characters a word; the one that an odd text lacks is told from a zero by its length.
    const word = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16)
    a = mixed(a, word)
    b = mixed(b, word)
  }
  return toUnit(a, b)
}

/** The items in an order drawn by key, each order as likely as any other (Fisher-Yates). */
export const shuffled = <A>(items: readonly A[], ...key: readonly number[]): A[] => {
  const draw = keyed(...key)
  const order = [...items]
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(draw(i) * (i + 1))
    const moved = order[i]!
    order[i] = order[j]!
    order[j] = moved
  }
  return order
}

/** Seeds of the two hashes. */
const left = 0x9e3779b9
const right = 0x7f4a7c15

const hashed = (seed: number, key: readonly number[]): number => key.reduce(absorbed, seed)

/** Integers beyond 32 bits count whole. */
const absorbed = (hash: number, part: number): number => mixed(mixed(hash, part | 0), Math.floor(part / 2 ** 32) | 0)

const mixed = (hash: number, word: number): number => {
  const scrambled = Math.imul(rotated(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593)
  return (Math.imul(rotated(hash ^ scrambled, 13), 5) + 0xe6546b64) | 0
}

const rotated = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))

const finished = (hash: number): number => {
  const a = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  const b = Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  return (b ^ (b >>> 16)) >>> 0
}

/** 26 bits of one hash and 27 of the other. */
const toUnit = (a: number, b: number): number => ((finished(a) >>> 6) * 2 ** 27 + (finished(b) >>> 5)) / 2 ** 53

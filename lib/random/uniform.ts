/**
 * Random numbers by key: each number is a pure function of integers, such as (seed, step, prompt, sample, token). There is no
 * state, so the order in which numbers are computed cannot change them.
 *
 * @source MurmurHash3 (x86, 32 bit), by Austin Appleby, public domain; two hashes make the 53 bits of a double
 */

/**
 * Uniform random number in [0, 1) for a key of integers.
 *
 * @example
 * uniform(7, 0, 3) // the same number in every run
 */
export const uniform = (...key: readonly number[]): number => toUnit(hash(LEFT, key), hash(RIGHT, key))

/**
 * Returns `uniform` with the first integers of its key fixed, so that they are hashed once.
 *
 * @example
 * keyedUniform(7, 0)(3) // equals uniform(7, 0, 3)
 */
export const keyedUniform = (...key: readonly number[]): ((last: number) => number) => {
  const [a, b] = [hash(LEFT, key), hash(RIGHT, key)]
  return (last) => toUnit(absorb(a, last), absorb(b, last))
}

/**
 * Uniform random number in [0, 1) for a text and a key of integers.
 *
 * @example
 * uniformOfText('What is 2 + 2?', 7) // the same number in every run
 */
export const uniformOfText = (text: string, ...key: readonly number[]): number => {
  let [a, b] = [hash(LEFT, [...key, text.length]), hash(RIGHT, [...key, text.length])]
  for (let i = 0; i < text.length; i += 2) {
    // Two characters form one word. The missing last character of an odd text counts as zero; its length is hashed too.
    const word = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16)
    a = mix(a, word)
    b = mix(b, word)
  }
  return toUnit(a, b)
}

/**
 * Returns a copy of the items in a random order that depends on the key alone. All orders are equally likely
 * (Fisher-Yates).
 *
 * @example
 * shuffle(['a', 'b', 'c'], 7, 0) // the same order in every run
 */
export const shuffle = <A>(items: readonly A[], ...key: readonly number[]): A[] => {
  const draw = keyedUniform(...key)
  const order = [...items]
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(draw(i) * (i + 1))
    const item = order[i]!
    order[i] = order[j]!
    order[j] = item
  }
  return order
}

/** Seeds of the two hashes. */
const LEFT = 0x9e3779b9
const RIGHT = 0x7f4a7c15

const hash = (seed: number, key: readonly number[]): number => key.reduce(absorb, seed)

/** Mixes an integer into a hash: its low 32 bits, then the bits above them. */
const absorb = (state: number, part: number): number => mix(mix(state, part | 0), Math.floor(part / 2 ** 32) | 0)

const mix = (state: number, word: number): number => {
  const scrambled = Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593)
  return (Math.imul(rotate(state ^ scrambled, 13), 5) + 0xe6546b64) | 0
}

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))

const finalise = (state: number): number => {
  const a = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  const b = Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  return (b ^ (b >>> 16)) >>> 0
}

/** Number in [0, 1) from 26 bits of the first hash and 27 bits of the second. */
const toUnit = (a: number, b: number): number => ((finalise(a) >>> 6) * 2 ** 27 + (finalise(b) >>> 5)) / 2 ** 53

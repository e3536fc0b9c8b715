/** Short words that are answers or units. Other letters without a vowel pattern are products of variables. */
const short = new Set(
  (
    'yes not odd even east west north south true false none both only red blue green black white left right up down top all any ' +
    'some zero one two ten new old boy girl man men day days per egg eggs cat cats dog dogs car cars toy toys pen pens ' +
    'hat hats box boxes bag bags cup cups book books ball balls coin coins card cards tree trees fish cow cows hen hens pig ' +
    'pigs bus leg legs pie pies row rows seat seats side sides game games hour hours mile miles foot feet inch year years week ' +
    'weeks unit units time times page pages cake cakes acre acres ways way cost least most ago old sum mean median mode ' +
    'prime circle line point plane cube cone sphere first last city fort bat owl bees ants'
  ).split(' '),
)

/**
 * Returns whether letters without a sign between them are a word and not a product of variables: a common word, a
 * capitalised word, or a longer one with vowels among its letters.
 */
export const isWord = (letters: string): boolean => {
  const lower = letters.toLowerCase()
  if (letters.length < 3 || isRun(lower)) return false
  if (short.has(lower) || short.has(lower.replace(/s$/, ''))) return true
  const hasVowels = /[aeiou]/.test(lower) && /[bcdfghjklmnpqrstvwxyz]/.test(lower)
  if (/^[A-Z][a-z]{2,}$/.test(letters)) return hasVowels || letters.length > 3
  return letters.length > 4 && hasVowels && new Set(lower).size > 2
}

/** Returns whether letters follow each other as in the alphabet, such as `abcde`. */
const isRun = (letters: string): boolean => {
  const steps = Array.from(letters.slice(1), (letter, i) => letter.charCodeAt(0) - letters.charCodeAt(i))
  return steps.every((step) => step === 1) || steps.every((step) => step === -1)
}

/** Returns whether a text consists of words with spaces between them, one of which is certainly a word. */
export const arePlainWords = (text: string): boolean =>
  /^[a-zA-Z][a-zA-Z' .-]*$/.test(text) && text.split(/[^a-zA-Z]+/).some(isWord)

import { isEqual, isEqualTo, signOfRatio } from './algebra/algebra.js'
import { isName } from './names.js'
import { hundredth, isSame, isWithin } from './rational.js'
import { type Structure, textOf } from './structure.js'
import { foldText, squeezeSpaces, type Value } from './value.js'
import { arePlainWords } from './words.js'

/**
 * Returns whether two answers are the same, by these rules:
 *
 *     sets              members in any order: {1, 2} = {2, 1}
 *     points, intervals items in order and brackets of the same kind: (1, 2] is not (1, 2)
 *     bare lists        a list without brackets may be a set or a point
 *     assignments       x = 5 is 5, but not y = 5; x = 1, y = 2 is (1, 2), but not 2, 1
 *     relations         equations and inequalities may differ by a factor
 *     percent           50% is 0.5, and also 50, because a question may ask for a percentage
 *     units             a unit may be left out, but 5 cm is not 5 m
 *     decimals          a decimal with six places and six digits or more equals every number that rounds to it
 *     words             upper and lower case are the same
 *     choices           (D) 12 is D, and also 12
 *     bases             52_8 is only 52 in base eight
 */
export const isSameAnswer = (a: Structure, b: Structure): boolean => {
  if (a.kind === 'based' || b.kind === 'based')
    return a.kind === 'based' && b.kind === 'based' && a.base === b.base && a.digits === b.digits
  if (a.kind === 'choice' || b.kind === 'choice') return isSameChoice(a, b)
  if (a.kind === 'relation' && b.kind === 'relation') return isSameRelation(a, b)
  if (a.kind === 'relation') return isSameAsRelation(a, b)
  if (b.kind === 'relation') return isSameAnswer(b, a)
  if (a.kind === 'value' && b.kind === 'value') return isSameValue(a.value, b.value)
  return isSameList(a, b)
}

const isSameChoice = (a: Structure, b: Structure): boolean => {
  if (a.kind === 'choice' && b.kind === 'choice') return a.label === b.label && isSameAnswer(a.content, b.content)
  if (a.kind !== 'choice') return b.kind === 'choice' && isSameChoice(b, a)
  const isLabel = b.kind === 'value' && foldText(b.value) === a.label.toLowerCase() && /[A-Z]/.test(b.value.latex)
  return isLabel || isSameAnswer(a.content, b)
}

type Relation = Structure & { readonly kind: 'relation' }

const isSameRelation = (a: Relation, b: Relation): boolean => {
  if (a.operator !== b.operator) return false
  const [leftName, rightName] = [squeezeSpaces(a.left.latex), squeezeSpaces(b.left.latex)]
  if (isAssigned(a) && isAssigned(b) && leftName === rightName)
    return isSameAnswer(a.right.structure, b.right.structure)
  const sides = [
    [a.left, b.left],
    [a.right, b.right],
  ] as const
  if (sides.every(([one, other]) => isSameAnswer(one.structure, other.structure))) return true
  const sign = signOfRatio(difference(a), difference(b))
  return sign !== null && (sign > 0 || a.operator === '=' || a.operator === '\\ne')
}

/** Returns whether an answer is the value that a relation states, or a set whose members are all this relation. */
const isSameAsRelation = (a: Relation, b: Structure): boolean =>
  (isAssigned(a) && isSameAnswer(a.right.structure, b)) || (unordered(b)[0] !== b && isSameList(a, b))

const difference = ({ left, right }: Relation): string => `${left.latex}-(${right.latex})`

/** Returns whether a relation states the value of a name: `x = 5`, `f(x) = x^2`. */
const isAssigned = ({ operator, left }: Relation): boolean => operator === '=' && isName(left.latex)

const isSameList = (a: Structure, b: Structure): boolean => {
  if (a.kind === 'list' && b.kind === 'list') {
    if (a.name !== undefined && b.name !== undefined && a.name !== b.name) return false
    const isOrdered = isBare(a) !== isBare(b) || !isBare(a) || namesSeveral(a) !== namesSeveral(b)
    if (isOrdered) return hasSameBrackets(a, b) && isSameInOrder(a.items, b.items)
  }
  const [items, others] = [unordered(a), unordered(b)]
  if (a.kind === 'list' ? b.kind !== 'list' && namesSeveral(a) : b.kind === 'list' && namesSeveral(b)) return false
  return isContained(distinct(items), distinct(others)) && isContained(distinct(others), distinct(items))
}

/** Removes members that are written alike. */
const distinct = (items: readonly Structure[]): readonly Structure[] => [
  ...new Map(items.map((item) => [textOf(item), item])).values(),
]

type List = Structure & { readonly kind: 'list' }

const isBare = ({ open }: List): boolean => open === ''

/** Returns whether a list states the values of several names, as `x = 1, y = 2` does. */
const namesSeveral = ({ items }: List): boolean => {
  const names = items.flatMap((item) => (item.kind === 'relation' && isAssigned(item) ? [item.left.latex] : []))
  return names.length === items.length && new Set(names).size > 1
}

/** Returns whether two lists have the same brackets. A list without brackets counts as one with round brackets. */
const hasSameBrackets = (a: List, b: List): boolean =>
  (a.open || '(') === (b.open || '(') && (a.close || ')') === (b.close || ')')

/** Returns the members of a set or of a list without brackets. Any other answer is a set of one. */
const unordered = (structure: Structure): readonly Structure[] =>
  structure.kind === 'set' || (structure.kind === 'list' && isBare(structure)) ? structure.items : [structure]

const isSameInOrder = (a: readonly Structure[], b: readonly Structure[]): boolean =>
  a.length === b.length && a.every((item, i) => isSameAnswer(item, b[i]!))

const isContained = (a: readonly Structure[], b: readonly Structure[]): boolean =>
  a.every((item) => b.some((other) => isMember(item, other)))

/** Returns whether a member of one set is a member of another. A list with brackets is no set of one. */
const isMember = (item: Structure, other: Structure): boolean =>
  (isBracketed(item) === isBracketed(other) || item.kind === 'relation' || other.kind === 'relation') &&
  isSameAnswer(item, other)

const isBracketed = (structure: Structure): boolean => structure.kind === 'list' && !isBare(structure)

const isSameValue = (a: Value, b: Value): boolean => {
  if (a.unit !== null && b.unit !== null && a.unit !== b.unit) return false
  if (isWordy(a) || isWordy(b))
    return isWordy(a) === isWordy(b) || isLetters(a) || isLetters(b) ? foldText(a) === foldText(b) : false
  if (a.percent === b.percent && squeezeSpaces(a.latex) === squeezeSpaces(b.latex)) return true
  if (isTime(a) && isTime(b)) return false
  return a.percent === b.percent
    ? isSameNumber(a, b)
    : isSameNumber(a, { ...b, percent: a.percent }) || isSameNumber(fraction(a), fraction(b))
}

const isWordy = ({ isText, latex }: Value): boolean => isText || arePlainWords(latex)

/** Returns whether a value is letters, which are a word if they are compared with one. */
const isLetters = ({ latex }: Value): boolean => /^[a-zA-Z][a-zA-Z ]*$/.test(latex)

const isTime = ({ latex }: Value): boolean => /^\d{1,2} ?: ?\d\d$/.test(latex)

/** Converts a percentage to a fraction: 50% becomes 0.5. */
const fraction = (value: Value): Value =>
  value.percent
    ? {
        ...value,
        percent: false,
        latex: `(${value.latex})/100`,
        exact: value.exact && hundredth(value.exact),
        places: value.places === null ? null : value.places + 2,
      }
    : value

const isSameNumber = (a: Value, b: Value): boolean => {
  const places = [roundedTo(a), roundedTo(b)].filter((found) => found !== null)
  const [x, y] = [a.exact, b.exact]
  if (x !== null && y !== null) return isSame(x, y) || places.some((place) => isWithin(x, y, place))
  return isEqual(a.latex, b.latex) || places.some((place) => isEqualTo(a.latex, b.latex, place))
}

/** Fewest places, and fewest digits without leading zeros, of a number that counts as rounded. */
const ROUNDED = 6

/** Returns the decimal places of a number that counts as rounded; null for others. */
const roundedTo = ({ places, latex }: Value): number | null => {
  const digits = latex.replace(/\D/g, '').replace(/^0+/, '')
  return places !== null && places >= ROUNDED && digits.length >= ROUNDED ? places : null
}

import type { Algebra } from './algebra.js'
import { hundredth, isSame, isWithin } from './rational.js'
import { isConstant, isName } from './relation.js'
import type { Structure } from './structure.js'
import { foldText, squeezeSpaces, type Value } from './value.js'

/**
 * Returns whether two answers are the same, by these rules:
 *
 *     sets              members in any order: {1, 2} = {2, 1}
 *     points, intervals items in order and brackets of the same kind: (1, 2] is not (1, 2)
 *     bare lists        a list without brackets may be a set or a point
 *     assignments       x = 5 is 5
 *     relations         equations and inequalities may differ by a factor
 *     percent           50% is 0.5, and also 50, because a question may ask for a percentage
 *     decimals          a decimal with six places or more equals every number that rounds to it
 *     words             upper and lower case are the same
 *
 * Most answers need no algebra, so the algebra is a parameter: see {@link withoutAlgebra}.
 */
export const isSameAnswer = (a: Structure, b: Structure, algebra: Equality): boolean => {
  if (a.kind === 'relation' && b.kind === 'relation') return isSameRelation(a, b, algebra)
  if (a.kind === 'relation') return isAssigned(a) && isSameAnswer(a.right.structure, b, algebra)
  if (b.kind === 'relation') return isSameAnswer(b, a, algebra)
  if (a.kind === 'value' && b.kind === 'value') return isSameValue(a.value, b.value, algebra)
  return isSameList(a, b, algebra)
}

/** Part of the algebra that a comparison uses. */
export type Equality = Pick<Algebra, 'isEqual' | 'ratio'>

/**
 * Makes an algebra that finds no two expressions equal. `isNeeded` becomes true when a comparison uses it: only then
 * can the compute engine change the result.
 */
export const withoutAlgebra = (): Equality & { readonly isNeeded: boolean } => {
  let isNeeded = false
  const markNeeded = () => {
    isNeeded = true
  }
  return {
    isEqual: () => (markNeeded(), false),
    ratio: () => (markNeeded(), null),
    get isNeeded() {
      return isNeeded
    },
  }
}

type Relation = Structure & { readonly kind: 'relation' }

const isSameRelation = (a: Relation, b: Relation, algebra: Equality): boolean => {
  if (a.operator !== b.operator) return false
  const sides = [
    [a.left, b.left],
    [a.right, b.right],
  ] as const
  if (sides.every(([one, other]) => isSameAnswer(one.structure, other.structure, algebra))) return true
  const k = algebra.ratio(difference(a), difference(b))
  return k !== null && (k > 0 || a.operator === '=' || a.operator === '\\ne')
}

const difference = ({ left, right }: Relation): string => `${left.latex}-(${right.latex})`

/** Returns whether a relation states the value of its right side: `x = 5`, `f(x) = x^2`, `2 + 3 = 5`. */
const isAssigned = ({ operator, left }: Relation): boolean =>
  operator === '=' && (isName(left.latex) || isConstant(left.latex))

const isSameList = (a: Structure, b: Structure, algebra: Equality): boolean => {
  if (a.kind === 'list' && b.kind === 'list') {
    const isOrdered = isBare(a) !== isBare(b) || !isBare(a)
    if (isOrdered) return hasSameBrackets(a, b) && isSameInOrder(a.items, b.items, algebra)
  }
  const [items, others] = [unordered(a), unordered(b)]
  return items !== null && others !== null && isContained(items, others, algebra) && isContained(others, items, algebra)
}

type List = Structure & { readonly kind: 'list' }

const isBare = ({ open }: List): boolean => open === ''

/** Returns whether two lists have the same brackets. A list without brackets counts as one with round brackets. */
const hasSameBrackets = (a: List, b: List): boolean =>
  (a.open || '(') === (b.open || '(') && (a.close || ')') === (b.close || ')')

/**
 * Returns the members of a set or of a list without brackets; a single answer is a set of one. Null for other lists.
 */
const unordered = (structure: Structure): readonly Structure[] | null =>
  structure.kind === 'set'
    ? structure.items
    : structure.kind !== 'list'
      ? [structure]
      : isBare(structure)
        ? structure.items
        : null

const isSameInOrder = (a: readonly Structure[], b: readonly Structure[], algebra: Equality): boolean =>
  a.length === b.length && a.every((item, i) => isSameAnswer(item, b[i]!, algebra))

const isContained = (a: readonly Structure[], b: readonly Structure[], algebra: Equality): boolean =>
  a.every((item) => b.some((other) => isSameAnswer(item, other, algebra)))

const isSameValue = (a: Value, b: Value, algebra: Equality): boolean => {
  if (a.isText || b.isText) return foldText(a) === foldText(b)
  if (a.percent === b.percent && squeezeSpaces(a.latex) === squeezeSpaces(b.latex)) return true
  return a.percent === b.percent
    ? isSameNumber(a, b, algebra)
    : isSameNumber(a, { ...b, percent: a.percent }, algebra) || isSameNumber(fraction(a), fraction(b), algebra)
}

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

const isSameNumber = (a: Value, b: Value, algebra: Equality): boolean => {
  if (a.exact !== null && b.exact !== null)
    return (
      isSame(a.exact, b.exact) ||
      [roundedTo(a), roundedTo(b)].some((places) => places !== null && isWithin(a.exact!, b.exact!, places))
    )
  return algebra.isEqual(a.latex, b.latex, roundedTo(a) ?? roundedTo(b))
}

/** Returns the decimal places of a number that counts as rounded, because it has at least six; null for others. */
const roundedTo = ({ places }: Value): number | null => (places !== null && places >= 6 ? places : null)

import type { Algebra } from './algebra.js'
import { hundredth, isSame, isWithin } from './rational.js'
import { isConstant, isName } from './relation.js'
import type { Structure } from './structure.js'
import { folded, squeezed, type Value } from './value.js'

/**
 * Whether two answers are the same.
 *
 *     sets in any order; points and intervals bracket by bracket; what is listed without brackets is either
 *     x = 5 is 5; equations and inequalities up to a factor
 *     50% is 0.5, and 50 too, since a question may ask for percent
 *     a decimal of six places or more is whatever rounds to it
 *     words whatever their case
 *
 * Most answers need no algebra, so it is a parameter: see {@link withoutAlgebra}.
 */
export const isSameAnswer = (a: Structure, b: Structure, algebra: Equality): boolean => {
  if (a.kind === 'relation' && b.kind === 'relation') return isSameRelation(a, b, algebra)
  if (a.kind === 'relation') return isAssigned(a) && isSameAnswer(a.right.structure, b, algebra)
  if (b.kind === 'relation') return isSameAnswer(b, a, algebra)
  if (a.kind === 'value' && b.kind === 'value') return isSameValue(a.value, b.value, algebra)
  return isSameList(a, b, algebra)
}

/** What is asked of the algebra. */
export type Equality = Pick<Algebra, 'isEqual' | 'ratio'>

/** Tells no two expressions equal, and remembers whether it was asked. */
export const withoutAlgebra = (): Equality & { readonly asked: boolean } => {
  let asked = false
  const isAsked = () => {
    asked = true
  }
  return {
    isEqual: () => (isAsked(), false),
    ratio: () => (isAsked(), null),
    get asked() {
      return asked
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

/** `x = 5`, `f(x) = x^2`, `2 + 3 = 5`: it says what its right side is. */
const isAssigned = ({ operator, left }: Relation): boolean =>
  operator === '=' && (isName(left.latex) || isConstant(left.latex))

const isSameList = (a: Structure, b: Structure, algebra: Equality): boolean => {
  if (a.kind === 'list' && b.kind === 'list') {
    const ordered = isBare(a) !== isBare(b) || !isBare(a)
    if (ordered) return hasSameBrackets(a, b) && isSameInOrder(a.items, b.items, algebra)
  }
  const [items, others] = [unordered(a), unordered(b)]
  return items !== null && others !== null && isContained(items, others, algebra) && isContained(others, items, algebra)
}

type List = Structure & { readonly kind: 'list' }

const isBare = ({ open }: List): boolean => open === ''

/** No brackets may be round ones. */
const hasSameBrackets = (a: List, b: List): boolean =>
  (a.open || '(') === (b.open || '(') && (a.close || ')') === (b.close || ')')

/** The members of a set, of a list without brackets, or of a set of one that is written without braces. */
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
  if (a.isText || b.isText) return folded(a) === folded(b)
  if (a.percent === b.percent && squeezed(a.latex) === squeezed(b.latex)) return true
  return a.percent === b.percent
    ? isSameNumber(a, b, algebra)
    : isSameNumber(a, { ...b, percent: a.percent }, algebra) || isSameNumber(fraction(a), fraction(b), algebra)
}

/** Out of a hundred. */
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

/** Decimal places of a number that may be the rounding of another. */
const roundedTo = ({ places }: Value): number | null => (places !== null && places >= 6 ? places : null)

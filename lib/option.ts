import { describe } from './describe.js'

/** Condition that an option has to meet, and its words in an error message. */
export interface Rule<A = number> {
  readonly expected: string
  readonly holds: (value: unknown) => value is A
}

/** Builds a rule for numbers. */
const numberRule = (expected: string, holds: (x: number) => boolean): Rule => ({
  expected,
  holds: (value): value is number => typeof value === 'number' && holds(value),
})

export const finite = numberRule('a number', Number.isFinite)
export const positive = numberRule('a number > 0', (x) => Number.isFinite(x) && x > 0)
/** Number above 0; infinity turns a limit off. */
export const positiveOrInfinite = numberRule('a number > 0', (x) => x > 0)
export const nonNegative = numberRule('a number >= 0', (x) => Number.isFinite(x) && x >= 0)
/** Number in (0, 1]. */
export const share = numberRule('a number > 0 and <= 1', (x) => x > 0 && x <= 1)
/** Number in [0, 1]. */
export const fraction = numberRule('a number >= 0 and <= 1', (x) => x >= 0 && x <= 1)
/** Number in [0, 1). */
export const decay = numberRule('a number >= 0 and < 1', (x) => x >= 0 && x < 1)
export const integerFrom = (least: number): Rule =>
  numberRule(`an integer >= ${least}`, (x) => Number.isSafeInteger(x) && x >= least)
/** Delay of a timer; a longer one overflows and fires at once. @units ms */
export const timerDelay = numberRule(`milliseconds in (0, ${2 ** 31 - 1}]`, (x) => x > 0 && x <= 2 ** 31 - 1)
/** Time that a timer can wait. @units seconds */
export const timerSeconds = numberRule('seconds in (0, 2147483]', (x) => x > 0 && x <= 2_147_483)
export const trueOrFalse: Rule<boolean> = {
  expected: 'true or false',
  holds: (value): value is boolean => typeof value === 'boolean',
}
export const callable: Rule<(...args: never[]) => unknown> = {
  expected: 'a function',
  holds: (value): value is (...args: never[]) => unknown => typeof value === 'function',
}
/** GPU by its number, or by the name of its adapter. */
export const gpuChoice: Rule<number | string> = {
  expected: 'the number of a GPU, from 0, or the name of an adapter',
  holds: (value): value is number | string =>
    typeof value === 'string' ? value.trim() !== '' : Number.isSafeInteger(value) && (value as number) >= 0,
}
/** One of the names of a registry. */
export const oneOf = <A extends string>(names: readonly A[]): Rule<A> => ({
  expected: `one of ${names.join(', ')}`,
  holds: (value): value is A => names.some((name) => name === value),
})
/** The rule, or null. */
export const orNull = <A>({ expected, holds }: Rule<A>): Rule<A | null> => ({
  expected: `${expected}, or null`,
  holds: (value): value is A | null => value === null || holds(value),
})

/** An option with a value that it cannot have. */
interface BadOption {
  readonly name: string
  readonly found: string
  readonly expected: string
}

/** Rules for some of the options of a record. */
type RulesOf<Options> = { readonly [K in keyof Options]?: Rule<unknown> }

/** Returns the first given option that breaks its rule; an option that is left out takes its default. */
export const findBadOption = <Options extends object>(given: Options, rules: RulesOf<Options>): BadOption | undefined =>
  (Object.keys(rules) as (keyof Options & string)[])
    .filter((name) => given[name] !== undefined && !rules[name]!.holds(given[name]))
    .map((name) => ({ name, found: describe(given[name]), expected: rules[name]!.expected }))[0]

/** Checks an option that code passes. @errors RangeError that names the option, the value and the expectation */
export const checkOption = (name: string, value: unknown, { expected, holds }: Rule<unknown>): void => {
  if (!holds(value)) throw new RangeError(`${name}: found ${describe(value)}, expected ${expected}`)
}

/** Checks the options that are given. @errors as {@link checkOption} */
export const checkOptions = <Options extends object>(given: Options, rules: RulesOf<Options>, prefix = ''): void => {
  const bad = findBadOption(given, rules)
  if (bad !== undefined) throw new RangeError(`${prefix}${bad.name}: found ${bad.found}, expected ${bad.expected}`)
}

/** Returns options that meet their rules. @errors as {@link checkOption} */
export const checked = <Options extends object>(options: Options, rules: RulesOf<Options>): Options => {
  checkOptions(options, rules)
  return options
}

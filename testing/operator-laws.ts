import { concat, from, type ObservableInput, type OperatorFunction, toArray } from 'rxjs'
import type { RunHelpers } from 'rxjs/testing'
import { type Ending, slot, timeline } from './timeline.js'
import { expectSame, virtually } from './virtual-time.js'

/** Test of one law, for any test runner: `run` throws when the operator breaks the law. */
export interface Law {
  readonly name: string
  readonly run: () => void
}

/** Input of an operator, and the outputs that the operator emits synchronously for this input. */
export interface Reaction<A, B> {
  readonly input: A
  readonly outputs: readonly B[]
}

/** Operator under test, with its reactions to a few inputs. Inputs are plain data. */
export interface OperatorCase<A, B> {
  /** Creates the operator, with ports that answer synchronously. */
  readonly operator: () => OperatorFunction<A, B>
  /** Reactions to at least two inputs, in order. */
  readonly reactions: readonly Reaction<A, B>[]
  /** Outputs when the source completes after the first `seen` inputs. Default: none. */
  readonly atEnd?: (seen: number) => readonly B[]
  /** For each port, by name: creates the operator with the given answer of that port. */
  readonly ports?: Readonly<Record<string, (answer: () => ObservableInput<never>) => OperatorFunction<A, B>>>
  /** For each callback, by name: creates the operator with the given callback. */
  readonly callbacks?: Readonly<Record<string, (callback: () => never) => OperatorFunction<A, B>>>
}

/**
 * Returns the laws that every stage of a pipeline keeps, as tests: it passes completion and errors on,
 * unsubscribes from source and ports when it is unsubscribed, starts afresh at every subscription, and changes no input.
 *
 *     never  -        empty  |        one  a|        many  a--b|        error  a--#        endless  a--b-!
 *
 * @example
 * for (const { name, run } of operatorLaws({ operator: () => reshapeReward(halve), reactions })) it(name, run)
 */
export const operatorLaws = <A, B>(stage: OperatorCase<A, B>): readonly Law[] => [
  sourceLaw(stage, 'never: emits nothing and stays subscribed', 0, ''),
  sourceLaw(stage, 'empty: completes with its source', 0, '|'),
  sourceLaw(stage, 'one input', 1, '|'),
  sourceLaw(stage, 'many inputs', stage.reactions.length, '|'),
  sourceLaw(stage, 'endless: stays subscribed', stage.reactions.length, ''),
  sourceLaw(stage, 'an error of the source passes', 0, '#'),
  sourceLaw(stage, 'an error of the source passes after what came before it', 1, '#'),
  unsubscribeLaw(stage),
  afreshLaw(stage),
  ...Object.entries(stage.ports ?? {}).flatMap(([port, operator]) => [
    failureLaw(stage, `an error of ${port} passes`, ({ cold }) => operator(() => cold('--#', {}, broken))),
    failureLaw(stage, `an error thrown by ${port} passes`, () => operator(throwBroken)),
    hangingLaw(stage, port, operator),
  ]),
  ...Object.entries(stage.callbacks ?? {}).map(([callback, operator]) =>
    failureLaw(stage, `an error thrown by ${callback} passes`, () => operator(throwBroken)),
  ),
]

const broken = new Error('broken')

const throwBroken = (): never => {
  throw broken
}

/** Subscription that ends between the first input and the second. */
const firstSlot = `^ ${1.5 * slot - 1}ms !`

const sourceOf = <A, B>({ cold }: RunHelpers, reactions: readonly Reaction<A, B>[], ending: Ending = '') => {
  const { marbles, values } = timeline(
    reactions.map(({ input }) => [input]),
    [],
    ending,
  )
  return cold(marbles, values, broken)
}

const sourceLaw = <A, B>(stage: OperatorCase<A, B>, name: string, seen: number, ending: Ending): Law => ({
  name,
  run: () =>
    virtually((helpers) => {
      const reactions = stage.reactions.slice(0, seen)
      const last = ending === '|' ? stage.atEnd?.(seen) : []
      const { marbles, values } = timeline(
        reactions.map(({ outputs }) => outputs),
        last,
        ending,
      )
      const source$ = sourceOf(helpers, reactions, ending)
      helpers.expectObservable(source$.pipe(stage.operator())).toBe(marbles, values, broken)
      helpers.expectSubscriptions(source$.subscriptions).toBe(ending === '' ? '^' : `^ ${(seen + 1) * slot - 1}ms !`)
    }),
})

const unsubscribeLaw = <A, B>({ operator, reactions }: OperatorCase<A, B>): Law => ({
  name: 'unsubscribing reaches an endless source at once',
  run: () =>
    virtually((helpers) => {
      const source$ = sourceOf(helpers, reactions)
      const { marbles, values } = timeline(reactions.slice(0, 1).map(({ outputs }) => outputs))
      helpers.expectObservable(source$.pipe(operator()), firstSlot).toBe(marbles, values)
      helpers.expectSubscriptions(source$.subscriptions).toBe(firstSlot)
    }),
})

const afreshLaw = <A, B>({ operator, reactions, atEnd }: OperatorCase<A, B>): Law => ({
  name: 'every subscription starts afresh, and no input is changed',
  run: () => {
    const inputs = reactions.map(({ input }) => input)
    const before = structuredClone(inputs)
    const all = [...reactions.flatMap(({ outputs }) => outputs), ...(atEnd?.(inputs.length) ?? [])]
    virtually(({ expectObservable }) => {
      const output$ = from(inputs).pipe(operator(), toArray())
      expectObservable(concat(output$, output$)).toBe('(ab|)', { a: all, b: all })
    })
    expectSame('the inputs after the run', inputs, before)
  },
})

/** The error ends the output, and the source is unsubscribed. */
const failureLaw = <A, B>(
  { reactions }: OperatorCase<A, B>,
  name: string,
  operator: (helpers: RunHelpers) => OperatorFunction<A, B>,
): Law => ({
  name,
  run: () =>
    virtually((helpers) => {
      const source$ = sourceOf(helpers, reactions)
      const errors: unknown[] = []
      source$.pipe(operator(helpers)).subscribe({ error: (error: unknown) => errors.push(error) })
      helpers.flush()
      expectSame('the errors', errors, [broken])
      expectSame('source subscriptions still open', source$.subscriptions.filter(isOpen).length, 0)
    }),
})

const hangingLaw = <A, B>(
  { reactions }: OperatorCase<A, B>,
  port: string,
  operator: (answer: () => ObservableInput<never>) => OperatorFunction<A, B>,
): Law => ({
  name: `unsubscribing reaches ${port} at once`,
  run: () =>
    virtually((helpers) => {
      const silent$ = helpers.cold<never>('-')
      helpers.expectObservable(sourceOf(helpers, reactions).pipe(operator(() => silent$)), firstSlot).toBe('')
      helpers.flush()
      expectSame('whether the port was called', silent$.subscriptions.length > 0, true)
      expectSame('port subscriptions still open', silent$.subscriptions.filter(isOpen).length, 0)
    }),
})

const isOpen = ({ unsubscribedFrame }: { readonly unsubscribedFrame: number }): boolean =>
  unsubscribedFrame === Infinity

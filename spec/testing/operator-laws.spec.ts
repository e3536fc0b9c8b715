import {
  catchError,
  concatMap,
  defaultIfEmpty,
  delay,
  EMPTY,
  from,
  map,
  mergeMap,
  type MonoTypeOperatorFunction,
  NEVER,
  Observable,
  type ObservableInput,
  startWith,
  take,
  tap,
  toArray,
} from 'rxjs'
import { describe, expect, it } from 'vitest'
import { type OperatorCase, operatorLaws } from '#testing.js'

interface Item {
  n: number
}

const items = [{ n: 1 }, { n: 2 }]
const identity = (operator: () => MonoTypeOperatorFunction<Item>): OperatorCase<Item, Item> => ({
  operator,
  reactions: items.map((input) => ({ input: { ...input }, outputs: [{ ...input }] })),
})

/** Returns the names of the laws that a stage breaks. */
const brokenLaws = <A, B>(stage: OperatorCase<A, B>): string[] =>
  operatorLaws(stage).flatMap(({ name, run }) => {
    try {
      run()
      return []
    } catch {
      return [name]
    }
  })

const plain = identity(() => map((item) => item))
const withPort = (operator: (answer: () => ObservableInput<never>) => MonoTypeOperatorFunction<Item>) => ({
  ...plain,
  ports: { port: operator },
})

describe('operatorLaws', () => {
  it('are kept by operators of any arity', () => {
    expect(brokenLaws(plain)).toEqual([])
    const reactions = items.map((input) => ({ input, outputs: [] }))
    expect(brokenLaws({ operator: () => toArray<Item>(), reactions, atEnd: (seen) => [items.slice(0, seen)] })).toEqual(
      [],
    )
    const doubled = items.map((input) => ({ input, outputs: [input, input] }))
    expect(brokenLaws({ operator: () => mergeMap((item: Item) => [item, item]), reactions: doubled })).toEqual([])
    expect(brokenLaws({ operator: () => concatMap(() => EMPTY), reactions })).toEqual([])
    const lawful = withPort((answer) => concatMap(() => from(answer())))
    expect(brokenLaws(lawful)).toEqual([])
    expect(brokenLaws({ ...plain, callbacks: { rule: (rule) => map(rule) } })).toEqual([])
  })

  it.each<readonly [string, OperatorCase<Item, Item>, string]>([
    ['emits on subscription', identity(() => startWith({ n: 0 })), 'never: emits nothing and stays subscribed'],
    ['emits for an empty source', identity(() => defaultIfEmpty({ n: 0 })), 'empty: completes with its source'],
    ['delays values', identity(() => delay(1)), 'one input'],
    ['loses values', identity(() => take(1)), 'many inputs'],
    ['swallows errors', identity(() => catchError(() => EMPTY)), 'an error of the source passes'],
    [
      'swallows errors after the first value',
      identity(() => (source$) => {
        let seen = false
        return source$.pipe(
          tap(() => (seen = true)),
          catchError((error: unknown) => {
            if (seen) return EMPTY
            throw error
          }),
        )
      }),
      'an error of the source passes after what came before it',
    ],
    ['completes early', identity(() => take(2)), 'endless: stays subscribed'],
    [
      'never unsubscribes from its source',
      identity(
        () => (source$) =>
          new Observable((subscriber) => {
            source$.subscribe({
              next: (item) => subscriber.next(item),
              error: (error: unknown) => subscriber.error(error),
              complete: () => subscriber.complete(),
            })
          }),
      ),
      'unsubscribing reaches an endless source at once',
    ],
    [
      'keeps state between subscriptions',
      identity(() => {
        let count = 0
        return map(({ n }) => ({ n: n + (count++ > 1 ? 1 : 0) }))
      }),
      'every subscription starts afresh, and no input is changed',
    ],
    [
      'changes its input',
      identity(() => map((item) => ({ n: item.n++ }))),
      'every subscription starts afresh, and no input is changed',
    ],
    [
      'swallows the error of a port',
      withPort((answer) => concatMap(() => from(answer()).pipe(catchError(() => NEVER)))),
      'an error of port passes',
    ],
    [
      'swallows an error thrown by a port',
      withPort((answer) =>
        concatMap(() => {
          try {
            return answer()
          } catch {
            return NEVER
          }
        }),
      ),
      'an error thrown by port passes',
    ],
    [
      'never unsubscribes from a port',
      withPort((answer) => concatMap(() => new Observable<Item>(() => void from(answer()).subscribe()))),
      'unsubscribing reaches port at once',
    ],
    ['does not call the port', withPort(() => concatMap(() => NEVER)), 'unsubscribing reaches port at once'],
    [
      'swallows an error thrown by a callback',
      { ...plain, callbacks: { rule: () => map((item) => item) } },
      'an error thrown by rule passes',
    ],
  ])('are broken by an operator that %s', (_, stage, law) => {
    expect(brokenLaws(stage)).toContain(law)
  })
})

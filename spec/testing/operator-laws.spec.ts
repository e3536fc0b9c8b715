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

/** Names of the laws that a stage breaks. */
const broken = <A, B>(stage: OperatorCase<A, B>): string[] =>
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
    expect(broken(plain)).toEqual([])
    const reactions = items.map((input) => ({ input, outputs: [] }))
    expect(broken({ operator: () => toArray<Item>(), reactions, atEnd: (seen) => [items.slice(0, seen)] })).toEqual([])
    const doubled = items.map((input) => ({ input, outputs: [input, input] }))
    expect(broken({ operator: () => mergeMap((item: Item) => [item, item]), reactions: doubled })).toEqual([])
    expect(broken({ operator: () => concatMap(() => EMPTY), reactions })).toEqual([])
    const good = withPort((answer) => concatMap(() => from(answer())))
    expect(broken(good)).toEqual([])
    expect(broken({ ...plain, callbacks: { rule: (rule) => map(rule) } })).toEqual([])
  })

  it.each<readonly [string, OperatorCase<Item, Item>, string]>([
    ['emits without being asked', identity(() => startWith({ n: 0 })), 'never: emits nothing and stays subscribed'],
    ['emits for nothing', identity(() => defaultIfEmpty({ n: 0 })), 'empty: completes with its source'],
    ['delays', identity(() => delay(1)), 'one input'],
    ['loses values', identity(() => take(1)), 'many inputs'],
    ['swallows errors', identity(() => catchError(() => EMPTY)), 'an error of the source passes'],
    [
      'swallows errors once it has seen values',
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
    ['leaves early', identity(() => take(2)), 'endless: stays subscribed'],
    [
      'never lets go',
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
      'unsubscribing lets go of an endless source at once',
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
      'swallows what a port throws',
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
      'does not let go of a port',
      withPort((answer) => concatMap(() => new Observable<Item>(() => void from(answer()).subscribe()))),
      'unsubscribing reaches port at once',
    ],
    ['does not ask the port', withPort(() => concatMap(() => NEVER)), 'unsubscribing reaches port at once'],
    [
      'swallows what a callback throws',
      { ...plain, callbacks: { rule: () => map((item) => item) } },
      'an error thrown by rule passes',
    ],
  ])('are broken by an operator that %s', (_, stage, law) => {
    expect(broken(stage)).toContain(law)
  })
})

import { firstValueFrom, NEVER, type Observable, of, Subject, throwError, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { PipelineError } from '#lib/pipeline-error.js'
import { createGenerations, type Generation } from '#lib/policy/local/generations.js'

const loss = new PipelineError('EngineLost', 'the device is lost')

/** Generation whose closing is recorded. */
const generation = (name: string, closed: string[] = []) => {
  const close = () => {
    closed.push(name)
    return Promise.resolve()
  }
  return { model: { name, close }, frozen: [] } as unknown as Generation
}
const [first, second] = [generation('first'), generation('second')]

/** Generations whose replacement the spec decides. */
const replaced = (closed: string[] = []) => {
  const lost: Generation[] = []
  let settle: { readonly succeed: (next: Generation) => void; readonly fail: (error: Error) => void } = {
    succeed: () => {},
    fail: () => {},
  }
  const generations = createGenerations(generation('first', closed), (each) => {
    lost.push(each)
    return new Promise((succeed, fail) => (settle = { succeed, fail }))
  })
  return { generations, lost, settle: () => settle }
}
const nameOf = ({ model }: Generation) => (model as unknown as { readonly name: string }).name
const listed = <A>(values$: Observable<A>) => firstValueFrom(values$.pipe(toArray()))

describe('calls on generations', () => {
  it('pass the values, the completion and the errors of their work', async () => {
    const { call } = createGenerations(first, () => Promise.resolve(second))
    expect(await listed(call((each) => of(nameOf(each), 'b')))).toEqual(['first', 'b'])
    const other = new Error('other')
    await expect(listed(call(() => throwError(() => other)))).rejects.toBe(other)
    await expect(
      listed(
        call(() => {
          throw other
        }),
      ),
    ).rejects.toBe(other)
  })

  it('are all interrupted by one loss, wait, and are made again on the next generation', async () => {
    const { generations, lost, settle } = replaced()
    const failing$ = new Subject<string>()
    const interrupted: string[] = []
    const work = (name: string, of1: Observable<string>) =>
      listed(
        generations.call((each) => {
          interrupted.push(`${name} on ${nameOf(each)}`)
          return nameOf(each) === 'first' ? of1 : of(`${name} again`)
        }),
      )
    const [a, b] = [work('a', failing$), work('b', NEVER)]
    failing$.next('before')
    failing$.error(new Error('a wrapper', { cause: loss }))
    expect([generations.present, lost.map(nameOf)]).toEqual([null, ['first']])
    const c = work('c', NEVER)
    expect(interrupted).toEqual(['a on first', 'b on first'])
    settle().succeed(second)
    expect(await Promise.all([a, b, c])).toEqual([['before', 'a again'], ['b again'], ['c again']])
    expect(generations.present).toBe(second)
  })

  it('fail when there is no next generation, those in progress and those to come', async () => {
    const { generations, settle } = replaced()
    const failed = expect(listed(generations.call(() => throwError(() => loss)))).rejects.toThrow('too often')
    settle().fail(new Error('too often'))
    await failed
    await expect(listed(generations.call(() => of(1)))).rejects.toThrow('too often')
    expect(generations.present).toBeNull()
  })

  it('are unsubscribed at once, also while a generation is replaced', () => {
    const { generations } = replaced()
    const failing$ = new Subject<never>()
    const calling = generations.call(() => failing$).subscribe()
    expect(failing$.observed).toBe(true)
    calling.unsubscribe()
    expect(failing$.observed).toBe(false)
  })
})

it('closing waits for the next generation and closes it', async () => {
  const closed: string[] = []
  const { generations, settle } = replaced(closed)
  const call = listed(generations.call((each) => (nameOf(each) === 'first' ? throwError(() => loss) : of('done'))))
  const closing = generations.close()
  settle().succeed(generation('second', closed))
  expect(await call).toEqual(['done'])
  await closing
  expect(closed).toEqual(['second'])
})

import * as E from 'fp-ts/lib/Either.js'
import { expect, it } from 'vitest'
import { explain } from '#cli/exit.js'
import { rightOrThrow } from '#lib/or-throw.js'
import { awkward } from '../awkward.js'

it('explain formats an error and its causes without a stack', () => {
  const error = new Error('step 3 failed', { cause: new Error('engine lost', { cause: new Error('out of memory') }) })
  expect(explain(error)).toBe('step 3 failed\n  caused by: engine lost\n  caused by: out of memory')
})

it('explain leaves out a cause that the message contains', () => {
  expect(explain(new Error('cannot read x: gone', { cause: new Error('gone') }))).toBe('cannot read x: gone')
})

it('explain keeps the first line of a cause only', () => {
  const cause = new Error('gone\nRequire stack:\n- here', { cause: new Error('unplugged') })
  expect(explain(new Error('cannot read x', { cause }))).toBe(
    'cannot read x\n  caused by: gone\n  caused by: unplugged',
  )
  expect(explain(new Error('cannot read x: gone', { cause }))).toBe('cannot read x: gone\n  caused by: unplugged')
})

it('explain formats a value that is no error', () => expect(explain('odd')).toBe('odd'))

it('rightOrThrow returns the value or throws the error', () => {
  const error = new Error('no')
  expect(rightOrThrow(E.right(3))).toBe(3)
  expect(() => rightOrThrow(E.left(error))).toThrow(error)
})

it.each(awkward)('explain never throws: %s', (_, value) => {
  expect(typeof explain(value())).toBe('string')
  expect(typeof explain(new Error('outer', { cause: value() }))).toBe('string')
})

it('explain leaves out a cause that is among the errors that it caused', () => {
  const inner: Error & { cause?: unknown } = new Error('inner')
  const outer = new Error('outer', { cause: inner })
  inner.cause = outer
  expect(explain(outer)).toBe('outer\n  caused by: inner')
})

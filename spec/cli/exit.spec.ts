import * as E from 'fp-ts/lib/Either.js'
import { expect, it } from 'vitest'
import { explain } from '#cli/exit.js'
import { rightOrThrow } from '#lib/or-throw.js'

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

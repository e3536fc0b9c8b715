import { from, map, of, toArray } from 'rxjs'
import { expect, it } from 'vitest'
import { mapPolicy } from '#lib/policy/map-policy.js'
import { aBatch, aPromptBatch, marblePolicy } from '#testing.js'

const sampling = { group: 1, temperature: 1, topK: 0, topP: 1, maxTokens: 4, seed: 1 }

it('passes unwrapped calls and the version through', () => {
  const scores = of()
  const policy = mapPolicy({ ...marblePolicy({ version: 3 }), score: () => scores }, {})
  expect(policy.version).toBe(3)
  expect(policy.score(aBatch())).toBe(scores)
})

it('gives each wrapper the call, not yet made, and its batch', () => {
  const policy = marblePolicy()
  const seen: unknown[] = []
  const wrapped = mapPolicy(policy, {
    sample: (call, { step }) => {
      seen.push(step, policy.sampled.length)
      return from(call()).pipe(map((group) => ({ ...group, index: 9 })))
    },
  })
  from(wrapped.sample(aPromptBatch(5, ['a', 'b']), sampling))
    .pipe(toArray())
    .subscribe((groups) => seen.push(groups.map(({ index }) => index)))
  expect(seen).toEqual([5, 0, [9, 9]])
})

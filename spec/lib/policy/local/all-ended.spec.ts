import { expect, it } from 'vitest'
import { allEnded } from '#lib/policy/local/all-ended.js'

const soon = () => new Promise((resolve) => setTimeout(resolve, 1))

it('gives what all come to, in the order given', async () => {
  expect(await allEnded([soon().then(() => 1), Promise.resolve(2)])).toEqual([1, 2])
  expect(await allEnded([])).toEqual([])
})

it('fails when the last has ended, with the first failure in the order given', async () => {
  let ended = false
  const late = soon().then(() => {
    ended = true
    throw new Error('late')
  })
  await expect(allEnded([late, Promise.reject(new Error('early'))])).rejects.toThrow('late')
  await expect(allEnded([Promise.reject(new Error('early')), soon().then(() => (ended = true))])).rejects.toThrow(
    'early',
  )
  expect(ended).toBe(true)
})

import { expect, it } from 'vitest'
import { settleAll } from '#lib/control/settle-all.js'

const soon = () => new Promise((resolve) => setTimeout(resolve, 1))

it('returns all results in the given order', async () => {
  expect(await settleAll([soon().then(() => 1), Promise.resolve(2)])).toEqual([1, 2])
  expect(await settleAll([])).toEqual([])
})

it('fails when the last has ended, with the first failure in the given order', async () => {
  let ended = false
  const late = soon().then(() => {
    ended = true
    throw new Error('late')
  })
  await expect(settleAll([late, Promise.reject(new Error('early'))])).rejects.toThrow('late')
  await expect(settleAll([Promise.reject(new Error('early')), soon().then(() => (ended = true))])).rejects.toThrow(
    'early',
  )
  expect(ended).toBe(true)
})

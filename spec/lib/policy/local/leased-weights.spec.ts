import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { DeviceTensor } from '#lib/compute/engine/engine.js'
import {
  ownWeights,
  createWeightCopies,
  type NamedTensors,
  type TensorLease,
} from '#lib/policy/local/leased-weights.js'

/** Source of copies that records which tensors are alive. A copy of `broken` fails. */
const copier = (newestCopy?: 'kept' | 'freed') => {
  const alive = new Set<string>()
  let made = 0
  const source = createWeightCopies<string>((own) => {
    const name = `${Object.keys(own).join()} ${++made}`
    if ('broken' in own) return Promise.reject(new Error('broken'))
    alive.add(name)
    const copy: DeviceTensor = { shape: [], dtype: 'float32', dispose: () => expect(alive.delete(name)).toBe(true) }
    return Promise.resolve({ copy })
  }, newestCopy)
  const own: DeviceTensor = { shape: [], dtype: 'float32', dispose: () => expect.fail('they are the model’s') }
  const lease = (key: string) => source.lease({ [key]: own }, key)
  return { alive, source, own, lease, made: () => made }
}

describe('copies', () => {
  it('replace the model’s own weights of the same name, and are made once', async () => {
    const { own, lease, made } = copier()
    const [one, other] = await Promise.all([lease('a'), lease('a')])
    expect(one.weights).toEqual({ a: own, copy: expect.anything() as DeviceTensor })
    expect(other.weights['copy']).toBe(one.weights['copy'])
    one.release()
    other.release()
    await lease('a')
    expect(made()).toBe(1)
  })

  it('are freed with their last lease if the newest is not kept', async () => {
    const { alive, lease, made } = copier('freed')
    const [one, other] = await Promise.all([lease('a'), lease('a')])
    one.release()
    expect([alive.size, made()]).toEqual([1, 1])
    other.release()
    expect(alive.size).toBe(0)
    const again = await lease('a')
    expect([alive.size, made()]).toEqual([1, 2])
    again.release()
    expect(alive.size).toBe(0)
  })

  it('stay while they are leased; the newest stays without a lease', async () => {
    const { alive, lease, source } = copier()
    const a = await lease('a')
    const b = await lease('b')
    expect([...alive]).toEqual(['a 1', 'b 2'])
    a.release()
    a.release()
    b.release()
    source.dispose()
    source.dispose()
    expect([...alive]).toEqual([])
  })

  it('are reused while they are leased', async () => {
    const { lease, made } = copier()
    const reading = await lease('a')
    await lease('b')
    const again = await lease('a')
    expect(again.weights['copy']).toBe(reading.weights['copy'])
    expect(made()).toBe(2)
  })

  it('stay without a lease if their key is kept', async () => {
    const { alive, lease, made, source } = copier()
    source.keep('k')
    for (const key of ['a', 'k', 'a', 'k', 'b', 'k', 'b']) (await lease(key)).release()
    expect(made()).toBe(3)
    expect([...alive]).toEqual(['k 2', 'b 3'])
    source.dispose()
    expect([...alive]).toEqual([])
  })

  it('fail for every waiting reader, and are made again on the next lease', async () => {
    const { alive, lease, source, made } = copier()
    const both = await Promise.allSettled([lease('broken'), lease('broken')])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(made()).toBe(1)
    await expect(lease('broken')).rejects.toThrow('broken')
    expect(made()).toBe(2)
    ;(await lease('a')).release()
    source.dispose()
    expect([...alive]).toEqual([])
  })

  const anySteps = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), release: fc.nat(5) }), { maxLength: 30 })
  test.prop([anySteps])('are never freed while leased, and do not accumulate', async (steps) => {
    const { alive, lease, source } = copier()
    source.keep('c')
    const reading: { readonly lease: TensorLease; readonly key: string }[] = []
    let newest: string | undefined
    const names = () => [...alive].map((name) => name.split(' ')[0])
    for (const { key, release } of steps) {
      const known = names().includes(key)
      reading.push({ lease: await lease(key), key })
      if (!known && key !== 'c') newest = key
      const [ended] = reading.splice(release, 1)
      ended?.lease.release()
      const expected = new Set([
        ...reading.map((each) => each.key),
        ...names().filter((name) => name === newest || name === 'c'),
      ])
      expect(new Set(names())).toEqual(expected)
      expect(names()).toHaveLength(expected.size)
    }
    for (const each of reading) each.lease.release()
    source.dispose()
    expect(names()).toEqual([])
  })
})

it('own weights are lent without a copy and stay the caller’s', async () => {
  const weights: NamedTensors = {
    w: { shape: [], dtype: 'float32', dispose: () => expect.fail('they are the model’s') },
  }
  const lease = await ownWeights.lease(weights, 'any')
  expect(lease.weights).toBe(weights)
  lease.release()
  ownWeights.dispose()
})

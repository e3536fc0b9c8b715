import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { DeviceTensor } from '#lib/compute/engine/engine.js'
import { createParameterStore } from '#lib/policy/parameter-store.js'

/** Parameters of two tensors, with the number of times that each was freed. */
const weights = () => {
  const frees = [0, 0]
  const tensor = (i: number): DeviceTensor => ({ shape: [], dtype: 'float32', dispose: () => frees[i]!++ })
  return { frees, parameters: new Map([0, 1].map((i) => [`w${i}`, tensor(i)])) }
}

describe('createParameterStore', () => {
  it('leases the newest version', () => {
    const [a, b] = [weights(), weights()]
    const store = createParameterStore(a.parameters)
    expect(store.version).toBe(0)
    expect(store.lease()).toMatchObject({ version: 0, parameters: a.parameters })
    expect(store.publish(b.parameters)).toBe(1)
    expect(store.version).toBe(1)
    expect(store.lease()).toMatchObject({ version: 1, parameters: b.parameters })
  })

  it('counts versions from the initial version', () => {
    const store = createParameterStore(weights().parameters, 41)
    expect(store.lease().version).toBe(41)
    expect(store.publish(weights().parameters)).toBe(42)
  })

  it('frees an unread version at once', () => {
    const [a, b] = [weights(), weights()]
    const store = createParameterStore(a.parameters)
    store.lease().release()
    expect(a.frees).toEqual([0, 0])
    store.publish(b.parameters)
    expect([a.frees, b.frees]).toEqual([
      [1, 1],
      [0, 0],
    ])
  })

  it('keeps an old version until its last lease is released', () => {
    const a = weights()
    const store = createParameterStore(a.parameters)
    const [one, other] = [store.lease(), store.lease()]
    store.publish(weights().parameters)
    one.release()
    expect(a.frees).toEqual([0, 0])
    other.release()
    expect(a.frees).toEqual([1, 1])
  })

  it('counts repeated releases of a lease once', () => {
    const a = weights()
    const store = createParameterStore(a.parameters)
    const [one, other] = [store.lease(), store.lease()]
    store.publish(weights().parameters)
    one.release()
    one.release()
    expect(a.frees).toEqual([0, 0])
    other.release()
    other.release()
    expect(a.frees).toEqual([1, 1])
  })

  it('frees the newest version on disposal, or when its last lease is released', () => {
    const [a, b] = [weights(), weights()]
    createParameterStore(a.parameters).dispose()
    expect(a.frees).toEqual([1, 1])
    const store = createParameterStore(b.parameters)
    const reader = store.lease()
    store.dispose()
    expect(b.frees).toEqual([0, 0])
    reader.release()
    expect(b.frees).toEqual([1, 1])
  })

  const anyAction = fc.oneof(
    fc.constant({ do: 'lease' } as const),
    fc.constant({ do: 'publish' } as const),
    fc.record({ do: fc.constant('release' as const), which: fc.nat() }),
  )

  test.prop([fc.array(anyAction, { maxLength: 60 })])(
    'a version is alive while it is the newest or leased, and is freed exactly once',
    (actions) => {
      const versions = [weights()]
      const leases: { version: number; released: boolean; release: () => void }[] = []
      const store = createParameterStore(versions[0]!.parameters)
      const check = (disposed: boolean) => {
        versions.forEach(({ frees }, version) => {
          const isNewest = version === versions.length - 1 && !disposed
          const isRead = leases.some((lease) => lease.version === version && !lease.released)
          expect(frees).toEqual(isNewest || isRead ? [0, 0] : [1, 1])
        })
      }
      const release = (lease: (typeof leases)[number]) => {
        lease.released = true
        lease.release()
      }
      for (const action of actions) {
        if (action.do === 'publish') {
          versions.push(weights())
          expect(store.publish(versions.at(-1)!.parameters)).toBe(versions.length - 1)
        } else if (action.do === 'lease') {
          const lease = store.lease()
          leases.push({ version: lease.version, released: false, release: () => lease.release() })
        } else if (leases.length > 0) release(leases[action.which % leases.length]!)
        check(false)
      }
      store.dispose()
      check(true)
      leases.forEach(release)
      check(true)
    },
  )
})

import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { type Assignment, chooseAssignment, type Load } from '#lib/remote/pool/balance.js'

const load = (inWork: number, speed: number | null = 1, isReady = true): Load => ({ isReady, inWork, speed })

/** Gives out all prompts that the rule gives out, and returns the number of each server. */
const giveOut = (servers: readonly Load[], prompts: number, limit = 1000) => {
  const loads = servers.map((server) => ({ ...server }))
  let waiting = prompts
  for (;;) {
    const chosen = chooseAssignment(loads, waiting, limit)
    if (chosen === null) return { inWork: loads.map(({ inWork }) => inWork), waiting }
    loads[chosen.server]!.inWork++
    waiting--
  }
}

describe('chooseAssignment', () => {
  it('spreads prompts over equal servers', () => {
    expect(giveOut([load(0), load(0), load(0)], 6).inWork).toEqual([2, 2, 2])
  })

  it('spreads prompts by speed', () => {
    expect(giveOut([load(0, 10), load(0, 1)], 22).inWork).toEqual([20, 2])
  })

  it('gives the last prompts to the fast server, for which the slow one stays idle', () => {
    expect(giveOut([load(0, 10), load(0, 1)], 8)).toEqual({ inWork: [8, 0], waiting: 0 })
    // All places of the fast server are taken, and it finishes the other prompts sooner than the slow one would.
    expect(giveOut([load(0, 10), load(0, 1)], 8, 4)).toEqual({ inWork: [4, 0], waiting: 4 })
  })

  it('gives a slow server the prompt that is finished at the same time anyway', () => {
    // The fast server has 10 prompts and takes 1 s for them. The slow one takes 1 s for one: 11 - 11 = 0, the next.
    expect(chooseAssignment([load(10, 10), load(0, 1)], 50, 10)).toEqual({ server: 1, place: 0 } satisfies Assignment)
    // The slow one takes 4 s, in which both finish 41 prompts: 10 in work, itself, and 30 before it in the queue.
    expect(chooseAssignment([load(10, 10), load(0, 0.25)], 50, 10)).toEqual({ server: 1, place: 30 })
    expect(chooseAssignment([load(10, 10), load(0, 0.25)], 30, 10)).toBeNull()
  })

  it('gives a server without a measured speed the mean speed', () => {
    expect(giveOut([load(0, 3), load(0, null), load(0, 1)], 12).inWork).toEqual([6, 4, 2])
    expect(giveOut([load(0, null), load(0, null)], 4).inWork).toEqual([2, 2])
  })

  it('gives a server without a measured speed at most 4 prompts, unless it is alone', () => {
    expect(giveOut([load(0, null), load(0, null)], 20)).toEqual({ inWork: [4, 4], waiting: 12 })
    // The others wait for the first answer, as far as they are its share.
    expect(giveOut([load(0, null), load(0, 1)], 20)).toEqual({ inWork: [4, 10], waiting: 6 })
    expect(giveOut([load(0, null), load(0, 1, false)], 20).inWork).toEqual([20, 0])
  })

  it('gives nothing to a server that is not ready or has no free place', () => {
    expect(giveOut([load(0, 5, false), load(0)], 3).inWork).toEqual([0, 3])
    expect(giveOut([load(0)], 3, 2)).toEqual({ inWork: [2], waiting: 1 })
    expect(chooseAssignment([load(0, 1, false)], 3, 2)).toBeNull()
    expect(chooseAssignment([load(0)], 0, 2)).toBeNull()
  })

  const anyLoads = fc.array(
    fc.record({
      isReady: fc.boolean(),
      inWork: fc.nat(40),
      speed: fc.option(fc.double({ min: 0.01, max: 100, noNaN: true })),
    }),
    { minLength: 1, maxLength: 8 },
  )

  test.prop([anyLoads, fc.nat(100), fc.integer({ min: 1, max: 40 })], { numRuns: 2000 })(
    'gives a server that is not the soonest no more than its share of all prompts',
    (servers, waiting, limit) => {
      const chosen = chooseAssignment(servers, waiting, limit)
      const ready = servers.filter(({ isReady }) => isReady)
      const measured = ready.flatMap(({ speed }) => speed ?? [])
      const unmeasured = measured.length === 0 ? 1 : measured.reduce((a, b) => a + b) / measured.length
      const speedOf = ({ speed }: Load) => speed ?? unmeasured
      const finish = (server: Load) => (server.inWork + 1) / speedOf(server)
      const soonest = Math.min(...ready.map(finish))
      const untried = ready.length === 1 ? limit : Math.min(4, limit)
      const free = ready.filter(({ inWork, speed }) => inWork < (speed === null ? untried : limit))
      if (chosen === null) {
        const isNoneFreeSoonest = free.every((server) => finish(server) > soonest)
        expect(waiting === 0 || isNoneFreeSoonest).toBe(true)
        return
      }
      const { server, place } = chosen
      const given = servers[server]!
      expect(free).toContain(given)
      expect(finish(given)).toBe(Math.min(...free.map(finish)))
      expect(place).toBeGreaterThanOrEqual(0)
      expect(place).toBeLessThan(waiting)
      if (finish(given) === soonest) return
      const inWork = ready.reduce((sum, other) => sum + other.inWork, 0)
      const share = speedOf(given) / ready.reduce((sum, other) => sum + speedOf(other), 0)
      expect(given.inWork + 1).toBeLessThanOrEqual(share * (inWork + 1 + waiting) * (1 + 1e-9))
    },
  )
})

import { describe, expect, it } from 'vitest'
import { simulateFleet } from '#bench/fleet/simulate.js'

describe.each([1, 4, 16])('a simulated fleet of %s servers whose speeds differ by a factor of ten', (servers) => {
  it('trains every prompt once, by the speed of each server, and waits for none', async () => {
    const prompts = 6000
    const steps: number[] = []
    const outcome = await simulateFleet({
      ...{ servers, prompts, batch: 128, inFlight: 4, group: 2 },
      onStep: (trained) => steps.push(trained),
    })
    expect(outcome.trained).toBe(prompts)
    expect(steps).toHaveLength(Math.ceil(prompts / 128))
    // The servers are idle only before their speeds are measured, and at the end.
    expect(outcome.efficiency).toBeGreaterThan(0.98)
    expect(outcome.efficiency).toBeLessThanOrEqual(1)
    for (const { speed, sampled, excess } of outcome.servers) {
      expect(Math.abs(sampled - speed)).toBeLessThan(0.05 * speed + 0.001)
      expect(excess).toBeLessThanOrEqual(2)
    }
  })
})

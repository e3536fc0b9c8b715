import { describe, expect, it } from 'vitest'
import { adamwOf, adamwSettingDefaults, learningRateDefaults, learningRateOf } from '#cli/config/optimizer.js'
import { adamwDefaults } from '#lib/optimizer/adamw.js'

describe('the optimiser of a configuration', () => {
  it('has by default the options of AdamW that a program has', () => {
    expect(adamwOf(adamwSettingDefaults)).toEqual(adamwDefaults)
  })

  it('does not clip without a limit', () => {
    expect(adamwOf({ ...adamwSettingDefaults, gradientClip: null }).maxNorm).toBe(Infinity)
  })

  const settings = { ...learningRateDefaults, learningRate: 1, warmup: 0, learningRateEnd: 0.5 }
  it.each([
    ['constant', [1, 1, 1, 1]],
    ['linear', [1, 0.875, 0.75, 0.625]],
    ['cosine', [1, 0.75 + 0.25 * Math.SQRT1_2, 0.75, 0.75 - 0.25 * Math.SQRT1_2]],
  ] as const)('has a %s learning rate', (learningRateSchedule, expected) => {
    const rate = learningRateOf({ ...settings, learningRateSchedule }, 4)
    expected.forEach((value, step) => expect(rate(step)).toBeCloseTo(value, 14))
  })

  it('has a warm-up under every schedule', () => {
    for (const learningRateSchedule of ['constant', 'linear', 'cosine'] as const) {
      const rate = learningRateOf({ ...settings, warmup: 3, learningRateSchedule }, 10)
      expect(rate(0)).toBeLessThan(rate(1))
      expect(rate(3)).toBe(1)
    }
  })
})

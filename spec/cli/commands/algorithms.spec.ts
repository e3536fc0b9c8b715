import { describe, expect, it } from 'vitest'
import { type AlgorithmName, algorithms } from '#pipelines/algorithms/index.js'
import { entrain, entrainWell } from '../process.js'

describe('entrain algorithms', () => {
  it('lists every algorithm in a line, with its paper and its defaults', async () => {
    const { stdout } = await entrainWell('algorithms')
    for (const name of Object.keys(algorithms) as AlgorithmName[]) {
      const { about, paper } = algorithms[name]
      expect(stdout).toMatch(new RegExp(`^${name.replaceAll('+', '\\+')} +`, 'm'))
      expect(stdout).toContain(`${about} (${paper})`)
    }
    expect(stdout).toContain('clipHigh 0.28')
    expect(stdout).toContain('filter sign')
    expect(stdout).toContain(
      'Defaults of every algorithm that does not list another value:\n  minibatches 1, aggregation token-mean, norm none,',
    )
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(112)
  })

  it('takes no words', async () => {
    expect((await entrain('algorithms', 'grpo')).code).toBe(2)
  })
})

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

  it('describes one, with the flag and the help line of each option', async () => {
    const { stdout } = await entrainWell('algorithms', 'entrocraft-calibrated')
    expect(stdout).toMatch(/^entrocraft-calibrated: GRPO without .+ \(arXiv:2604\.26326\)\n/)
    expect(stdout).toMatch(/^ {2}--clip-high 0\.2 +upper clip/m)
    expect(stdout).toMatch(/^Filter: calibrated$/m)
    expect(stdout).toMatch(
      /^Entropy on countdown: falls by 0\.13 nats per token in 100 steps; 93% of the steps are inside the band$/m,
    )
    for (const name of Object.keys(algorithms['entrocraft-calibrated'].defaults))
      expect(stdout.toLowerCase()).toContain(`--${name.replaceAll(/[A-Z]/g, '-$&').toLowerCase()} `)
  })

  it('refuses an unknown one, and suggests the nearest', async () => {
    const { code, stderr } = await entrain('algorithms', 'dappo')
    expect(code).toBe(2)
    expect(stderr).toContain('NAME: found dappo, expected one of reinforce, raft,')
    expect(stderr).toContain('; did you mean dapo?')
  })
})

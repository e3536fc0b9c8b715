import { describe, expect, it } from 'vitest'
import { outcome } from '#cli/display/outcome.js'
import type { RunSummary } from '#lib/run/summary.js'

const near = (value: number) => ({ value, low: value - 0.05, high: value + 0.05 })
const evaluation = (mean: number) => ({
  prompts: 128,
  samples: 1024,
  meanAtK: near(mean),
  passAtK: { '1': near(mean), '8': near(mean + 0.3) },
  majAtK: near(mean + 0.1),
  meanTokens: 11.25,
  truncated: 0.125,
})
const summary: RunSummary = {
  task: 'countdown',
  algorithm: 'grpo',
  seed: 1,
  engine: 'onnx',
  status: 'finished',
  failure: null,
  planned: 100,
  steps: 100,
  skipped: 3,
  refused: {},
  limitBreach: null,
  prompts: { issued: 3200, trained: 3200, stale: 0, failed: 0, discarded: 0, unfinished: 0 },
  inBandShare: 0.94,
  stepSeconds: 0.953,
  secondsByStage: { sample: 50, score: 10, update: 30, operators: 10, total: 100 },
  base: evaluation(0.2),
  trained: evaluation(0.4),
  compared: null,
}

describe('outcome', () => {
  it('compares the trained model with the base model', () => {
    expect(outcome(summary).join('\n')).toBe(`On 128 held-out prompts, 8 samples each (95% intervals over prompts):
             base                  trained
  mean@8     0.200 [0.150, 0.250]  0.400 [0.350, 0.450]
  pass@1     0.200 [0.150, 0.250]  0.400 [0.350, 0.450]
  pass@8     0.500 [0.450, 0.550]  0.700 [0.650, 0.750]
  maj@8      0.300 [0.250, 0.350]  0.500 [0.450, 0.550]
  tokens     11.3                  11.3
  truncated  12.5%                 12.5%

100 of 100 steps, 3 skipped; entropy in its band in 94% of them
3200 prompts: 3200 trained
1 min 40 s of training, 0.95 s per step:
  sample 50%, score 10%, update 30%, operators 10%`)
  })

  it('leaves out a score that one of the models does not have', () => {
    const { passAtK, ...others } = evaluation(0.2)
    const text = outcome({ ...summary, base: { ...others, passAtK: { '1': passAtK['1'] } } }).join('\n')
    expect(text).toContain('pass@1')
    expect(text).not.toContain('pass@8')
  })

  it('tells what became of every prompt', () => {
    const prompts = { issued: 96, trained: 80, stale: 8, failed: 2, discarded: 1, unfinished: 5 }
    expect(outcome({ ...summary, prompts })).toContain(
      '96 prompts: 80 trained, 8 dropped as stale, 2 without a verdict, 1 replaced by dynamic sampling, 5 of steps that were not finished',
    )
    expect(outcome({ ...summary, prompts: null }).join()).not.toContain('prompts:')
  })

  it('names refused updates and entropy outside its limit', () => {
    const text = outcome({
      ...summary,
      refused: { 'non-finite-loss': 1, 'gradient-spike': 2 },
      limitBreach: { steps: 4, step: 11, entropy: 0.00312, side: 'below' },
    }).join('\n')
    expect(text).toContain(`
entropy left its limit at step 12: 0.00312 nats per token, below the limit; 4 steps outside
3 updates refused: 1 non-finite-loss, 2 gradient-spike; entrain inspect FILE shows a batch of the folder quarantine
`)
  })

  it('compares the run with another algorithm, prompt by prompt', () => {
    const difference = {
      meanAtK: { value: -0.0004, low: -0.03, high: 0.029 },
      passAtK: { '1': { value: -0.05, low: -0.09, high: -0.01 }, '8': { value: 0.09, low: 0.03, high: 0.15 } },
    }
    const compared = {
      algorithm: 'grpo',
      status: 'finished',
      inBandShare: 0.05,
      trained: evaluation(0.3),
      difference,
    } as const
    const run = { ...summary, algorithm: 'entrocraft-predicted', compared }
    expect(outcome(run).join('\n')).toBe(`On 128 held-out prompts, 8 samples each (95% intervals over prompts):
             base                  grpo                  entrocraft-predicted
  mean@8     0.200 [0.150, 0.250]  0.300 [0.250, 0.350]  0.400 [0.350, 0.450]
  pass@1     0.200 [0.150, 0.250]  0.300 [0.250, 0.350]  0.400 [0.350, 0.450]
  pass@8     0.500 [0.450, 0.550]  0.600 [0.550, 0.650]  0.700 [0.650, 0.750]
  maj@8      0.300 [0.250, 0.350]  0.400 [0.350, 0.450]  0.500 [0.450, 0.550]
  tokens     11.3                  11.3                  11.3
  truncated  12.5%                 12.5%                 12.5%

  against grpo: mean@8  -0.000 [-0.030, +0.029]  no clear difference
  against grpo: pass@1  -0.050 [-0.090, -0.010]  lower
  against grpo: pass@8  +0.090 [+0.030, +0.150]  higher

100 of 100 steps, 3 skipped; entropy in its band in 94% of them
3200 prompts: 3200 trained
grpo: entropy in its band in 5% of its 100 steps
1 min 40 s of training, 0.95 s per step:
  sample 50%, score 10%, update 30%, operators 10%`)
    for (const line of outcome(run)) expect(line.length).toBeLessThanOrEqual(80)
    // The same algorithm, with another filter.
    expect(outcome({ ...run, algorithm: 'grpo' })[1]).toMatch(/^ +base +grpo +trained$/)
  })

  it.each(['interrupted', 'failed'] as const)('keeps the results of the run if the comparison is %s', (status) => {
    const compared = { algorithm: 'grpo', status, inBandShare: null, trained: null, difference: null }
    const lines = outcome({ ...summary, compared })
    expect(lines.filter((line) => !line.startsWith('The comparison '))).toEqual(outcome(summary))
    expect(lines).toContain(`The comparison with grpo ${status === 'failed' ? 'failed' : 'was interrupted'}.`)
  })

  it('has no line wider than a terminal of 80 columns', () => {
    const hours = { sample: 40_000, score: 40_000, update: 40_000, operators: 40_000, total: 40_000 }
    for (const line of outcome({ ...summary, secondsByStage: hours, planned: 100_000, steps: 100_000 }))
      expect(line.length).toBeLessThanOrEqual(80)
  })

  it('leaves out the share of a run that was logged without it', () => {
    const old = { ...evaluation(0.2), truncated: null }
    expect(outcome({ ...summary, base: old }).join('\n')).not.toContain('truncated')
  })

  it('describes a run that was interrupted before its first step', () => {
    const nothing = { sample: 0, score: 0, update: 0, operators: 0, total: 0 }
    const prompts = { issued: 0, trained: 0, stale: 0, failed: 0, discarded: 0, unfinished: 0 }
    const cut = { prompts, steps: 0, skipped: 0, inBandShare: null, stepSeconds: null, secondsByStage: nothing }
    expect(outcome({ ...summary, ...cut, base: null, trained: null })).toEqual([
      '0 of 100 steps, 0 skipped; entropy in its band in – of them',
      '0 s of training, – s per step:',
      '  sample –, score –, update –, operators –',
    ])
  })
})

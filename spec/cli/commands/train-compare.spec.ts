import { access, readdir, readFile, writeFile } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { trainDefaults } from '#cli/config/train-config.js'
import { readJsonLines } from '#lib/run/json-lines.js'
import { StepEvaluationCodec } from '#lib/run/step-evaluation.js'
import { readSummary, type RunSummary } from '#lib/run/summary.js'
import { algorithms } from '#pipelines/algorithms/index.js'
import { type Ended, entrainWell, expectMessage, PATIENCE, printed, start, workshop } from '../process.js'
import { entrainHere, entrainWellHere, entrainWithNotesHere } from '../in-process.js'
import { writeQuestions, writeTinyLanguageModel } from '../tiny-language-model.js'

const { at, base } = workshop()

const small = '--steps 3 --prompts 4 --group 4 --evaluation-prompts 6 --evaluation-samples 4 --engine onnx'.split(' ')
/** Settings of a run from the bundled checkpoint whose entropy is below its band, so that its filter rejects responses. */
const settings = [...small, ...'--minibatches 2 --entropy-band 0.7,0.8 --learning-rate 1e-2 --seed 3'.split(' ')]
const train = (run: string, ...more: readonly string[]) => ['train', ...settings, '--out', at(run), ...more] as const

const summaryOf = async (...run: readonly string[]): Promise<RunSummary> => {
  const summary = await readSummary(at(...run, 'summary.json'))()
  if (E.isLeft(summary)) throw summary.left
  return summary.right
}
const evaluationsOf = async (...run: readonly string[]) => {
  const evaluations = await readJsonLines(at(...run, 'evaluations.jsonl'), StepEvaluationCodec)()
  if (E.isLeft(evaluations)) throw evaluations.left
  return evaluations.right
}
const bytesOf = (...file: readonly string[]) => readFile(at(...file))
const configOf = async (...run: readonly string[]) =>
  parse(await readFile(at(...run, 'config.yaml'), 'utf8')) as Record<string, unknown>
/** Lines of the results that have no measured time in them. */
const tableOf = ({ stdout }: Ended): string => stdout.replace(/^.* of training, [^]*/m, '')

describe('entrain train --compare', { timeout: PATIENCE }, () => {
  let ended: Ended
  beforeAll(async () => {
    ended = await entrainWell(...train('run', '--compare', 'grpo'))
  }, PATIENCE)

  it('ends with one table of the base model, the other algorithm and the trained one, and with their differences', () => {
    const table = tableOf(ended).split('\n')
    expect(table[0]).toBe('On 6 held-out prompts, 4 samples each (95% intervals over prompts):')
    expect(table[1]).toMatch(new RegExp(`^ +base +grpo +${trainDefaults.algorithm}$`))
    const estimate = String.raw`  \d\.\d{3} \[\d\.\d{3}, \d\.\d{3}\]`
    for (const [i, score] of ['mean@4', 'pass@2', 'pass@4', 'maj@4'].entries())
      expect(table[2 + i]).toMatch(new RegExp(`^  ${score} +(${estimate} *){3}$`))
    const difference = String.raw`[+-]\d\.\d{3} \[[+-]\d\.\d{3}, [+-]\d\.\d{3}\]  (higher|lower|no clear difference)`
    for (const score of ['mean@4', 'pass@2', 'pass@4'])
      expect(ended.stdout).toMatch(new RegExp(`^  against grpo: ${score}  ${difference}$`, 'm'))
    expect(ended.stdout).toMatch(/^3 of 3 steps, \d skipped; entropy in its band in \d+% of them$/m)
    expect(ended.stdout).toMatch(/^grpo: entropy in its band in \d+% of its 3 steps$/m)
  })

  it('shows the other training in short lines', () => {
    const [, shown = ''] = ended.stderr.split('\ncomparing with grpo: the same configuration trains once more\n')
    expect(shown.trim().split('\n')).toHaveLength(3)
    expect(shown).toMatch(/^grpo step 1\/3 .*\ngrpo step 2\/3 .*\ngrpo step 3\/3 /)
  })

  it('prints the same numbers and writes the same bytes again', async () => {
    const again = await entrainWithNotesHere(...train('again', '--compare', 'grpo'))
    expect(tableOf(again)).toBe(tableOf(ended))
    for (const file of ['config.yaml', 'metrics.jsonl', 'evaluations.jsonl'])
      for (const folder of [[], ['compare']])
        expect(await bytesOf('again', ...folder, file)).toEqual(await bytesOf('run', ...folder, file))
  })

  it('trains the run itself as without a comparison', async () => {
    await entrainWellHere(...train('alone'))
    for (const file of ['metrics.jsonl', 'evaluations.jsonl', 'checkpoint.safetensors'])
      expect(await bytesOf('alone', file)).toEqual(await bytesOf('run', file))
    const [run, alone] = [await summaryOf('run'), await summaryOf('alone')]
    const times = { stepSeconds: run.stepSeconds, secondsByStage: run.secondsByStage }
    expect(run.compared).not.toBeNull()
    expect({ ...alone, ...times }).toEqual({ ...run, compared: null })
  })

  it('trains the other algorithm with its own options and filter: a run folder without weights', async () => {
    expect((await readdir(at('run', 'compare'))).sort()).toEqual([
      'checkpoints',
      'config.yaml',
      'entropy.png',
      'entropy.svg',
      'evaluations.jsonl',
      'metrics.jsonl',
      'reward.png',
      'reward.svg',
      'rollouts.jsonl',
      'summary.json',
      'timings.jsonl',
    ])
    const { defaults, filter } = algorithms.grpo
    expect(await configOf('run')).toMatchObject({ compare: 'grpo', options: { minibatches: 2 } })
    expect(await configOf('run', 'compare')).toEqual({
      ...(await configOf('run')),
      algorithm: 'grpo',
      options: defaults,
      filter,
      compare: null,
    })
    await entrainWellHere('train', '--config', at('run', 'compare', 'config.yaml'), '--out', at('grpo'))
    for (const file of ['metrics.jsonl', 'evaluations.jsonl'])
      expect(await bytesOf('grpo', file)).toEqual(await bytesOf('run', 'compare', file))
    expect(await bytesOf('run', 'compare', 'metrics.jsonl')).not.toEqual(await bytesOf('run', 'metrics.jsonl'))
  })

  it('writes the comparison into the summary: that of the other run, and the differences', async () => {
    const [{ base, trained, compared }, other] = [await summaryOf('run'), await summaryOf('run', 'compare')]
    expect(other).toMatchObject({ algorithm: 'grpo', status: 'finished', steps: 3, base, compared: null })
    expect(compared).toMatchObject({
      algorithm: 'grpo',
      status: 'finished',
      inBandShare: other.inBandShare,
      trained: other.trained,
    })
    const { meanAtK, passAtK } = compared!.difference!
    expect(meanAtK.value).toBeCloseTo(trained!.meanAtK.value - other.trained!.meanAtK.value, 12)
    expect(Object.keys(passAtK)).toEqual(['2', '4'])
    for (const [k, { value, low, high }] of Object.entries(passAtK)) {
      expect(value).toBeCloseTo(trained!.passAtK[k]!.value - other.trained!.passAtK[k]!.value, 12)
      expect(low <= value && value <= high).toBe(true)
    }
    expect((await evaluationsOf('run', 'compare')).map(({ step }) => step)).toEqual([0, 3])
  })

  it('leaves a folder that can be plotted, watched and repeated like that of any run', async () => {
    await entrainWellHere('plot', at('run'), at('run', 'compare'), '--out', at('both.svg'))
    expect(await readFile(at('both.svg'), 'utf8')).toMatch(/compare/)
    const watched = await entrainWellHere('watch', '--terminal', at('run'))
    expect(watched.stdout).toBe(ended.stdout.replace(/^Everything is in .*\n/m, ''))
    expect((await entrainWellHere('watch', '--terminal', at('run', 'compare'))).stdout).toMatch(/^ +base +trained$/m)
    const { stdout } = await entrainWellHere('replay', at('run', 'compare'), '--out', at('replayed'))
    expect(stdout).toContain('The same 3 steps as in ')
  })

  it('is left out by replay', async () => {
    const { stdout, stderr } = await entrainWellHere('replay', at('run'), '--out', at('replayed-run'))
    expect(stdout).toContain(`The same 3 steps as in ${at('run')}, number by number\n`)
    expect(stderr).not.toContain('comparing with')
    expect(await readdir(at('replayed-run'))).not.toContain('compare')
  })

  it('compares a run with the same algorithm without its filter, and notes where there is no difference at all', async () => {
    const filtered = await entrainWellHere(...train('filtered', '--algorithm', 'grpo', '--compare', 'grpo'))
    expect(filtered.stdout).toMatch(/^ +base +grpo +trained$/m)
    const same = await entrainHere('train', ...small, '--algorithm', 'grpo', '--compare', 'grpo', '--out', at('same'))
    expect(same.notes).toBe(
      '--compare grpo: the run itself trains with grpo and its defaults, so nothing is compared\n',
    )
    expect(same.stdout).toMatch(/^ +base +trained$/m)
    expect(await summaryOf('same')).toMatchObject({ compared: null })
  })

  it('compares adapters too', async () => {
    await writeTinyLanguageModel(at('words'))
    await writeQuestions(at('rows.jsonl'))
    const adapters = [
      ...'--steps 2 --prompts 2 --group 4 --max-tokens 6 --evaluation-prompts 2 --evaluation-samples 2'.split(' '),
      ...['--model', at('words'), '--data', at('rows.jsonl'), '--lora-rank', '2', '--engine', 'onnx'],
      ...['--learning-rate', '0.01', '--warmup', '0'],
    ]
    await entrainWellHere('train', ...adapters, '--compare', 'reinforce', '--out', at('adapters'))
    await entrainWellHere('train', ...adapters, '--algorithm', 'reinforce', '--out', at('reinforce'))
    expect(await bytesOf('adapters', 'compare', 'metrics.jsonl')).toEqual(await bytesOf('reinforce', 'metrics.jsonl'))
    expect(await readdir(at('adapters'))).toContain('adapter')
    expect(await readdir(at('adapters', 'compare'))).not.toContain('adapter')
  })
})

describe('entrain train --compare, before the training', { timeout: PATIENCE }, () => {
  it('refuses an unknown algorithm', async () => {
    const message = /^--compare: found "grop", expected one of .*, or none \(null in a file\); did you mean grpo\?/
    expectMessage(await entrainHere(...train('never', '--compare', 'grop')), 2, message)
    await writeFile(at('bad.yaml'), 'compare: grop\n')
    expectMessage(await entrainHere('train', '--config', at('bad.yaml')), 2, /bad\.yaml:1: compare: found "grop", /)
  })

  it('refuses an algorithm that does not fit the rewards of the task', async () => {
    await writeFile(
      at('binary.mjs'),
      `export const rewardScale = 'binary'\nexport const verifier = () => ({ value: 0, correct: false })\n`,
    )
    const ended = await entrainHere(...train('never', '--verifier', at('binary.mjs'), '--compare', 'psr'))
    const message =
      /^--compare: found psr, expected an algorithm for this task: estimator psr splits responses by the sign of their reward: found binary rewards/
    expectMessage(ended, 2, message)
    await expect(access(at('never'))).rejects.toThrow()
  })
})

/** Calls of the verifier of a run of 2 steps: an evaluation of 3 prompts x 2 samples, 2 x 8 responses, and an evaluation. */
const callsOfRun = 6 + 2 * 8 + 6
const tiny = (run: string, verifier: string) => [
  ...'train --steps 2 --prompts 2 --group 4 --evaluation-prompts 3 --evaluation-samples 2 --engine onnx'.split(' '),
  ...'--algorithm reinforce --compare grpo --reward-threads 1 --reward-time-limit 1000000'.split(' '),
  ...['--model', base(), '--verifier', at(verifier), '--out', at(run)],
]
/** Writes a verifier that judges the run and the first step of its comparison, and then does something else. */
const writeVerifier = (name: string, then: string) =>
  writeFile(
    at(name),
    `let calls = 0
export const verifier = (_, { tokens }) => {
  calls += 1
  if (calls > ${callsOfRun + 8}) { ${then} }
  const correct = tokens.length % 2 === 0
  return { value: correct ? 1 : -1, correct }
}
`,
  )

describe('a comparison that does not reach its end', { timeout: PATIENCE }, () => {
  it('is interrupted by Ctrl-C, and the results of the run remain', async () => {
    await writeVerifier('hangs.mjs', 'return new Promise(() => {})')
    const started = start(tiny('interrupted', 'hangs.mjs'))
    await printed(started, /^grpo step 1\/2 /m)
    started.child.kill('SIGINT')
    const { code, stdout, stderr } = await started.ended
    expectMessage({ code, stderr }, 130, /^stopping: /m)
    expect(stdout).toMatch(/^On 3 held-out prompts, 2 samples each [^]*^ +base +trained$/m)
    expect(stdout).toMatch(/^2 of 2 steps, [^]*^The comparison with grpo was interrupted\.$/m)
    expect(stdout).toContain(`Everything is in ${at('interrupted')}\n`)
    expect(await summaryOf('interrupted')).toMatchObject({
      status: 'finished',
      steps: 2,
      trained: { prompts: 3 },
      compared: { algorithm: 'grpo', status: 'interrupted', inBandShare: null, trained: null, difference: null },
    })
    expect(await summaryOf('interrupted', 'compare')).toMatchObject({ status: 'interrupted', steps: 1, planned: 2 })
    expect(await readdir(at('interrupted'))).toContain('checkpoint.safetensors')
  })

  it('fails, and the results of the run remain', async () => {
    await writeVerifier('throws.mjs', `throw new Error('no more')`)
    const { code, stdout, stderr } = await entrainHere(...tiny('failed', 'throws.mjs'))
    expectMessage({ code, stderr }, 1, /^error: .*no more/m)
    expect(stdout).toMatch(/^ +base +trained$[^]*^The comparison with grpo failed\.$/m)
    expect(await summaryOf('failed')).toMatchObject({
      status: 'finished',
      trained: { prompts: 3 },
      compared: { algorithm: 'grpo', status: 'failed', trained: null, difference: null },
    })
    expect(await summaryOf('failed', 'compare')).toMatchObject({ status: 'failed' })
  })
})

import { readdir, readFile } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { TrainConfigCodec, trainDefaults } from '#cli/config/train-config.js'
import { readModel } from '#lib/model/model-file.js'
import { readJsonLines } from '#lib/run/json-lines.js'
import { StepEvaluationCodec } from '#lib/run/step-evaluation.js'
import { StepMetricsCodec } from '#lib/run/step-metrics.js'
import { StepRolloutsCodec } from '#lib/run/step-rollouts.js'
import { StepSecondsCodec } from '#lib/timing/step-seconds.js'
import { readSummary } from '#lib/run/summary.js'
import { evaluationScalars, type Scalar, tensorboardScalars } from '#lib/tensorboard/scalars.js'
import { inMemory } from '../../lib/model/in-memory.js'
import { eventsIn } from '../../lib/tensorboard/event-reader.js'
import { temporaryFolder } from '../../lib/run/temporary.js'
import { entrainWithNotesHere } from '../in-process.js'
import { type Ended, entrain, expectMessage, PATIENCE, printed, start, workshop } from '../process.js'

const { at, base } = workshop()

const small = '--steps 2 --prompts 4 --group 4 --minibatches 2 --evaluation-prompts 4 --evaluation-samples 4'.split(' ')
/** Arguments of a run from the bundled checkpoint. Some of its answers are right, so the weights change. */
const bundled = (run: string, ...more: readonly string[]) =>
  ['train', ...small, '--engine', 'onnx', '--out', at(run), ...more] as const
/** Arguments of a run from a tiny untrained model, which is fast. */
const tiny = (run: string, ...more: readonly string[]) =>
  ['train', '--model', base(), '--prompts', '4', '--group', '4', '--out', at(run), ...more] as const

const read = async <A>(file: TE.TaskEither<Error, A>): Promise<A> => {
  const found = await file()
  if (E.isLeft(found)) throw found.left
  return found.right
}
const metricsOf = (run: string) => read(readJsonLines(at(run, 'metrics.jsonl'), StepMetricsCodec))
const summaryOf = (run: string) => read(readSummary(at(run, 'summary.json')))
const modelOf = (run: string) => inMemory(readModel(at(run, 'checkpoint.safetensors')))
const bytesOf = (run: string, file = 'metrics.jsonl') => readFile(at(run, file))

describe('entrain train', { timeout: PATIENCE }, () => {
  let ended: Ended
  beforeAll(async () => {
    ended = await entrain(...bundled('run'))
  }, PATIENCE)

  it('exits with 0; results are on standard output, and progress is on standard error', () => {
    expect(ended.code).toBe(0)
    expect(ended.stderr.split('\n')[0]).toBe('engine onnx: ONNX Runtime on the CPU, as asked')
    expect(ended.stderr).toContain(`\nrun folder ${at('run')}\n`)
    expect(ended.stderr).toMatch(/^step 1\/2 [^]*^step 2\/2 /m)
    expect(ended.stdout).toMatch(/^On 4 held-out prompts, [^]* mean@4 /)
    expect(ended.stdout).toContain(`\nEverything is in ${at('run')}\n`)
  })

  it('writes the run folder, without partial files', async () => {
    expect((await readdir(at('run'))).sort()).toEqual([
      'checkpoint.safetensors',
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
  })

  it('logs a line and the time of every step', async () => {
    const metrics = await metricsOf('run')
    expect(metrics.map(({ step }) => step)).toEqual([0, 1])
    for (const { tokensSampled, entropy, status } of metrics) {
      expect(status).toBe('updated')
      expect(tokensSampled).toBeGreaterThanOrEqual(16)
      expect(entropy).toBeGreaterThan(0)
    }
    expect(await read(readJsonLines(at('run', 'timings.jsonl'), StepSecondsCodec))).toMatchObject([
      { step: 0 },
      { step: 1 },
    ])
  })

  it('writes its whole configuration', async () => {
    const config: unknown = parse(await readFile(at('run', 'config.yaml'), 'utf8'))
    expect(TrainConfigCodec.is(config)).toBe(true)
    expect(config).toEqual({
      ...trainDefaults,
      lora: { rank: 0, alpha: null, targets: null },
      steps: 2,
      prompts: 4,
      group: 4,
      options: { ...trainDefaults.options, minibatches: 2 },
      engine: 'onnx',
      evaluation: { ...trainDefaults.evaluation, prompts: 4, samples: 4 },
    })
  })

  it('writes a summary: both evaluations, the time of a step, and the share of steps in the band', async () => {
    const summary = await summaryOf('run')
    expect(summary).toMatchObject({ status: 'finished', engine: 'onnx', seed: 1, planned: 2, steps: 2, skipped: 0 })
    expect([0, 0.5, 1]).toContain(summary.inBandShare)
    expect(summary.stepSeconds).toBeGreaterThan(0)
    for (const evaluation of [summary.base, summary.trained]) {
      expect(evaluation).toMatchObject({ prompts: 4, samples: 16 })
      expect(Object.keys(evaluation?.passAtK ?? {})).toEqual(['2', '4'])
      for (const { value, low, high } of [evaluation!.meanAtK, ...Object.values(evaluation!.passAtK)]) {
        expect(0 <= low && low <= value && value <= high && high <= 1).toBe(true)
      }
    }
  })

  it('evaluates between steps on request, with the weights of the step and without changing a number', async () => {
    const fast = ['--learning-rate', '1e-2', '--band-steps', '2']
    await entrainWithNotesHere(...bundled('between', ...fast, '--evaluation-every', '1'))
    await entrainWithNotesHere(...bundled('not-between', ...fast))
    await entrainWithNotesHere(
      ...bundled('first', ...fast).map((word, i, all) => (all[i - 1] === '--steps' ? '1' : word)),
    )
    const evaluations = (run: string) => read(readJsonLines(at(run, 'evaluations.jsonl'), StepEvaluationCodec))
    const [before, between, after] = await evaluations('between')
    expect([before, after]).toEqual(await evaluations('not-between'))
    expect([before, between]).toEqual(await evaluations('first'))
    expect({ ...between, step: 0 }).not.toEqual(before)
    expect([before, between, after].map((each) => each?.step)).toEqual([0, 1, 2])
    expect(await bytesOf('between')).toEqual(await bytesOf('not-between'))
    expect(await summaryOf('between')).toMatchObject({ trained: { meanAtK: after!.meanAtK } })
  })

  it('logs some rollouts of every step', async () => {
    const steps = await read(readJsonLines(at('run', 'rollouts.jsonl'), StepRolloutsCodec))
    expect(steps.map(({ step, rollouts }) => [step, rollouts.length])).toEqual([
      [0, 8],
      [1, 8],
    ])
    for (const { tokens, entropy } of steps.flatMap(({ rollouts }) => rollouts))
      expect(entropy).toHaveLength(tokens.length)
  })

  it('draws entropy and reward', async () => {
    for (const name of ['entropy', 'reward']) {
      expect(await readFile(at('run', `${name}.svg`), 'utf8')).toMatch(/^<svg[^]*<\/svg>\s*$/)
      const signature = (await bytesOf('run', `${name}.png`)).subarray(0, 8)
      expect(signature).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))
    }
  })

  it('saves a model with its origin in the metadata, which can be trained again', async () => {
    const { weights, metadata } = await modelOf('run')
    const origin = await inMemory(readModel('checkpoints/countdown.safetensors'))
    expect(metadata).toEqual({
      ...origin.metadata,
      trained: 'entrocraft-calibrated on countdown, seed 1, 2 steps',
    })
    expect([...weights.keys()]).toEqual([...origin.weights.keys()])
    expect([...weights]).not.toEqual([...origin.weights])
    await entrainWithNotesHere(...bundled('further', '--model', at('run', 'checkpoint.safetensors')))
    const [before, after] = [await summaryOf('run'), await summaryOf('further')]
    expect(after.base).toEqual(before.trained)
  })

  it('trains on another task from its checkpoint, with room for its longest answer', async () => {
    const { stdout } = await entrainWithNotesHere(...bundled('moves', '--task', 'moves'))
    expect(stdout).toMatch(/^On 4 held-out prompts, [^]* mean@4 /)
    const config = parse(await readFile(at('moves', 'config.yaml'), 'utf8')) as Record<string, unknown>
    expect(config).toMatchObject({ task: 'moves', model: 'moves', maxTokens: 26 })
    const steps = await metricsOf('moves')
    expect(steps.map(({ status }) => status)).toEqual(['updated', 'updated'])
    const [first] = await read(readJsonLines(at('moves', 'rollouts.jsonl'), StepRolloutsCodec))
    expect(first?.rollouts.length).toBeGreaterThan(0)
    for (const { prompt, tokens } of first?.rollouts ?? []) {
      expect(prompt).toMatch(/^\d+>\d+ \+\d \*\d -\d:$/)
      expect(tokens.join('')).toMatch(/^[+*-]\d=\d/)
    }
  })

  it('divides the work among replicas, which changes numbers only by rounding', async () => {
    const { stderr } = await entrainWithNotesHere(...bundled('shared', '--replicas', '2'))
    expect(stderr.split('\n')[0]).toBe('engine onnx: ONNX Runtime on the CPU, as asked; 2 replicas')
    const [shared, alone] = [await metricsOf('shared'), await metricsOf('run')]
    shared.forEach((found, step) => {
      const expected = alone[step]!
      for (const name of ['status', 'tokensSampled', 'tokensTrained', 'reward', 'accepted'] as const)
        expect(found[name]).toEqual(expected[name])
      for (const name of ['entropy', 'loss', 'gradientNorm'] as const)
        expect(found[name]).toBeCloseTo(expected[name]!, 4)
    })
    const config = parse(await readFile(at('shared', 'config.yaml'), 'utf8')) as Record<string, unknown>
    expect(config['replicas']).toBe(2)
    await entrainWithNotesHere(...bundled('shared-again', '--config', at('shared', 'config.yaml')))
    expect(await bytesOf('shared-again')).toEqual(await bytesOf('shared'))
  })

  it('writes the same log, byte for byte, for the same seed, and another log for another seed', async () => {
    // If no weight changed, equal logs would show nothing.
    expect((await metricsOf('run')).every(({ gradientNorm }) => gradientNorm !== null && gradientNorm > 0)).toBe(true)
    await entrainWithNotesHere(...bundled('same'))
    await entrainWithNotesHere(...bundled('other', '--seed', '2'))
    expect(await bytesOf('same')).toEqual(await bytesOf('run'))
    expect(await bytesOf('same', 'checkpoint.safetensors')).toEqual(await bytesOf('run', 'checkpoint.safetensors'))
    expect(await bytesOf('other')).not.toEqual(await bytesOf('run'))
  })

  it('repeats a run from its configuration, byte for byte', async () => {
    await entrainWithNotesHere('train', '--config', at('run', 'config.yaml'), '--out', at('repeated'))
    for (const file of ['config.yaml', 'metrics.jsonl', 'checkpoint.safetensors', 'entropy.svg'])
      expect(await bytesOf('repeated', file)).toEqual(await bytesOf('run', file))
  })

  it('lays flags over the file, and creates a folder under runs by default', async () => {
    const cwd = await temporaryFolder()
    const argv = ['train', '--config', at('run', 'config.yaml'), '--algorithm', 'grpo', '--model', base()]
    expect(await start([...argv, '--steps', '1'], cwd).ended).toMatchObject({ code: 0 })
    const summary = await read(readSummary(`${cwd}/runs/countdown-grpo-1/summary.json`))
    expect(summary).toMatchObject({ algorithm: 'grpo', planned: 1, steps: 1 })
  })

  it('writes an event file for TensorBoard on request, with the numbers of the metrics', async () => {
    const begun = Date.now() / 1000
    await entrainWithNotesHere(...bundled('watched', '--tensorboard'))
    expect(await bytesOf('watched')).toEqual(await bytesOf('run'))
    const files = (await readdir(at('watched'))).filter((file) => file.includes('tfevents'))
    expect(files).toEqual([expect.stringMatching(/^events\.out\.tfevents\.\d{10}\..+\.\d+\.0$/)])
    const [head, ...steps] = eventsIn(await bytesOf('watched', files[0]))
    expect(head).toMatchObject({ fileVersion: 'brain.Event:2' })
    const rounded = (scalars: readonly Scalar[]) =>
      scalars.map(({ tag, value }) => ({ tag, value: Math.fround(value) }))
    const metrics = (await metricsOf('watched')).map((line) => ({
      step: line.step + 1,
      scalars: rounded(tensorboardScalars(line)),
    }))
    const evaluations = (await read(readJsonLines(at('watched', 'evaluations.jsonl'), StepEvaluationCodec))).map(
      ({ step, ...evaluation }) => ({ step, scalars: rounded(evaluationScalars(evaluation)) }),
    )
    expect(evaluations.length).toBeGreaterThanOrEqual(2)
    expect(steps.map(({ step, scalars }) => ({ step, scalars }))).toEqual([
      evaluations[0],
      ...metrics,
      ...evaluations.slice(1),
    ])
    for (const { wallTime } of steps) {
      expect(wallTime).toBeGreaterThan(begun)
      expect(wallTime).toBeLessThan(Date.now() / 1000)
    }
  })

  it('runs on TensorFlow.js as well', async () => {
    const small = ['--steps', '2', '--evaluation-prompts', '4', '--evaluation-samples', '2']
    await entrainWithNotesHere(...tiny('wasm', '--engine', 'tfjs-wasm', ...small))
    expect(await summaryOf('wasm')).toMatchObject({ engine: 'tfjs-wasm', status: 'finished', steps: 2 })
  })
})

describe('entrain train, stopped by Ctrl-C', { timeout: PATIENCE }, () => {
  it('finishes the current step and writes the results so far', async () => {
    const argv = tiny('stopped', '--steps', '100000', '--engine', 'onnx', '--evaluation-prompts', '4')
    const started = start(argv)
    await printed(started, /^step +1\//m)
    started.child.kill('SIGINT')
    const { code, stdout, stderr } = await started.ended
    expectMessage({ code, stderr }, 130, /^stopping: /m)
    expect(stdout).toContain(`The results so far are in ${at('stopped')}\n`)
    const log = await readFile(at('stopped', 'metrics.jsonl'), 'utf8')
    const { length } = await metricsOf('stopped')
    expect(log.endsWith('}\n')).toBe(true)
    expect(length).toBeGreaterThan(0)
    expect(await summaryOf('stopped')).toMatchObject({
      status: 'interrupted',
      planned: 100_000,
      steps: length,
      base: { prompts: 4 },
      trained: null,
    })
    expect((await modelOf('stopped')).metadata['trained']).toMatch(new RegExp(` ${length} steps$`))
    expect((await readdir(at('stopped'))).filter((file) => /png|svg/.test(file))).toHaveLength(4)
  })

  it('can be stopped during the evaluation before the first step', async () => {
    const argv = tiny('early', '--engine', 'onnx', '--evaluation-prompts', '800', '--evaluation-samples', '64')
    const started = start(argv)
    await printed(started, /^run folder /m)
    started.child.kill('SIGINT')
    expectMessage(await started.ended, 130, /^stopping: /m)
    expect(await summaryOf('early')).toMatchObject({ status: 'interrupted', steps: 0, base: null, trained: null })
    expect(await metricsOf('early')).toEqual([])
    expect([...(await modelOf('early')).weights]).toEqual([...(await inMemory(readModel(base()))).weights])
  })
})

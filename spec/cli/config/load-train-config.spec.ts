import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { loadTrainConfig } from '#cli/config/load-train-config.js'
import { type TrainConfig, TrainConfigCodec, trainDefaults } from '#cli/config/train-config.js'
import { bandFilter } from '#cli/config/train-settings.js'
import { bundledCheckpoints } from '#lib/model/model-file.js'
import { tasks } from '#lib/task/index.js'
import { algorithms } from '#pipelines/algorithms/index.js'

const load = async (flags: Readonly<Record<string, string>>, yaml?: string) => {
  const file = join(await mkdtemp(join(tmpdir(), 'entrain-')), 'run.yaml')
  if (yaml !== undefined) await writeFile(file, yaml)
  const given = { ...flags, ...(yaml === undefined ? {} : { config: file }) }
  const loaded = await loadTrainConfig(new Map(Object.entries(given)))()
  return E.isRight(loaded) ? loaded.right : loaded.left.problems.map((problem) => problem.replace(file, 'FILE'))
}

it('the clipping of a file with a service stays when a flag names another address of the service', async () => {
  const file = 'learner: tinker+http://10.0.0.8:8000\nbaseModel: q\ngradientClip: 2'
  const moved = { learner: 'tinker+http://10.0.0.9:8000' }
  expect(await load(moved, file)).toMatchObject({ ...moved, gradientClip: 2 })
})

describe('the algorithm of a configuration', () => {
  it('has its own options and filter', async () => {
    expect(await load({})).toEqual(trainDefaults)
    expect(await load({ algorithm: 'clip-higher' })).toMatchObject({
      options: algorithms['clip-higher'].defaults,
      filter: 'everything',
    })
    expect(await load({ algorithm: 'entrocraft' })).toMatchObject({ filter: 'sign' })
  })

  it('takes options from the file and from flags', async () => {
    const yaml = 'algorithm: clip-higher\noptions:\n  clipHigh: 0.5\n  minibatches: 2\n'
    expect(await load({ 'clip-high': '0.4', 'dual-clip': 'none' }, yaml)).toMatchObject({
      algorithm: 'clip-higher',
      options: { ...algorithms['clip-higher'].defaults, clipHigh: 0.4, minibatches: 2, dualClip: null },
    })
    // Another algorithm starts afresh.
    expect(await load({ algorithm: 'dapo' }, yaml)).toMatchObject({ options: algorithms.dapo.defaults })
  })

  it('refuses options of other algorithms', async () => {
    const problem = (place: string) => `${place}: no option of algorithm grpo; it has minibatches, aggregation, norm, `
    expect(await load({ algorithm: 'grpo', mu: '2' })).toMatchObject([expect.stringContaining(problem('--mu'))])
    expect(await load({}, 'algorithm: grpo\noptions:\n  mu: 2\n')).toMatchObject([
      expect.stringContaining(problem('FILE:3: options.mu')),
    ])
    expect(await load({}, 'algorithm: grpo\noptions:\n  clipHihg: 2\n')).toMatchObject([
      expect.stringContaining('FILE:3: options.clipHihg: unknown field; did you mean clipHigh?'),
    ])
  })

  it('names a GPU by number or by name', async () => {
    expect(await load({ gpu: '1' })).toMatchObject({ gpu: 1 })
    expect(await load({ gpu: 'RTX 4090' })).toMatchObject({ gpu: 'RTX 4090' })
    expect(await load({ gpu: 'none' }, 'gpu: 1\n')).toMatchObject({ gpu: null })
    expect(await load({ gpu: '-1' })).toEqual([
      '--gpu: found -1, expected the number of a GPU, from 0, or the name of an adapter, or none (null in a file)',
    ])
  })

  it('is the same after it is written to YAML and read, with null values', async () => {
    const config = await load({ algorithm: 'dr-grpo', norm: '7' })
    expect(TrainConfigCodec.is(config)).toBe(true)
    expect(await load({}, stringify(config))).toEqual(config)
    const none = await load({ algorithm: 'dr-grpo' })
    expect(none).toMatchObject({ options: { norm: null, dualClip: null } })
    expect(await load({}, stringify(none))).toEqual(none)
  })
})

describe('the task of a configuration', () => {
  it('has its own checkpoint and its longest answer', async () => {
    expect(await load({ task: 'moves' })).toEqual({
      ...trainDefaults,
      task: 'moves',
      model: 'moves',
      maxTokens: 26,
      band: { schedule: 'auto' },
    })
    expect(await load({ task: 'countdown' })).toEqual(trainDefaults)
    expect(await load({}, 'task: moves\n')).toMatchObject({ model: 'moves', maxTokens: 26 })
  })

  it('allows every answer of a task that generates its questions', async () => {
    for (const [task, { create }] of Object.entries(tasks)) {
      const { model, maxTokens } = (await load({ task })) as TrainConfig
      expect(bundledCheckpoints).toContain(model)
      expect(maxTokens).toBeGreaterThanOrEqual(create().maxTokens)
    }
  })

  it('keeps the model and the settings that are named beside it', async () => {
    const own = { model: 'mine.safetensors', 'max-tokens': '20' }
    expect(await load({ task: 'moves', ...own })).toMatchObject({ model: 'mine.safetensors', maxTokens: 20 })
    expect(await load({ task: 'moves' }, 'model: mine.safetensors\n')).toMatchObject({ model: 'mine.safetensors' })
    expect(await load({ model: 'mine.safetensors' }, 'task: moves\n')).toMatchObject({ model: 'mine.safetensors' })
  })

  it('starts from its own defaults when a flag replaces the task of the file', async () => {
    const { learningRate, prompts, evaluation } = trainDefaults
    const math = 'task: math\nmodel: qwen\nlearningRate: 0.5\n'
    expect(await load({ task: 'moves' }, math)).toMatchObject({
      ...{ model: 'qwen', maxTokens: 26, learningRate, prompts, evaluation },
    })
    expect(await load({ task: 'countdown' }, 'task: moves\n')).toEqual(trainDefaults)
    expect(await load({ task: 'math', model: 'qwen' }, 'task: moves\n')).toMatchObject({ prompts: 8, maxTokens: 512 })
  })
})

describe('the KL penalty of a configuration', () => {
  const reward = 'found k3 in the reward, where it can push the policy away from the reference, expected k1'
  const loss = 'found k1 in the loss, where its expected gradient is 0, expected k3 or k2'

  it('refuses an estimator that does not fit its place', async () => {
    const flags = { algorithm: 'grpo', 'kl-coefficient': '0.1' }
    expect(await load({ ...flags, 'kl-form': 'k3', 'kl-in': 'reward' })).toMatchObject([
      expect.stringContaining(`--kl-form: ${reward}`),
    ])
    expect(await load({ ...flags, 'kl-form': 'k1' })).toMatchObject([expect.stringContaining(`--kl-form: ${loss}`)])
    expect(await load({}, 'algorithm: grpo\noptions:\n  klCoefficient: 0.1\n  klForm: k1\n')).toMatchObject([
      expect.stringContaining(`FILE:4: options.klForm: ${loss}`),
    ])
  })

  it.each([
    { 'kl-in': 'reward' },
    { 'kl-in': 'reward', 'kl-form': 'k1' },
    { 'kl-form': 'k2' },
    { 'kl-form': 'k1', 'kl-any-form': 'true' },
    { 'kl-form': 'k1', 'kl-coefficient': '0' },
  ])('accepts %o', async (flags) => {
    expect(await load({ algorithm: 'grpo', 'kl-coefficient': '0.1', ...flags })).toMatchObject({ algorithm: 'grpo' })
  })
})

describe('what the loss reads', () => {
  it('is at the sampling temperature by default', async () => {
    expect(await load({})).toMatchObject({ scoreTemperature: null })
    expect(await load({ 'score-temperature': '0.7' })).toMatchObject({ scoreTemperature: 0.7 })
    expect(await load({ 'score-temperature': 'none' })).toMatchObject({ scoreTemperature: null })
    expect(await load({}, 'scoreTemperature: 0\n')).toMatchObject([
      expect.stringContaining('FILE:1: scoreTemperature: found 0, expected a number > 0, or none'),
    ])
  })

  it('can be the tokens of highest entropy, and their sum', async () => {
    const flags = { 'top-entropy-quantile': '0.2', aggregation: 'token-sum' }
    const options = { topEntropyQuantile: 0.2, aggregation: 'token-sum' }
    expect(await load(flags)).toMatchObject({ options })
    expect(await load({}, 'options:\n  topEntropyQuantile: 0.2\n  aggregation: token-sum\n')).toMatchObject({ options })
    expect(await load({ 'top-entropy-quantile': '0' })).toMatchObject([
      expect.stringContaining('--top-entropy-quantile: found 0, expected a number > 0 and <= 1'),
    ])
  })
})

describe('--rollout-weights', () => {
  it('is float32 by default and can be int8', async () => {
    expect(await load({})).toMatchObject({ rolloutWeights: 'float32' })
    expect(await load({ 'rollout-weights': 'int8' })).toMatchObject({ rolloutWeights: 'int8' })
    expect(await load({}, 'rolloutWeights: int8\n')).toMatchObject({ rolloutWeights: 'int8' })
    expect(await load({ 'rollout-weights': 'int4' })).toEqual([
      expect.stringContaining('--rollout-weights: found "int4", expected one of float32, int8'),
    ])
  })
})

describe('--prediction', () => {
  it('is a choice of the calibrated filters alone', async () => {
    expect(await load({ prediction: 'sampled' })).toMatchObject({ filter: 'calibrated', prediction: 'sampled' })
    expect(await load({ algorithm: 'grpo', prediction: 'sampled' })).toEqual([
      expect.stringContaining(
        '--prediction: found sampled with filter everything, which has no choice of prediction, expected filter calibrated or calibrated-token',
      ),
    ])
    expect(await load({ prediction: 'sign' })).toEqual([
      expect.stringContaining('--prediction: found "sign", expected one of s-form, covariance, sampled, or none'),
    ])
  })
})

describe('--entropy-band', () => {
  it('sets a constant band or a ramp, and its filter', async () => {
    const held = await load({ algorithm: 'gspo', 'entropy-band': '0.5,0.6' })
    expect(held).toMatchObject({
      filter: 'calibrated',
      band: { schedule: 'constant', from: { low: 0.5, high: 0.6 } },
    })
    const ramped = await load({ algorithm: 'gspo', 'entropy-band': '0.5,0.6:0.3,0.4' })
    expect(ramped).toMatchObject({
      filter: 'calibrated',
      band: { schedule: 'linear', from: { low: 0.5, high: 0.6 }, to: { low: 0.3, high: 0.4 } },
    })
  })

  it('keeps the filter that is named or that the algorithm has', async () => {
    const band = { 'entropy-band': '0.5,0.6' }
    expect(await load({ ...band, algorithm: 'gspo', filter: 'sign' })).toMatchObject({ filter: 'sign' })
    expect(await load({ ...band, algorithm: 'gspo', filter: 'everything' })).toMatchObject({ filter: 'everything' })
    expect(await load({ ...band, algorithm: 'entrocraft' })).toMatchObject({ filter: 'sign' })
  })

  it.each([
    ['0.5', '--entropy-band: found "0.5", expected a band: low and high'],
    ['0.5,0.6:0.3', '--entropy-band: found "0.3", expected a band: low and high'],
    ['0.6,0.5', '--entropy-band: found low 0.6 and high 0.5, expected finite numbers with 0 <= low <= high'],
    ['1,2:1,2:1,2', '--entropy-band: found "1,2:1,2:1,2", expected a mapping'],
  ])('refuses %s', async (text, message) => {
    expect(await load({ 'entropy-band': text })).toMatchObject([expect.stringContaining(message)])
  })
})

describe('the band of a configuration', () => {
  const ramp = { from: { low: 0.5, high: 0.6 }, to: { low: 0.3, high: 0.4 } }
  const math = { data: 'rows.jsonl', model: 'qwen' }
  const bandOf = async (...args: Parameters<typeof load>) => {
    const config = await load(...args)
    return 'band' in config ? config.band : config
  }

  it('is given for the bundled model, and measured for models of other tasks', async () => {
    expect(await bandOf({})).toEqual({ schedule: 'linear', ...ramp })
    expect(await bandOf({ model: 'my.safetensors' })).toEqual({ schedule: 'linear', ...ramp })
    expect(await bandOf(math)).toEqual({ schedule: 'auto' })
    expect(await bandOf({ model: 'qwen' }, 'task: math\n')).toEqual({ schedule: 'auto' })
    expect(await bandOf({ ...math, task: 'countdown' })).toEqual({ schedule: 'linear', ...ramp })
  })

  it('is measured on request', async () => {
    expect(await bandOf({ 'entropy-band': 'auto' })).toEqual({ schedule: 'auto' })
    expect(await bandOf({ 'band-schedule': 'auto' })).toEqual({ schedule: 'auto' })
    expect(await bandOf({}, 'band:\n  schedule: auto\n')).toEqual({ schedule: 'auto' })
    expect(await bandOf({ 'entropy-band': 'auto' }, 'band:\n  schedule: auto\n  to: { low: 1, high: 2 }\n')).toEqual({
      schedule: 'auto',
    })
    expect(await load({ 'entropy-band': 'auto', algorithm: 'gspo' })).toMatchObject({ filter: bandFilter })
    expect(await bandOf({ 'entropy-band': 'auto:0.3,0.4' })).toEqual({ schedule: 'linear', from: 'auto', to: ramp.to })
  })

  it('can be measured in each schedule', async () => {
    const measured = { from: 'auto', to: 'auto' }
    expect(await bandOf({ ...math, 'band-schedule': 'cosine' })).toEqual({ schedule: 'cosine', ...measured })
    expect(await bandOf({ ...math, 'band-schedule': 'constant' })).toEqual({ schedule: 'constant', from: 'auto' })
    expect(await bandOf({ 'band-schedule': 'cosine' }, 'band:\n  schedule: auto\n')).toEqual({
      schedule: 'cosine',
      ...measured,
    })
    expect(await bandOf({ 'band-schedule': 'cosine', 'band-from': 'auto', 'band-to': 'auto' })).toEqual({
      schedule: 'cosine',
      ...measured,
    })
    expect(await bandOf({ ...math, 'band-schedule': 'piecewise' })).toEqual([
      'band.points: found nothing, expected a list of points',
    ])
  })

  it('is given by its bounds, also where the default is measured', async () => {
    expect(await bandOf({ ...math, 'entropy-band': '2,2.5' })).toEqual({
      schedule: 'constant',
      from: { low: 2, high: 2.5 },
    })
    expect(await bandOf({ ...math, 'band-from': '2,2.5', 'band-to': '1,1.5' })).toEqual({
      schedule: 'auto',
      from: { low: 2, high: 2.5 },
      to: { low: 1, high: 1.5 },
    })
  })

  it.each([
    [
      { 'entropy-band': 'auto', 'band-schedule': 'piecewise' },
      '--entropy-band: found --band-schedule beside it, expected one or the other; --band-from auto and --band-to auto measure the bands of a schedule',
    ],
    [{ 'entropy-band': 'automatic' }, '--entropy-band: found "automatic", expected a band: low and high, or auto'],
  ])('is refused: %j', async (flags, message) => {
    expect(await load(flags)).toEqual([message])
  })

  it('is refused with points beside auto', async () => {
    const yaml = 'band:\n  schedule: auto\n  points: []\n'
    expect(await load({}, yaml)).toEqual(['FILE:3: band.points: unknown field; there are schedule, from, to, steps'])
  })
})

describe('a run on data without a model', () => {
  const missing = (beside: string) =>
    `--model: found none beside ${beside}, expected a language model: a Hugging Face folder or a .gguf file`

  it.each([
    [{ data: 'rows.jsonl' }, undefined, '--data'],
    [{ 'data-test': 'rows.jsonl' }, undefined, '--data-test'],
    [{ task: 'math' }, undefined, '--task'],
    [{}, 'seed: 2\ndata:\n  train: [rows.jsonl]\n', 'FILE:3: data.train'],
    [{}, 'task: math\n', 'FILE:1: task'],
  ])('is told so: flags %j, file %j', async (flags, yaml, beside) => {
    expect(await load(flags, yaml)).toEqual([missing(beside)])
  })

  it('is told so before other errors', async () => {
    expect(await load({ data: 'rows.jsonl', steps: '-1', 'top-p': '2' })).toEqual([
      missing('--data'),
      '--steps: found -1, expected an integer >= 1',
      '--top-p: found 2, expected a number > 0 and <= 1',
    ])
  })

  it('has a model in the file or in a flag', async () => {
    expect(await load({ data: 'rows.jsonl' }, 'model: qwen\n')).toMatchObject({ task: 'math', model: 'qwen' })
    expect(await load({ data: 'rows.jsonl', model: 'qwen' })).toMatchObject({ task: 'math', model: 'qwen' })
    expect(await load({ data: 'rows.jsonl', task: 'countdown' })).toMatchObject({ task: 'countdown' })
  })
})

describe('the optimiser', () => {
  it('has its flags and its fields', async () => {
    const flags = {
      'weight-decay': '0.1',
      beta1: '0.8',
      beta2: '0.95',
      epsilon: '1e-6',
      'gradient-clip': 'none',
      'learning-rate-schedule': 'cosine',
      'learning-rate-end': '1e-6',
    }
    const config = await load(flags)
    expect(config).toMatchObject({
      weightDecay: 0.1,
      beta1: 0.8,
      beta2: 0.95,
      epsilon: 1e-6,
      gradientClip: null,
      learningRateSchedule: 'cosine',
      learningRateEnd: 1e-6,
    })
    expect(await load({}, stringify(config))).toEqual(config)
  })

  it.each([
    [{ 'weight-decay': '-1' }, '--weight-decay: found -1, expected a number >= 0'],
    [{ beta1: '1' }, '--beta1: found 1, expected a number >= 0 and < 1'],
    [{ beta2: '-0.5' }, '--beta2: found -0.5, expected a number >= 0 and < 1'],
    [{ epsilon: '0' }, '--epsilon: found 0, expected a number > 0'],
    [{ 'gradient-clip': '0' }, '--gradient-clip: found 0, expected a number > 0, or none (null in a file)'],
    [
      { 'learning-rate-schedule': 'cosin' },
      '--learning-rate-schedule: found "cosin", expected one of constant, linear, cosine; did you mean cosine?',
    ],
    [
      { 'learning-rate-end': '1e-5' },
      '--learning-rate-end: found 0.00001 with a constant learning rate, expected schedule linear or cosine',
    ],
    [
      { 'learning-rate-schedule': 'linear', 'learning-rate-end': '1' },
      '--learning-rate-end: found 1, expected at most the learning rate, 0.0001',
    ],
  ])('refuses %j', async (flags, problem) => {
    expect(await load(flags)).toEqual([problem])
  })
})

describe('a system message and a verifier', () => {
  it('are fields and flags', async () => {
    const yaml = 'model: qwen\ntask: math\nsystem: Answer in one word.\nverifier: ./mine.js\n'
    expect(await load({}, yaml)).toMatchObject({ system: 'Answer in one word.', verifier: './mine.js' })
    expect(await load({ system: 'none', verifier: 'none' }, yaml)).toMatchObject({ system: null, verifier: null })
  })

  it.each([
    [
      { system: 'Be kind.' },
      '--system: found a text with task countdown, whose prompts have no messages, expected none',
    ],
    [
      { verifier: './mine.js', 'reward-must-mark': 'true' },
      '--reward-must-mark: found true with a verifier that replaces that of the task, expected false, because only the verifier of task math reads it',
    ],
  ])('refuse %j', async (flags, problem) => {
    expect(await load(flags)).toEqual([problem])
  })
})

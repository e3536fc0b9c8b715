import { readdir, readFile, writeFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openEngine } from '#lib/compute/engine/open-engine.js'
import { readModel } from '#lib/model/model-file.js'
import { orThrow } from '#lib/or-throw.js'
import { newestCheckpoint } from '#lib/run/checkpoint/read-checkpoint.js'
import { readJsonLines } from '#lib/run/json-lines.js'
import { readRunServers } from '#lib/run/run-servers.js'
import { StepMetricsCodec } from '#lib/run/step-metrics.js'
import { readSummary } from '#lib/run/summary.js'
import { countdown } from '#lib/task/countdown/index.js'
import { BASE, type DoubleOptions, lora, startDouble } from '../../lib/remote/tinker/double.js'
import { clearModel } from '../../lib/policy/local/tiny.js'
import { entrainHere } from '../in-process.js'
import { expectMessage, PATIENCE, printed, start, workshop } from '../process.js'
import { startFront } from './killable-front.js'
import { servedVllm, type VllmServerOptions } from './vllm-server.js'

const { at, base } = workshop()

beforeAll(() =>
  // The untrained model solves nothing, so its rewards would all be equal.
  writeFile(
    at('parity.mjs'),
    'export default (_, { tokens: [first] }) => ({ value: first % 2 === 0 ? 1 : -1, correct: first % 2 === 0 })\n',
  ),
)

const vllm = (options: Omit<VllmServerOptions, 'model'> = {}) => servedVllm({ model: base(), ...options })

/** Service that trains the base model of the workshop, until the end of the test. */
const tinker = async (options: Partial<DoubleOptions> = {}) => {
  const { engine } = await orThrow(openEngine('onnx'))
  const { config } = await orThrow(readModel(base()))
  const model = { checkpoint: clearModel(config), tokenizer: countdown().tokenizer }
  const double = await startDouble({ engine, model, ...options })
  onTestFinished(async () => {
    await double.close()
    await engine.close()
  })
  return double
}

const settings = {
  ...{ steps: 3, prompts: 2, group: 4, 'learning-rate': 0.02, warmup: 0, 'max-tokens': 6, 'checkpoint-every': 1 },
  ...{ 'evaluation-prompts': 2, 'evaluation-samples': 2, engine: 'onnx', algorithm: 'grpo' },
}
/** Command line of a run with these settings in place of the others. */
const trainLine = (name: string, more: Readonly<Record<string, string | number>>): readonly string[] => [
  ...['train', '--model', base(), '--out', at(name), '--verifier', at('parity.mjs')],
  ...Object.entries({ ...settings, ...more }).flatMap(([flag, value]) => [`--${flag}`, String(value)]),
]
const onService = (url: string) => ({ learner: `tinker+${url}`, 'base-model': BASE, 'lora-rank': lora.rank })

const summaryIn = (run: string) => orThrow(readSummary(at(run, 'summary.json')))
const stepsIn = (run: string) => orThrow(readJsonLines(at(run, 'metrics.jsonl'), StepMetricsCodec))
const trainedAll = { issued: 6, trained: 6, stale: 0, failed: 0, discarded: 0, unfinished: 0 }

describe('a server that is killed by force', { timeout: PATIENCE }, () => {
  it('while it samples: its prompts go to the other server, and no prompt is lost or trained twice', async () => {
    let samples = 0
    let isKilled = false
    const dying = await vllm({
      onSample: async () => {
        // The first request is of the evaluation of the base model, and the second of the first step.
        if (++samples !== 2) return
        await front.kill()
        isKilled = true
      },
    })
    // The other server is slower, so that the first prompt of a step goes to the one that dies.
    const other = await vllm({ onSample: () => (isKilled ? Promise.resolve() : setTimeout(300)) })
    const front = await startFront(dying.url)
    const line = trainLine('sampler', { rollouts: `${front.url},${other.url}`, 'lora-rank': 4, steps: 3 })
    const ended = await start(line, at()).ended
    expect(ended).toMatchObject({ code: 0 })
    expect(samples).toBeGreaterThanOrEqual(2)
    expect(ended.stderr).toContain(`${front.url} is taken out, and its prompts go to the other servers`)
    expect(ended.stdout).toContain('6 prompts: 6 trained\n')
    expect(await summaryIn('sampler')).toMatchObject({ status: 'finished', steps: 3, prompts: trainedAll })
    for (const { groups, failedGroups, staleGroups } of await stepsIn('sampler'))
      expect([groups, failedGroups, staleGroups]).toEqual([2, 0, 0])
    // The state of the servers at the end of the run stays in its folder.
    expect(await orThrow(readRunServers(at('sampler')))).toMatchObject([
      // It is tried again from time to time.
      {
        ...{ name: front.url, work: 'samples', state: expect.stringMatching(/^(away|returning)$/) as string },
        fault: expect.stringContaining(front.url) as string,
      },
      { name: other.url, work: 'samples', state: 'ready', version: (await stepsIn('sampler')).at(-1)!.version },
    ])
  })

  it('while it trains: the run ends with its name, and goes on when the service is back', async () => {
    let isDying = false
    const double = await tinker({
      fault: (route) => {
        if (route !== 'optim_step' || !isDying) return undefined
        isDying = false
        void front.kill()
        return 'cut'
      },
    })
    const front = await startFront(double.url)
    const run = start(trainLine('trainer', { ...onService(front.url), steps: 6 }), at())
    await printed(run, /^step +1\//m)
    isDying = true
    const ended = await run.ended
    expectMessage(ended, 1, new RegExp(`error: POST ${front.url}/api/v1/\\w+: found no connection`))
    expect(ended.stdout).toContain(`entrain resume ${at('trainer')} goes on with it`)
    const { status, steps, prompts } = await summaryIn('trainer')
    expect(status).toBe('failed')
    expect(steps).toBeLessThan(6)
    expect(prompts).toEqual({ ...trainedAll, issued: 2 * steps + 2, trained: 2 * steps, unfinished: 2 })
    await double.forget()
    await front.restart()
    const resumed = await start(['resume', at('trainer')], at()).ended
    expect(resumed).toMatchObject({ code: 0 })
    expect(await summaryIn('trainer')).toMatchObject({
      ...{ status: 'finished', steps: 6, prompts: { ...trainedAll, issued: 12, trained: 12 } },
    })
    const logged = await stepsIn('trainer')
    expect(logged.map(({ step, groups }) => [step, groups])).toEqual([0, 1, 2, 3, 4, 5].map((step) => [step, 2]))
    expect(await orThrow(readRunServers(at('trainer')))).toMatchObject([
      { name: front.url, work: 'samples and trains', state: 'ready', version: logged.at(-1)!.version },
    ])
  })
})

it('a signal while a service makes a step: the step is logged and saved', { timeout: PATIENCE }, async () => {
  let isArmed = false
  let isHeld = false
  const double = await tinker({
    fault: (route) => {
      if (route === 'optim_step' && isArmed) {
        isArmed = false
        isHeld = true
        run.child.kill('SIGTERM')
      }
      return route === 'retrieve_future' && isHeld ? 'pending' : undefined
    },
  })
  const run = start(trainLine('signalled', { ...onService(double.url), steps: 1000, 'checkpoint-every': 500 }), at())
  await printed(run, /^step +1\//m)
  isArmed = true
  // The service answers when the run knows of the signal.
  await printed(run, /^stopping: /m)
  isHeld = false
  expectMessage(await run.ended, 143, /^stopping: /m)
  const { status, steps } = await summaryIn('signalled')
  expect(status).toBe('interrupted')
  const logged = await stepsIn('signalled')
  expect(logged.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, step) => step))
  const { checkpoint } = await orThrow(newestCheckpoint(at('signalled')))
  expect(checkpoint?.state).toMatchObject({ pipeline: { step: steps }, learner: { version: logged.at(-1)!.version } })
})

describe('a setting of servers that is wrong', { timeout: PATIENCE }, () => {
  const nobody = 'http://127.0.0.1:1'
  const cases: readonly (readonly [
    name: string,
    flags: () => Promise<Readonly<Record<string, string | number>>>,
    message: RegExp,
  ])[] = [
    [
      'no server at --rollouts',
      () => Promise.resolve({ rollouts: `${nobody},http://127.0.0.1:2`, 'lora-rank': 4 }),
      /GET http:\/\/127\.0\.0\.1:1\/v1\/models: found no connection .*Start the server, or change --rollouts$/m,
    ],
    [
      'another model at --rollouts',
      async () => ({ rollouts: (await vllm()).url, 'lora-rank': 4, 'base-model': 'other' }),
      /found the models base, expected the model other/,
    ],
    [
      'a key that a server refuses',
      async () => ({ rollouts: (await vllm({ key: 'secret' })).url, 'lora-rank': 4 }),
      /found the status 401/,
    ],
    [
      'a rank that a server cannot load',
      async () => ({ rollouts: (await vllm({ maxRank: 2 })).url, 'lora-rank': 4 }),
      /found the status 500 with .*max_lora_rank 2.*its maximum rank has to be theirs or more/s,
    ],
    [
      'a folder of adapters that cannot be written',
      async () => ({ rollouts: (await vllm()).url, 'lora-rank': 4, 'adapter-dir': at('parity.mjs', 'adapters') }),
      /parity\.mjs.*expected a folder that can be created/,
    ],
    [
      'a sampling whose log-probs a server does not tell',
      async () => ({ rollouts: (await vllm()).url, 'lora-rank': 4, 'top-p': 0.5 }),
      /start the server with --logprobs-mode processed_logprobs/,
    ],
    [
      'no service at --learner',
      () => Promise.resolve(onService(nobody)),
      /get_server_capabilities: found no connection .*Start the server, or change --learner$/m,
    ],
    [
      'a base model that the service does not have',
      async () => ({ ...onService((await tinker()).url), 'base-model': 'other' }),
      /base model: found "other", expected one of the models of the service: tiny\/model/,
    ],
    [
      'the default rank at a service whose maximum is smaller',
      async () => {
        const { url } = await tinker({ maxRank: 8 })
        return { learner: `tinker+${url}`, 'base-model': BASE }
      },
      /LoRA rank must be between 1 and 8, got 32.*rank 32; the option `rank` \(--lora-rank N\) chooses another rank/s,
    ],
    [
      'gradient clipping at a service that clips no gradients',
      async () => ({ ...onService((await tinker()).url), 'gradient-clip': 1 }),
      /gradient clipping: found optimiser steps that are not clipped .*--gradient-clip none/,
    ],
    [
      'an algorithm that a service cannot train',
      async () => ({ ...onService((await tinker()).url), 'entropy-coefficient': 0.01 }),
      /objective .*entropy/,
    ],
  ]

  it.each(cases)('is found before the run folder is made: %s', async (_, flags, message) => {
    const { code, stderr } = await entrainHere(...trainLine('refused', await flags()))
    expectMessage({ code, stderr }, 1, message)
    expect(await readdir(at())).not.toContain('refused')
  })
})

it(
  'a service trains by the default algorithm and its band, whose law acts on the sampled tokens',
  { timeout: PATIENCE },
  async () => {
    const double = await tinker()
    const line = trainLine('default', {
      ...onService(double.url),
      ...{
        algorithm: 'entrocraft-calibrated',
        'entropy-band': 'auto',
        compare: 'entrocraft',
        steps: 5,
        'max-tokens': 3,
      },
    })
    expect(await entrainHere(...line)).toMatchObject({ code: 0 })
    const steps = await stepsIn('default')
    expect(steps).toHaveLength(5)
    expect(steps.map(({ scoreMethod }) => scoreMethod)).toEqual(Array(5).fill('sampled'))
    expect(steps.at(-1)!.filter!.changes).toBeGreaterThan(0)
    expect(await stepsIn(`default/compare`)).toHaveLength(5)
  },
)

it('a run starts and resumes while one of its servers does not answer', { timeout: PATIENCE }, async () => {
  const { url } = await vllm()
  const rollouts = `http://127.0.0.1:1,${url}`
  const ended = await start(trainLine('partly', { rollouts, 'lora-rank': 4, steps: 1 }), at()).ended
  expect(ended).toMatchObject({ code: 0 })
  const note = /http:\/\/127\.0\.0\.1:1 is taken out, and its prompts go to the other servers: .*no connection/
  expect(ended.stderr).toMatch(note)
  const resumed = await start(['resume', at('partly'), '--steps', '2'], at()).ended
  expect(resumed).toMatchObject({ code: 0 })
  expect(resumed.stderr).toMatch(note)
  expect(await stepsIn('partly')).toHaveLength(2)
})

it('a start that is killed leaves nothing behind for the next one', { timeout: PATIENCE }, async () => {
  let isHeld = true
  const { url } = await vllm({ onLoad: () => (isHeld ? new Promise(() => undefined) : Promise.resolve()) })
  const line = trainLine('killed', { rollouts: url, 'lora-rank': 4, steps: 1 })
  const killed = start(line, at())
  await expect.poll(() => readdir(at('killed', 'published')).catch(() => [])).toHaveLength(1)
  killed.child.kill('SIGKILL')
  await killed.ended
  isHeld = false
  expect(await entrainHere(...line)).toMatchObject({ code: 0 })
  expect(await readdir(at('killed'))).not.toContain('published')
  expect(await summaryIn('killed')).toMatchObject({ status: 'finished', steps: 1 })
})

it('a run on servers shows them while it trains', { timeout: PATIENCE }, async () => {
  const { url } = await vllm()
  const run = start(trainLine('shown', { rollouts: url, 'lora-rank': 4, steps: 20 }), at())
  onTestFinished(() => void run.child.kill('SIGKILL'))
  await printed(run, /^step +1\//m)
  await expect.poll(() => readFile(at('shown', 'servers.json'), 'utf8').catch(() => '')).toContain(`"name":"${url}"`)
  run.child.kill('SIGKILL')
  await run.ended
})

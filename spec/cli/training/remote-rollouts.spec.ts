import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { orThrow } from '#lib/or-throw.js'
import { readJsonLines } from '#lib/run/json-lines.js'
import { StepMetricsCodec } from '#lib/run/step-metrics.js'
import { entrainHere } from '../in-process.js'
import { expectMessage, PATIENCE, start, workshop } from '../process.js'
import { servedVllm, type VllmServerOptions } from './vllm-server.js'

const { at, base } = workshop()
const KEY = 'key-that-nobody-may-see'

beforeAll(() =>
  // The untrained model solves nothing, so its rewards would all be equal.
  writeFile(
    at('parity.mjs'),
    'export default (_, { tokens: [first] }) => ({ value: first % 2 === 0 ? 1 : -1, correct: first % 2 === 0 })\n',
  ),
)

const served = (options: Omit<VllmServerOptions, 'model'> = {}) => servedVllm({ model: base(), ...options })

const settings = {
  ...{ steps: 3, prompts: 2, group: 4, 'lora-rank': 4, 'learning-rate': 0.02, warmup: 0, 'max-tokens': 6 },
  ...{ 'evaluation-prompts': 2, 'evaluation-samples': 2, engine: 'onnx', algorithm: 'grpo' },
}
/** Command line of a run with these settings in place of the others. */
const training = (url: string, name: string, more: Readonly<Record<string, string | number>> = {}) => [
  ...['train', '--model', base(), '--rollouts', url, '--out', at(name), '--verifier', at('parity.mjs')],
  ...Object.entries({ ...settings, ...more }).flatMap(([flag, value]) => [`--${flag}`, String(value)]),
]
const train = (...of: Parameters<typeof training>) => entrainHere(...training(...of))
/** Trains in a process with a key in its environment. */
const trainWithKey = (key: string, url: string, name: string, steps: number) =>
  start(training(url, name, { steps }), at(), { ENTRAIN_ROLLOUTS_KEY: key }).ended

/** Texts of all files of a run folder that are no tensors. */
const textsIn = async (folder: string): Promise<readonly string[]> => {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  return Promise.all(
    files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), 'latin1')),
  )
}

describe('entrain train --rollouts', () => {
  it('samples every step with the adapters of the step before', { timeout: PATIENCE }, async () => {
    const { url, requests } = await served()
    expect(await train(url, 'run')).toMatchObject({ code: 0 })
    const steps = await orThrow(readJsonLines(join(at('run'), 'metrics.jsonl'), StepMetricsCodec))
    expect(steps).toHaveLength(3)
    for (const { samplerDifferenceMax, staleness } of steps) {
      // A sampler with the adapters of another step differs by more: the learning rate is that large.
      expect(samplerDifferenceMax).toBeLessThan(1e-3)
      expect(staleness).toBe(0)
    }
    const versions = (kind: string) => [
      ...new Set(requests.filter((one) => one.startsWith(kind)).map((one) => Number(one.split('-').at(-1)))),
    ]
    expect(versions('load')).toEqual([0, 1, 2, 3])
    expect(versions('unload')).toEqual([0, 1, 2, 3])
    expect(await readdir(at('run'))).not.toContain('published')
    expect(await readdir(at('run', 'adapter'))).toContain('adapter_model.safetensors')
  })

  it('ends with the name of a server that does not take the adapters', { timeout: PATIENCE }, async () => {
    const { url } = await served({ takesAdapters: false })
    const ended = await train(url, 'undelivered')
    expectMessage(
      ended,
      1,
      new RegExp(`${url}, version \\d+ \\(entrain-.*found .*the server did not take the adapters`),
    )
  })

  it(
    'sends the key of the environment or of a private file, and writes it nowhere',
    { timeout: PATIENCE },
    async () => {
      const { url } = await served({ key: KEY })
      const ended = await trainWithKey(KEY, url, 'with-key', 2)
      expect(ended).toMatchObject({ code: 0 })
      const file = at('key.txt')
      await writeFile(file, KEY)
      await chmod(file, 0o600)
      expect(await train(url, 'with-file', { 'rollout-key-file': file, steps: 1 })).toMatchObject({ code: 0 })
      for (const text of [
        ended.stdout,
        ended.stderr,
        ...(await textsIn(at('with-key'))),
        ...(await textsIn(at('with-file'))),
      ])
        expect(text).not.toContain(KEY)
    },
  )

  it('refuses a key that others can read, and a key that the server refuses', { timeout: PATIENCE }, async () => {
    const { url } = await served({ key: KEY })
    const file = at('open-key.txt')
    await writeFile(file, KEY)
    await chmod(file, 0o644)
    expectMessage(await train(url, 'a', { 'rollout-key-file': file }), 1, 'chmod 600')
    const refused = await trainWithKey(`${KEY}-other`, url, 'b', 1)
    expectMessage(refused, 1, /found the status 401/)
    expect(refused.stderr).not.toContain(KEY)
  })

  it('names the flag of the time limit when a server samples for longer', { timeout: PATIENCE }, async () => {
    const { url } = await served({ onSample: () => new Promise(() => undefined) })
    expectMessage(
      await train(url, 'slow', { 'rollout-timeout': 3 }),
      1,
      /no answer of the server for 3 s, expected .*\(--rollout-timeout N\)/,
    )
  })

  it('refuses a model without adapters before anything is sampled', { timeout: PATIENCE }, async () => {
    const { url } = await served()
    expectMessage(await train(url, 'c', { 'lora-rank': 0 }), 2, 'expected adapters, because vLLM takes no whole models')
    // The name of the run was not taken.
    expect(await readdir(at())).not.toContain('c')
  })
})

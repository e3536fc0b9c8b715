import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { censusOfTensors } from '#lib/checkpoint/tensor-census.js'
import { checkpointPath, readModel } from '#lib/model/model-file.js'
import { readJsonLines } from '#lib/run/json-lines.js'
import { StepMetricsCodec } from '#lib/run/step-metrics.js'
import { readSummary } from '#lib/run/summary.js'
import { inMemory } from '../../lib/model/in-memory.js'
import { entrainHere } from '../in-process.js'
import { expectMessage, PATIENCE, workshop } from '../process.js'

const { at, base } = workshop()

const small = '--prompts 4 --group 4 --evaluation-prompts 4 --evaluation-samples 4 --engine onnx'.split(' ')
const arguments_ = (run: string, ...more: readonly string[]) => ['train', ...small, '--out', at(run), ...more]

const metricsOf = async (run: string) => {
  const read = await readJsonLines(at(run, 'metrics.jsonl'), StepMetricsCodec)()
  if (E.isLeft(read)) throw read.left
  return read.right
}
const summaryOf = async (run: string) => {
  const read = await readSummary(at(run, 'summary.json'))()
  if (E.isLeft(read)) throw read.left
  return read.right
}

describe('a run whose learning rate destroys the weights', { timeout: PATIENCE }, () => {
  it('refuses the updates, keeps their batches, and fails with the weights of before', async () => {
    const ended = await entrainHere(...arguments_('broken', '--learning-rate', '1e38', '--steps', '12'))
    expectMessage(
      ended,
      1,
      /^error: step 5: found 5 refused updates in a row \(non-finite-weights\), expected fewer; a lower learning rate may prevent it$/m,
    )
    const first = at('broken', 'quarantine', 'step-000000.json')
    expect(ended.stderr).toContain(`\nstep 1: update refused, non-finite-weights; its batch is in ${first}\n`)
    expect(ended.stdout).toContain('\n5 updates refused: 5 non-finite-weights; ')
    expect(await summaryOf('broken')).toMatchObject({
      status: 'failed',
      failure: expect.stringMatching(/^step 5: found 5 refused updates in a row /) as string,
      steps: 5,
      skipped: 5,
      refused: { 'non-finite-weights': 5 },
    })
    expect((await metricsOf('broken')).map(({ status, version }) => [status, version])).toEqual(
      Array.from({ length: 5 }, () => ['non-finite-weights', 0]),
    )
    expect(await entrainHere('watch', '--terminal', at('broken'))).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/\nerror: step 5: found 5 refused updates in a row .*\n$/) as string,
    })
    const weights = at('broken', 'checkpoint.safetensors')
    const census = await censusOfTensors(weights)()
    expect(E.isRight(census) && census.right.every(({ census: { firstBad } }) => firstBad === null)).toBe(true)
    const origin = await inMemory(readModel(checkpointPath('countdown')))
    expect([...(await inMemory(readModel(weights))).weights]).toEqual([...origin.weights])

    const names = await readdir(at('broken', 'quarantine'))
    expect(names.sort()).toEqual([0, 1, 2, 3, 4].map((step) => `step-00000${step}.json`))
    const { code, stdout } = await entrainHere('inspect', at('broken', 'quarantine', 'step-000004.json'))
    expect(code).toBe(0)
    expect(stdout).toContain(': a batch whose update was refused\n')
    expect(stdout).toMatch(/^ {2}reason +non-finite-weights: /m)
    expect(stdout).toMatch(/^ {2}step +5 \(4 in the logs\), scored by weights of version 0$/m)
    expect(stdout).toMatch(/^ {2}responses +16 of 4 prompts, \d+ accepted$/m)
    expect(stdout).toMatch(/^ {2}advantages_B +16 +0 /m)
    expect(stdout.match(/^ {2}prompt .+, from response \d+, rewards /gm)).toHaveLength(4)
  })

  it('goes on without a limit of refused updates, and leaves the weights as they were', async () => {
    const { code } = await entrainHere(
      ...arguments_('patient', '--learning-rate', '1e38', '--steps', '6', '--max-refused', 'none'),
    )
    expect(code).toBe(0)
    expect(await summaryOf('patient')).toMatchObject({ status: 'finished', refused: { 'non-finite-weights': 6 } })
    const [trained, origin] = [at('patient', 'checkpoint.safetensors'), checkpointPath('countdown')]
    expect([...(await inMemory(readModel(trained))).weights]).toEqual([...(await inMemory(readModel(origin))).weights])
  })
})

describe('a hard limit of the entropy', { timeout: PATIENCE }, () => {
  it('is noted once, marked in the metrics, and named in the result', async () => {
    const { code, notes, stdout } = await entrainHere(
      ...arguments_('limited', '--model', base(), '--steps', '2', '--entropy-limit', '0.01,0.02'),
    )
    expect(code).toBe(0)
    expect(notes.match(/^step 1: entropy \S+ nats per token is above its limit 0\.01-0\.02$/gm)).toHaveLength(1)
    expect(notes).not.toContain('step 2: entropy')
    expect((await metricsOf('limited')).map(({ outsideLimit }) => outsideLimit)).toEqual(['above', 'above'])
    expect(stdout).toMatch(/^entropy left its limit at step 1: \S+ nats per token, above the limit; 2 steps outside$/m)
    expect(await readFile(at('limited', 'entropy.svg'), 'utf8')).toContain('outside its limit')
  })

  it('ends the run if asked, with status failed', async () => {
    const ended = await entrainHere(
      ...arguments_('stopped', '--model', base(), '--steps', '9', '--entropy-limit', '0.01,0.02'),
      ...['--entropy-limit-action', 'stop'],
    )
    expectMessage(
      ended,
      1,
      /^error: step 1: found entropy \S+ nats per token, above its limit, expected 0\.01 to 0\.02$/m,
    )
    expect(await summaryOf('stopped')).toMatchObject({ status: 'failed', steps: 1, limitBreach: { step: 0, steps: 1 } })
  })

  it('names a flag with a value that it cannot have', async () => {
    for (const [flag, value, message] of [
      ['--entropy-limit', '0.5', '--entropy-limit: found "0.5", expected a band: low and high, or none'],
      ['--entropy-limit', '2,1', '--entropy-limit'],
      ['--entropy-limit-action', 'pause', '--entropy-limit-action: found "pause", expected one of mark, stop'],
      ['--max-refused', '0', '--max-refused: found 0, expected an integer >= 1, or none'],
      ['--gradient-spike', 'stop', '--gradient-spike: found "stop", expected one of skip, clip, or none'],
      ['--spike-factor', '0', '--spike-factor: found 0, expected a number > 0'],
      ['--spike-window', '0', '--spike-window: found 0, expected an integer >= 1'],
    ] as const) {
      expectMessage(await entrainHere(...arguments_('never', flag, value)), 2, message)
      expect(existsSync(at('never'))).toBe(false)
    }
  })
})

describe('a guard against gradient spikes', { timeout: PATIENCE }, () => {
  it('refuses updates of a run, and keeps their batches', async () => {
    // Every gradient is above a thousandth of the median.
    const spikes = ['--gradient-spike', 'skip', '--spike-window', '1', '--spike-factor', '1e-3', '--steps', '4']
    const { code } = await entrainHere(...arguments_('spikes', ...spikes))
    expect(code).toBe(0)
    expect((await metricsOf('spikes')).map(({ status }) => status)).toEqual([
      'updated',
      ...Array.from({ length: 3 }, () => 'gradient-spike'),
    ])
    const { stdout } = await entrainHere('inspect', at('spikes', 'quarantine', 'step-000003.json'))
    expect(stdout).toContain('gradient-spike: the norm of its gradient was above the limit of the spike guard')
  })
})

describe('entrain inspect', { timeout: PATIENCE }, () => {
  it('prints a line for every tensor of a model', async () => {
    const { code, stdout } = await entrainHere('inspect', base())
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /: \d+ tensors, all numbers are finite\n {2}tensor +shape +numbers +not finite +smallest +largest +mean\n/,
    )
  })

  it('names the file and the field of a batch that cannot be read, and a file of another kind', async () => {
    const file = at('batch.json')
    await writeFile(file, '{"format":"entrain quarantine 1","reason":"tired"}')
    expectMessage(await entrainHere('inspect', file), 1, `error: ${file}, reason: found "tired", expected `)
    expectMessage(
      await entrainHere('inspect', at('none')),
      1,
      `error: ${at('none')}: found no such file, expected a .safetensors`,
    )
    expectMessage(await entrainHere('inspect'), 2, 'FILE: missing\nSee entrain inspect --help.')
  })
})

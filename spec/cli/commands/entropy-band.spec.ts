import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { fallingBands } from '#lib/entropy/schedule/falling.js'
import { encodeModel } from '#lib/model/model-checkpoint.js'
import { initialWeights, mapWeights } from '#lib/model/weights.js'
import { readModel } from '#lib/model/model-file.js'
import type { StepMetrics } from '#lib/run/step-metrics.js'
import { runToWatch } from '#cli/watching/run-to-watch.js'
import { orThrow } from '#lib/or-throw.js'
import { planPoints } from '#dashboard/server/plan-points.js'
import { temporaryFolder } from '../../lib/run/temporary.js'
import { entrainHere, entrainWithNotesHere } from '../in-process.js'
import { type Ended, expectMessage, PATIENCE, printed, start, workshop } from '../process.js'
import { writeQuestions, writeTinyLanguageModel } from '../tiny-language-model.js'

const { at, base } = workshop()
const small =
  '--steps 2 --prompts 4 --group 4 --max-tokens 6 --evaluation-prompts 4 --evaluation-samples 2 --engine onnx'.split(
    ' ',
  )
const train = (run: string, ...more: readonly string[]) => ['train', ...small, '--out', at(run), ...more] as const

interface Ramp {
  readonly schedule: string
  readonly from: { readonly low: number; readonly high: number }
  readonly to: { readonly low: number; readonly high: number }
}
const configText = (run: string) => readFile(at(run, 'config.yaml'), 'utf8')
const bandOf = async (run: string) => (parse(await configText(run)) as { readonly band: Ramp }).band
const metricsOf = async (run: string) =>
  (await readFile(at(run, 'metrics.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as StepMetrics)

const measured = /^measured entropy (?<entropy>[\d.]+) nats per token: the band (?<plan>.*)$/m

describe('--entropy-band auto', { timeout: PATIENCE }, () => {
  let ended: Ended
  beforeAll(async () => {
    ended = await entrainWithNotesHere(...train('auto', '--entropy-band', 'auto'))
  }, PATIENCE)

  it('measures the entropy on the first batches, and says which band it gives', async () => {
    expect(ended.stderr).toMatch(/^engine onnx: .*\nmeasuring the entropy of the model on 8 prompts\nmeasured entropy /)
    const { entropy, plan } = measured.exec(ended.stderr)!.groups!
    const { from, to } = await bandOf('auto')
    expect(plan).toBe(`falls from ${from.low}-${from.high} to ${to.low}-${to.high}`)
    const expected = fallingBands(Number(entropy))
    for (const [found, wanted] of [
      [from, expected.from],
      [to, expected.to],
    ] as const)
      for (const bound of ['low', 'high'] as const) expect(found[bound] / wanted[bound]).toBeCloseTo(1, 2)
    expect(ended.stderr).not.toContain('far')
  })

  it('writes the measured band into the configuration, and trains in it', async () => {
    const band = await bandOf('auto')
    expect(band).toEqual({ schedule: 'linear', from: band.from, to: band.to })
    const { entropy } = measured.exec(ended.stderr)!.groups!
    expect(await configText('auto')).toContain(`# made from the measured entropy of ${entropy} nats per token\n`)
    const [first, last] = await metricsOf('auto')
    expect(first).toMatchObject(band.from)
    expect(last).toMatchObject(band.to)
    const { about } = await orThrow(runToWatch(at('auto')))
    expect(planPoints(about.band, about.planned, 2)[0]).toEqual({ step: 0, band: band.from })
  })

  it('has the same band and the same numbers again', async () => {
    await entrainWithNotesHere(...train('again', '--entropy-band', 'auto'))
    for (const file of ['config.yaml', 'metrics.jsonl', 'rollouts.jsonl', 'checkpoint.safetensors'])
      expect(await readFile(at('again', file))).toEqual(await readFile(at('auto', file)))
  })

  it('is not measured again by a replay, whose numbers are the same: the measurement changes none', async () => {
    const { stdout, stderr } = await entrainWithNotesHere('replay', at('auto'), '--out', at('replayed'))
    expect(stdout).toContain(`\nThe same 2 steps as in ${at('auto')}, number by number\n`)
    expect(stderr).not.toContain('measur')
    expect(await readFile(at('replayed', 'metrics.jsonl'))).toEqual(await readFile(at('auto', 'metrics.jsonl')))
  })

  it('stays at the measured entropy with a constant schedule', async () => {
    const { stderr } = await entrainWithNotesHere(
      ...train('held', '--band-schedule', 'constant', '--band-from', 'auto'),
    )
    const { from } = await bandOf('auto')
    expect(measured.exec(stderr)!.groups!['plan']).toBe(`stays at ${from.low}-${from.high}`)
    expect(await bandOf('held')).toEqual({ schedule: 'constant', from })
  })

  it('is the default for a language model on data', async () => {
    await writeTinyLanguageModel(at('words'))
    await writeQuestions(at('questions.jsonl'))
    const words = ['--model', at('words'), '--data', at('questions.jsonl')]
    const { stderr } = await entrainWithNotesHere(...train('math', ...words))
    const entropy = Number(measured.exec(stderr)!.groups!['entropy'])
    // A model without training chooses its tokens almost evenly.
    expect(entropy).toBeGreaterThan(0.9 * Math.log(264))
    expect((await bandOf('math')).from.high).toBeCloseTo((12 / 11) * entropy, 1)
    const given = await entrainWithNotesHere(...train('given', ...words, '--band-from', '5,6', '--band-to', '4,5'))
    expect(given.stderr).not.toContain('measur')
    expect(await bandOf('given')).toEqual({
      schedule: 'linear',
      from: { low: 5, high: 6 },
      to: { low: 4, high: 5 },
    })
  })

  it('names a run folder that is not empty before it measures', async () => {
    await mkdir(at('full'))
    await writeFile(at('full', 'mine'), 'x')
    const refused = await entrainHere(...train('full', '--entropy-band', 'auto'))
    expectMessage(
      refused,
      1,
      `error: ${at('full')}: found a folder with 1 entries, expected no folder, or an empty one\n`,
    )
    expect(refused.stderr).not.toContain('measur')
    expect(await readdir(at('full'))).toEqual(['mine'])
  })

  it('ends in order at Ctrl-C while it measures, without a run folder', async () => {
    const cwd = await temporaryFolder()
    const many = '--prompts 2000 --group 64 --engine onnx --entropy-band auto'.split(' ')
    const started = start(['train', '--model', base(), ...many], cwd)
    await printed(started, /^measuring the entropy /m)
    started.child.kill('SIGINT')
    const { code, stdout, stderr } = await started.ended
    expectMessage({ code, stderr }, 130, /^stopped before the first step: no run folder was created$/m)
    expect(stdout).toBe('')
    expect(existsSync(join(cwd, 'runs'))).toBe(false)
  })

  it('is refused for a model that is certain of every token', async () => {
    const { config } = await orThrow(readModel(base()))
    // Weights this large put the whole probability on one token.
    const weights = mapWeights(initialWeights(config, 1), ({ shape, data }) => ({
      shape,
      data: data.map((x) => 1e4 * x),
    }))
    await writeFile(at('certain.safetensors'), encodeModel({ config, weights, metadata: {} }))
    const refused = await entrainHere(...train('never', '--model', at('certain.safetensors'), '--entropy-band', 'auto'))
    expectMessage(
      refused,
      2,
      /^band: found a measured entropy of 0 nats per token, expected more, .*LOW,HIGH sets a band$/m,
    )
    expect(existsSync(at('never'))).toBe(false)
  })

  it('in the configuration of a run folder is refused by watch, which needs the band of the run', async () => {
    await mkdir(at('unplanned'))
    await writeFile(at('unplanned', 'config.yaml'), 'band:\n  schedule: auto\n')
    expectMessage(
      await entrainHere('watch', '--terminal', at('unplanned')),
      2,
      `${at('unplanned', 'config.yaml')}: band: found auto, expected the bands that the run had: low and high`,
    )
  })
})

describe('a band far from the entropy', { timeout: PATIENCE }, () => {
  const note =
    /^entropy [\d.]+ nats per token is far (?<side>above|below) its band (?<band>\S+): .* --entropy-band auto fits the band to the model$/gm
  const notesIn = (text: string) =>
    [...text.matchAll(note)].map(({ groups }) => `${groups!['side']} ${groups!['band']}`)

  it('is noted once, at the first step, with the numbers and the remedy, also with --quiet', async () => {
    const { stderr } = await entrainWithNotesHere(...train('above', '--entropy-band', '2,3'))
    expect(notesIn(stderr)).toEqual(['below 2-3'])
    expect(stderr.search(note)).toBeLessThan(stderr.search(/^step 1\/2 /m))
    const quiet = await entrainHere(...train('below', '--entropy-band', '0.1,0.2:0.1,0.15', '--quiet'))
    expect(notesIn(quiet.stderr)).toEqual(['above 0.1-0.2'])
    expect(quiet.stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  it('is not noted for a band that is near, or without a filter', async () => {
    expect(notesIn((await entrainWithNotesHere(...train('near'))).stderr)).toEqual([])
    const { stderr } = await entrainWithNotesHere(...train('free', '--entropy-band', '2,3', '--filter', 'everything'))
    expect(notesIn(stderr)).toEqual([])
  })
})

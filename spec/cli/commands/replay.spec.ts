import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadTrainConfig } from '#cli/config/load-train-config.js'
import { train } from '#cli/commands/train.js'
import type { StepMetrics } from '#lib/run/step-metrics.js'
import { fakeTerminal } from '../fake-terminal.js'
import { entrainHere, entrainWithNotesHere } from '../in-process.js'
import { entrainWell, expectMessage, PATIENCE, workshop } from '../process.js'

const { at, base } = workshop()
const settings = '--steps 6 --prompts 4 --group 4 --evaluation-prompts 4 --evaluation-samples 2 --engine onnx'.split(
  ' ',
)
const linesOf = async (run: string): Promise<readonly StepMetrics[]> =>
  (await readFile(at(run, 'metrics.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as StepMetrics)

const points = [
  { step: 2, band: { low: 0.1, high: 0.2 } },
  { step: 4, band: { low: 1.5, high: 1.75 } },
]

/** A run whose band is overridden at step 2 and released at step 4. */
const steered = async (): Promise<void> => {
  const flags = new Map(settings.flatMap((word, i) => (i % 2 === 0 ? [[word.slice(2), settings[i + 1]!]] : [])))
  const config = await loadTrainConfig(flags.set('model', base()))()
  if (E.isLeft(config)) throw config.left
  await train(config.right, {
    out: at('steered'),
    terminal: fakeTerminal(),
    begin: ({ entropy }) => {
      entropy.state$.subscribe(({ step }) => {
        if (step === 1) entropy.steer(points)
        if (step === 3) entropy.release()
      })
    },
  })
}

describe('entrain replay', { timeout: PATIENCE }, () => {
  beforeAll(steered, PATIENCE)

  it('has a recorded run with overrides', async () => {
    const lines = await linesOf('steered')
    expect(lines.map(({ steered }) => steered)).toEqual([null, null, points, null, [], null])
    expect(lines[2]).toMatchObject({ low: 0.1, high: 0.2 })
    expect(lines[3]!.low).toBeCloseTo(0.8)
  })

  it('repeats the run with its overrides, byte for byte', async () => {
    const { stdout } = await entrainWell('replay', at('steered'), '--out', at('again'))
    expect(stdout).toContain(`\nThe same 6 steps as in ${at('steered')}, number by number\n`)
    for (const file of ['metrics.jsonl', 'rollouts.jsonl'])
      expect(await readFile(at('again', file))).toEqual(await readFile(at('steered', file)))
  })

  it('repeats as many steps as were done, with the planned length of the ramp', async () => {
    await cp(at('steered'), at('cut'), { recursive: true })
    const log = at('cut', 'metrics.jsonl')
    const lines = (await readFile(log, 'utf8')).split('\n').slice(0, 4)
    await writeFile(log, `${lines.join('\n')}\n`)
    const { stdout } = await entrainWithNotesHere('replay', at('cut'), '--out', at('cut-again'))
    expect(stdout).toContain('The same 4 steps as in ')
    expect(await readFile(at('cut-again', 'metrics.jsonl'))).toEqual(await readFile(log))
  })

  it('reads a run folder with the old name of an option, and notes the new one', async () => {
    await cp(at('steered'), at('old'), { recursive: true })
    const file = at('old', 'config.yaml')
    const config = (await readFile(file, 'utf8')).replace('overlongBuffer:', 'overlong:')
    expect(config).toContain('\n  overlong: 0\n')
    await writeFile(file, config)
    const { code, stdout, stderr } = await entrainHere('replay', at('old'), '--out', at('old-again'))
    expect(stdout).toContain('The same 6 steps as in ')
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(
        /^.*config\.yaml:\d+: options\.overlong is now called options\.overlongBuffer; /,
      ) as string,
    })
    expect(await readFile(at('old-again', 'config.yaml'), 'utf8')).toContain('\n  overlongBuffer: 0\n')
  })

  it('names the first number that differs', async () => {
    await cp(at('steered'), at('other'), { recursive: true })
    const log = at('other', 'metrics.jsonl')
    const [first, second, ...rest] = (await readFile(log, 'utf8')).split('\n')
    const changed = JSON.stringify({ ...(JSON.parse(second!) as StepMetrics), entropy: 99 })
    await writeFile(log, [first, changed, ...rest].join('\n'))
    const { code, stdout } = await entrainHere('replay', at('other'), '--out', at('other-again'))
    expect(code).toBe(1)
    expect(stdout).toMatch(/\nNot the same as in .*\/other: entropy of step 2 is \d\.\d+, and was 99\n$/)
  })

  it('refuses a folder without a run, and a run without a step', async () => {
    expectMessage(await entrainHere('replay', at('nothing')), 2, /nothing: found no such file, expected a run folder/)
    await cp(at('steered'), at('empty'), { recursive: true })
    await writeFile(at('empty', 'metrics.jsonl'), '')
    expectMessage(
      await entrainHere('replay', at('empty'), '--out', join(at('x'))),
      1,
      /empty\/metrics\.jsonl: found no step, expected at least one/,
    )
  })
})

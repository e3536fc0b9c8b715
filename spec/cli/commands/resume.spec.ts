import { cp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { entrainHere, entrainWellHere, entrainWithNotesHere } from '../in-process.js'
import { entrainWell, expectMessage, PATIENCE, workshop } from '../process.js'

const { at, base } = workshop()
const settings =
  '--steps 4 --prompts 2 --group 2 --engine onnx --threads 1 --evaluation-prompts 2 --evaluation-samples 2 --evaluation-every 2 --checkpoint-every 1 --keep 9 --entropy-band 1,1.1:0.5,0.6'.split(
    ' ',
  )
/** Model of the runs. It is a copy, so that a spec can change it. */
const model = () => at('model.safetensors')

beforeAll(async () => {
  await cp(base(), model())
  await entrainWithNotesHere('train', '--model', model(), '--out', at('whole'), ...settings)
}, PATIENCE)

let count = 0
/** Copy of the finished run, with its checkpoints. */
const copyOfRun = async (): Promise<string> => {
  const folder = at(`copy-${count++}`)
  await cp(at('whole'), folder, { recursive: true })
  return folder
}

const linesOf = async (folder: string, file: string): Promise<readonly unknown[]> =>
  (await readFile(join(folder, file), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)

const expectSameRun = async (folder: string) => {
  for (const file of ['metrics.jsonl', 'evaluations.jsonl', 'rollouts.jsonl', 'checkpoint.safetensors'])
    expect((await readFile(join(folder, file))).equals(await readFile(at('whole', file))), file).toBe(true)
}

describe('entrain resume', () => {
  it('does nothing for a run that is finished', async () => {
    const { code, stderr } = await entrainHere('resume', at('whole'))
    expectMessage({ code, stderr }, 0, 'the run has finished its 4 steps; --steps N makes more')
  })

  it('goes on from an earlier checkpoint, keeps what it cuts, and ends with the same bytes', async () => {
    const folder = await copyOfRun()
    await entrainWell('resume', folder, '--from', '2')
    await expectSameRun(folder)
    expect(await linesOf(folder, 'cut/1/metrics.jsonl')).toHaveLength(2)
    expect(await readFile(join(folder, 'cut/1/step-000004/state.json'), 'utf8')).toContain('"step": 4')
    expect(await linesOf(folder, 'resumptions.jsonl')).toMatchObject([{ step: 2, changed: [] }])
  })

  it('uses the checkpoint before one that is damaged, and names both', async () => {
    const folder = await copyOfRun()
    // Without a summary the run was killed.
    await rm(join(folder, 'summary.json'))
    await truncate(join(folder, 'checkpoints/step-000004/parameters.safetensors'), 100)
    const { stderr } = await entrainWithNotesHere('train', '--resume', folder)
    expect(stderr).toMatch(/checkpoint not used: .*step-000004.parameters\.safetensors: found 100 bytes, expected \d+/)
    expect(stderr).toMatch(/goes on from .*step-000003/)
    await expectSameRun(folder)
    const { stdout } = await entrainWellHere('checkpoints', folder)
    expect(stdout).toMatch(/^ {2}step +size +score +state$/m)
    expect(stdout.match(/intact/g)).toHaveLength(4)
  })

  it('starts again from the first step if no checkpoint is intact', async () => {
    const folder = await copyOfRun()
    await rm(join(folder, 'summary.json'))
    for (const step of [1, 2, 3, 4]) await writeFile(join(folder, `checkpoints/step-00000${step}/state.json`), '{}')
    expect((await entrainHere('checkpoints', folder)).stdout.match(/damaged: .*state\.json/g)).toHaveLength(4)
    const { stderr } = await entrainWithNotesHere('resume', folder)
    expect(stderr).toContain('has no intact checkpoint: it starts again from its first step')
    await expectSameRun(folder)
  })

  it('trains longer, and keeps the plan of the band', async () => {
    const folder = await copyOfRun()
    const { stderr } = await entrainWithNotesHere('resume', folder, '--steps', '6')
    expect(stderr).toContain('steps: 4 before, 6 from step 4 on')
    const metrics = (await linesOf(folder, 'metrics.jsonl')) as { low: number }[]
    expect(metrics.slice(0, 4)).toEqual(await linesOf(at('whole'), 'metrics.jsonl'))
    expect(metrics.slice(4)).toMatchObject([{ low: 0.5 }, { low: 0.5 }])
    expect(await linesOf(folder, 'evaluations.jsonl')).toMatchObject([0, 2, 4, 6].map((step) => ({ step })))
    expect(await readFile(join(folder, 'config.yaml'), 'utf8')).toMatch(/^plannedSteps: 4$/m)
    expect(await linesOf(folder, 'resumptions.jsonl')).toMatchObject([
      { step: 4, changed: [{ setting: 'steps', before: 4, now: 6 }, { setting: 'plannedSteps' }] },
    ])
  })

  it.each([
    [['--seed', '2'], /^seed: found 2, expected 1, because a resumed run cannot change it/m],
    [['--algorithm', 'grpo'], /^algorithm: found "grpo", expected "entrocraft-calibrated", because/m],
    [['--from', '7'], /^--from: found 7, expected the step of an intact checkpoint of .*: 1, 2, 3, 4$/m],
    [['--from', 'x'], /^--from: found x, expected an integer >= 1$/m],
    [['--entropy-band', 'auto'], /^band: found auto, expected low and high, because a resumed run measures no band$/m],
  ])('refuses %j', async (flags, message) => {
    const folder = await copyOfRun()
    expectMessage(await entrainHere('resume', folder, ...flags), 2, message)
    expect(await readFile(join(folder, 'metrics.jsonl'))).toEqual(await readFile(at('whole', 'metrics.jsonl')))
  })

  it('refuses fewer steps than the checkpoint has, a folder without a run, and flags of a new run', async () => {
    const folder = await copyOfRun()
    expectMessage(
      await entrainHere('resume', folder, '--from', '3', '--steps', '2'),
      2,
      /^--steps: found 2, expected at least 3, the steps of the checkpoint$/m,
    )
    expectMessage(await entrainHere('resume', at('nothing')), 2, 'found no such file, expected a run folder')
    expectMessage(
      await entrainHere('train', '--resume', folder, '--out', at('other')),
      2,
      /^--out: found it beside a run to resume/m,
    )
  })

  it('refuses a log that has lost lines', async () => {
    const folder = await copyOfRun()
    await truncate(join(folder, 'metrics.jsonl'), 10)
    expectMessage(
      await entrainHere('resume', folder, '--from', '4'),
      1,
      /metrics\.jsonl: found 10 bytes, expected at least \d+, as at the checkpoint: lines of the log are lost/,
    )
  })

  it('refuses a model file whose contents have changed', async () => {
    const folder = await copyOfRun()
    const bytes = await readFile(model())
    try {
      await writeFile(
        model(),
        Uint8Array.from(bytes, (byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)),
      )
      expectMessage(
        await entrainHere('resume', folder, '--from', '2'),
        2,
        /model\.safetensors: found \d+ bytes with another SHA-256 digest, expected the \d+ bytes that the run has read before/,
      )
    } finally {
      await writeFile(model(), bytes)
    }
  })
})

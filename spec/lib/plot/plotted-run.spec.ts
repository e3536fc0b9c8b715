import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { readPlottedRun } from '#lib/plot/plotted-run.js'
import { stepMetrics } from '#lib/run/step-metrics.js'
import { reportOf } from '../run/reports.js'
import { temporaryFolder } from '../run/temporary.js'
import { heldOutAt } from './runs.js'

const lines = [0.7, 0.6].map((entropy, step) => stepMetrics(reportOf(step, entropy)))
const oldest = { step: 0, entropy: 0.5, low: 0.25, high: 0.75 }
const jsonLines = (values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('')

const folderOf = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const folder = await temporaryFolder()
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

describe('readPlottedRun', () => {
  it('reads a log and takes the name of its folder', async () => {
    const folder = await folderOf({ 'metrics.jsonl': jsonLines(lines) })
    const run = E.right({ name: basename(folder), steps: lines, heldOut: [] })
    expect(await readPlottedRun(folder)()).toEqual(run)
    expect(await readPlottedRun(`${folder}/`)()).toEqual(run)
  })

  it('names a comparison by the run before it', async () => {
    const compared = join(await folderOf({}), 'compare')
    await mkdir(compared)
    await writeFile(join(compared, 'metrics.jsonl'), jsonLines(lines))
    const name = join(basename(dirname(compared)), 'compare')
    expect(await readPlottedRun(compared)()).toMatchObject(E.right({ name }))
  })

  it('reads an old log without most fields', async () => {
    const folder = await folderOf({ 'metrics.jsonl': jsonLines([oldest]) })
    expect(await readPlottedRun(folder)()).toMatchObject(E.right({ steps: [oldest] }))
  })

  it('reads the evaluations during the run, or those before and after', async () => {
    const ends = JSON.stringify({ steps: 2, base: heldOutAt(9, 0.25), trained: heldOutAt(9, 0.5) })
    const metrics = { 'metrics.jsonl': jsonLines(lines) }
    const both = await folderOf({ ...metrics, 'summary.json': ends })
    expect(await readPlottedRun(both)()).toMatchObject(
      E.right({
        heldOut: [
          { step: 0, meanAtK: { value: 0.25 } },
          { step: 2, meanAtK: { value: 0.5 } },
        ],
      }),
    )
    await writeFile(join(both, 'evaluations.jsonl'), jsonLines([heldOutAt(1, 0.375)]))
    expect(await readPlottedRun(both)()).toMatchObject(E.right({ heldOut: [heldOutAt(1, 0.375)] }))
    const cut = await folderOf({ ...metrics, 'summary.json': JSON.stringify({ steps: 2, base: null, trained: null }) })
    expect(await readPlottedRun(cut)()).toMatchObject(E.right({ heldOut: [] }))
  })

  it('reads overrides of the band', async () => {
    const steered = [{ step: 3, band: { low: 0.1, high: 0.2 } }]
    const logged = [steered, [], null].map((each, step) => ({ ...oldest, step, steered: each }))
    expect(await readPlottedRun(await folderOf({ 'metrics.jsonl': jsonLines(logged) }))()).toMatchObject(
      E.right({ steps: [{ steered }, { steered: [] }, { steered: null }] }),
    )
  })

  it.each([
    ['metrics.jsonl', '', 'metrics.jsonl', 'no step'],
    ['metrics.jsonl', jsonLines([oldest, { ...oldest, low: 'x' }]), 'metrics.jsonl:2, low', '"x"'],
    ['metrics.jsonl', jsonLines([oldest, { ...oldest, kl: 'x' }]), 'metrics.jsonl:2, kl', '"x"'],
    ['metrics.jsonl', jsonLines([{ ...oldest, steered: [{ step: 1 }] }]), 'metrics.jsonl:1, steered.0.band', 'nothing'],
    ['evaluations.jsonl', '\n{"step": 1}', 'evaluations.jsonl:1, prompts', 'nothing'],
    ['summary.json', '{"steps": 1}', 'summary.json, base', 'nothing'],
  ])('rejects %s of %j', async (file, text, path, found) => {
    const folder = await folderOf({ 'metrics.jsonl': jsonLines(lines), [file]: text })
    const read = await readPlottedRun(folder)()
    expect(read).toMatchObject(E.left({ place: join(folder, path) }))
    if (E.isLeft(read)) expect(read.left.found).toContain(found)
  })

  it('names a log that is missing', async () => {
    const folder = await temporaryFolder()
    expect(await readPlottedRun(folder)()).toMatchObject(E.left({ place: join(folder, 'metrics.jsonl') }))
  })
})

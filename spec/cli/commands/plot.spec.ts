import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { stepMetrics } from '#lib/run/step-metrics.js'
import { reportOf } from '../../lib/run/reports.js'
import { temporaryFolder } from '../../lib/run/temporary.js'
import { entrainHere as entrain, entrainWellHere as entrainWell } from '../in-process.js'
import { expectMessage, PATIENCE } from '../process.js'

const log = [0.7, 0.6, 0.5].map((entropy, step) => JSON.stringify(stepMetrics(reportOf(step, entropy)))).join('\n')
const pictures = ['entropy.svg', 'entropy.png', 'reward.svg', 'reward.png']

const runWith = async (metrics: string): Promise<string> => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'metrics.jsonl'), metrics)
  return folder
}

describe('entrain plot', { timeout: PATIENCE }, () => {
  it('draws entropy and reward of a log, and prints the files', async () => {
    const folder = await runWith(`${log}\n`)
    const { stdout } = await entrainWell('plot', folder)
    expect(stdout).toBe(pictures.map((name) => `${join(folder, name)}\n`).join(''))
    expect((await readdir(folder)).sort()).toEqual([...pictures, 'metrics.jsonl'].sort())
    for (const name of ['entropy', 'reward']) {
      expect(await readFile(join(folder, `${name}.svg`), 'utf8')).toMatch(/^<svg[^]*<\/svg>\s*$/)
      expect((await readFile(join(folder, `${name}.png`))).subarray(0, 8)).toEqual(
        Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      )
    }
  })

  it('draws the same bytes over the previous plots', async () => {
    const folder = await runWith(log)
    await entrainWell('plot', folder)
    const drawn = await readFile(join(folder, 'entropy.svg'))
    await entrainWell('plot', folder)
    expect(await readFile(join(folder, 'entropy.svg'))).toEqual(drawn)
  })

  it('draws dark plots on request', async () => {
    const folder = await runWith(log)
    await entrainWell('plot', folder, '--theme', 'dark')
    const dark = pictures.map((name) => name.replace('.', '-dark.'))
    expect((await readdir(folder)).sort()).toEqual([...dark, 'metrics.jsonl'].sort())
  })

  it('draws a run without a step', async () => {
    const folder = await runWith('')
    await entrainWell('plot', folder)
    expect((await readdir(folder)).sort()).toEqual([...pictures, 'metrics.jsonl'].sort())
  })

  it('names a log that is missing', async () => {
    const folder = await temporaryFolder()
    expectMessage(await entrain('plot', folder), 1, `error: ${join(folder, 'metrics.jsonl')}: found `)
    expect(await readdir(folder)).toEqual([])
  })

  it('names the line where a log is broken', async () => {
    const folder = await runWith(`${log.slice(0, -9)}\n`)
    expectMessage(await entrain('plot', folder), 1, `error: ${join(folder, 'metrics.jsonl')}:3: found `)
    expect(await readdir(folder)).toEqual(['metrics.jsonl'])
  })

  it('draws a log whose last line is incomplete', async () => {
    const [cut, whole] = [await runWith(log.slice(0, -9)), await runWith(`${log.split('\n').slice(0, 2).join('\n')}\n`)]
    for (const folder of [cut, whole]) await entrainWell('plot', folder)
    const [drawn, expected] = await Promise.all(
      [cut, whole].map((folder) => readFile(join(folder, 'reward.svg'), 'utf8')),
    )
    expect(drawn!.replaceAll(cut, '')).toBe(expected!.replaceAll(whole, ''))
  })

  it('requires a run', async () => {
    expectMessage(await entrain('plot'), 2, 'RUN: missing\nSee entrain plot --help.')
  })

  it('draws an old log without the fields that it does not draw', async () => {
    const old = [0, 1].map((step) =>
      JSON.stringify({ step, entropy: 0.5, low: 0.4, high: 0.6, reward: 0, correct: 0.5 }),
    )
    const folder = await runWith(old.join('\n'))
    await entrainWell('plot', folder)
    expect((await readdir(folder)).sort()).toEqual([...pictures, 'metrics.jsonl'].sort())
  })
})

describe('entrain plot --out', { timeout: PATIENCE }, () => {
  it('draws several runs into one figure, with the requested panels and names', async () => {
    const [one, two, folder] = await Promise.all([runWith(log), runWith(log), temporaryFolder()])
    const file = join(folder, 'figure.svg')
    const { stdout } = await entrainWell('plot', one, two, '--out', file, '--panels', 'entropy,score')
    expect(stdout).toBe(`${file}\n`)
    const svg = await readFile(file, 'utf8')
    expect(svg).toMatch(/^<svg width="504pt"/)
    expect(svg).toContain(`<desc>(a) Policy entropy; (b) Score; ${basename(one)}; ${basename(two)}</desc>`)
    expect(await readdir(one)).toEqual(['metrics.jsonl'])
  })

  it('draws a PNG of 300 dpi', async () => {
    const file = join(await temporaryFolder(), 'figure.png')
    await entrainWell('plot', await runWith(log), '--out', file, '--width', 'single')
    const png = await readFile(file)
    expect(png.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))
    expect(png.readUInt32BE(16)).toBe(1021)
  })

  it('draws the mean of seeds by what the configurations say', async () => {
    const folder = await temporaryFolder()
    const run = async (name: string, config: string) => {
      await mkdir(join(folder, name))
      await writeFile(join(folder, name, 'metrics.jsonl'), log)
      await writeFile(join(folder, name, 'config.yaml'), config)
      return join(folder, name)
    }
    const runs = [await run('grpo-1', 'seed: 1\nsteps: 3\n'), await run('grpo-2', 'steps: 3\nseed: 2\n')]
    const other = await run('nsr', 'seed: 1\nsteps: 4\n')
    const file = join(folder, 'figure.svg')
    await entrainWell('plot', ...runs, other, '--mean', '--panels', 'entropy', '--out', file)
    expect(await readFile(file, 'utf8')).toContain('<desc>(a) Policy entropy; grpo (mean ± s.e., 2 seeds); nsr</desc>')
    const figure = ['--mean', '--out', file]
    expectMessage(
      await entrain('plot', runs[0]!, other, ...figure),
      2,
      '--mean: found no two runs of one configuration',
    )
    const twin = await run('twin', 'seed: 1\nsteps: 3\n')
    expectMessage(await entrain('plot', ...runs, twin, ...figure), 1, `error: ${twin}: found the configuration and the`)
  })

  it('names runs of the same name by their paths', async () => {
    const folder = await temporaryFolder()
    const runs = ['a', 'b'].map((name) => join(folder, name, 'run'))
    for (const run of runs) {
      await mkdir(run, { recursive: true })
      await writeFile(join(run, 'metrics.jsonl'), log)
    }
    const file = join(folder, 'figure.svg')
    await entrainWell('plot', ...runs, '--panels', 'entropy', '--out', file)
    expect(await readFile(file, 'utf8')).toContain(`; ${runs.join('; ')}</desc>`)
  })

  it.each([
    [['a', 'b'], '--out: found none, expected the file for a figure of 2 runs'],
    [['a', 'a', '--out', 'x.svg'], 'a: given twice'],
    [['a', '--panels', 'score'], '--panels: has no effect without --out'],
    [['a', '--out', 'x.svg', '--theme', 'dark'], '--theme: has no effect with --out'],
    [['a', '--theme', 'grey'], '--theme: found "grey", expected one of light, dark'],
    [['a', '--out', 'x.pdf'], '--out: found "x.pdf", expected a name that ends in .svg or .png'],
    [['a', '--out', 'x.svg', '--panels', 'scores'], '--panels: found ["scores"], expected some of score, entropy,'],
    [['a', '--out', 'x.svg', '--width', 'wide'], '--width: found "wide", expected one of single, double'],
    [['a', '--out', 'x.svg', '--mean=maybe'], '--mean: found "maybe", expected true or false'],
  ])('refuses %j', async (words, message) => {
    expectMessage(await entrain('plot', ...words), 2, message)
  })

  it('names a panel without data, and a broken line', async () => {
    const old = '{"step": 0, "entropy": 0.5, "low": 0.4, "high": 0.6}\n'
    const file = join(await temporaryFolder(), 'figure.svg')
    const figure = ['--out', file, '--panels', 'entropy,change']
    expectMessage(await entrain('plot', await runWith(old), ...figure), 1, 'error: panel change: found nothing to draw')
    const broken = await runWith(`${old}${old.replace('0.6', '"a lot"')}`)
    expectMessage(
      await entrain('plot', broken, ...figure),
      1,
      `error: ${join(broken, 'metrics.jsonl')}:2, high: found `,
    )
  })
})

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { stepMetrics } from '#lib/run/step-metrics.js'
import { reportOf } from '../lib/run/reports.js'
import { temporaryFolder } from '../lib/run/temporary.js'
import { entrain, entrainWell, expectMessage, PATIENCE } from './process.js'

const log = [0.7, 0.6, 0.5].map((entropy, step) => JSON.stringify(stepMetrics(reportOf(step, entropy)))).join('\n')
const pictures = ['entropy.svg', 'entropy.png', 'reward.svg', 'reward.png']

const runWith = async (metrics: string): Promise<string> => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'metrics.jsonl'), metrics)
  return folder
}

describe('entrain plot', { timeout: PATIENCE }, () => {
  it('draws entropy and reward of a log, and says where', async () => {
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

  it('draws the same again over what it drew', async () => {
    const folder = await runWith(log)
    await entrainWell('plot', folder)
    const drawn = await readFile(join(folder, 'entropy.svg'))
    await entrainWell('plot', folder)
    expect(await readFile(join(folder, 'entropy.svg'))).toEqual(drawn)
  })

  it('draws a run that has not done a step', async () => {
    await entrainWell('plot', await runWith(''))
  })

  it('names a log that is missing', async () => {
    const folder = await temporaryFolder()
    expectMessage(await entrain('plot', folder), 1, `error: ${join(folder, 'metrics.jsonl')}: found `)
    expect(await readdir(folder)).toEqual([])
  })

  it('names the line where a log is cut short', async () => {
    const folder = await runWith(log.slice(0, -9))
    expectMessage(await entrain('plot', folder), 1, `error: ${join(folder, 'metrics.jsonl')}:3: found `)
    expect(await readdir(folder)).toEqual(['metrics.jsonl'])
  })

  it('asks for a run', async () => {
    expectMessage(await entrain('plot'), 2, 'RUN: missing\nSee entrain plot --help.')
  })
})

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Resvg } from '@resvg/resvg-js'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { entropyPlot } from '#lib/plot/entropy-plot.js'
import { rewardPlot } from '#lib/plot/reward-plot.js'
import { plotThemes } from '#lib/plot/theme.js'
import { writePlots } from '#lib/plot/write-plots.js'
import { stepMetrics } from '#lib/run/step-metrics.js'
import { reportOf } from '../run/reports.js'
import { temporaryFolder } from '../run/temporary.js'

const metrics = Array.from({ length: 12 }, (_, step) => stepMetrics(reportOf(step, 0.65 - step / 100)))
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

const coloursOf = (svg: string): number => {
  const { pixels } = new Resvg(svg, { background: 'white' }).render()
  return new Set(new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.byteLength / 4)).size
}

const backgroundOf = (svg: string): string | undefined => /<rect [^>]*fill="([^"]*)"/.exec(svg)?.[1]

describe('writePlots', () => {
  it('draws both plots, as SVG and PNG', async () => {
    const folder = await temporaryFolder()
    const paths = ['entropy.svg', 'entropy.png', 'reward.svg', 'reward.png'].map((name) => join(folder, name))
    expect(await writePlots(folder, metrics, 'a run')()).toEqual(E.right(paths))
    for (const path of paths.filter((each) => each.endsWith('.png'))) {
      const png = await readFile(path)
      expect([...png.subarray(0, 8)]).toEqual(PNG)
      expect(png.readUInt32BE(16)).toBeGreaterThan(1000)
    }
  })

  it('draws axis labels and the name of the run, and is not blank', async () => {
    const folder = await temporaryFolder()
    await writePlots(folder, metrics, 'countdown, seed 1')()
    const entropy = await readFile(join(folder, 'entropy.svg'), 'utf8')
    const reward = await readFile(join(folder, 'reward.svg'), 'utf8')
    for (const word of ['entropy (nats per token)', 'band', 'countdown, seed 1']) expect(entropy).toContain(word)
    for (const word of ['mean reward', 'share correct', 'step']) expect(reward).toContain(word)
    for (const svg of [entropy, reward]) expect(coloursOf(svg)).toBeGreaterThan(20)
  })

  it('counts steps from 1 on the axis, in both plots', () => {
    for (const plot of [entropyPlot, rewardPlot]) {
      const { data } = plot(metrics, 'a run', plotThemes.light) as {
        readonly data: { readonly values: { step: number }[] }
      }
      const steps = data.values.map(({ step }) => step)
      expect([Math.min(...steps), Math.max(...steps)]).toEqual([1, 12])
    }
  })

  it('marks the steps whose entropy is outside its hard limit, and only then names the mark', async () => {
    const folder = await temporaryFolder()
    const outside = metrics.map((step, i) => ({ ...step, outsideLimit: i === 3 ? ('above' as const) : null }))
    const svgOf = async (steps: typeof metrics) => {
      await writePlots(folder, steps, 'a run')()
      return readFile(join(folder, 'entropy.svg'), 'utf8')
    }
    const [plain, marked] = [await svgOf(metrics), await svgOf(outside)]
    expect(plain).not.toContain('outside its limit')
    expect(marked).toContain('outside its limit')
    expect(marked.split(plotThemes.light.reward).length).toBeGreaterThan(
      plain.split(plotThemes.light.reward).length + 1,
    )
  })

  it('draws the error of an entropy that is not exact, and only then names it', async () => {
    const folder = await temporaryFolder()
    const svgOf = async (entropyError: number) => {
      await writePlots(
        folder,
        metrics.map((step) => ({ ...step, scoreMethod: 'sampled', entropyError })),
        'a run',
      )()
      return readFile(join(folder, 'entropy.svg'), 'utf8')
    }
    const [exact, sampled] = [await svgOf(0), await svgOf(0.02)]
    expect(exact).not.toContain('entropy ± error')
    expect(sampled).toContain('entropy ± error')
    expect(coloursOf(sampled)).toBeGreaterThan(coloursOf(exact))
  })

  it('draws runs of one step or none, and gaps for batches without an entropy', async () => {
    for (const few of [[], metrics.slice(0, 1), [...metrics, stepMetrics(reportOf(12, Number.NaN))]]) {
      expect(E.isRight(await writePlots(await temporaryFolder(), few, 'a run')())).toBe(true)
    }
  })

  it('draws dark plots beside the light ones', async () => {
    const folder = await temporaryFolder()
    await writePlots(folder, metrics, 'a run')()
    const paths = await writePlots(folder, metrics, 'a run', 'dark')()
    const names = ['entropy-dark.svg', 'entropy-dark.png', 'reward-dark.svg', 'reward-dark.png']
    expect(paths).toEqual(E.right(names.map((name) => join(folder, name))))
    for (const plot of ['entropy', 'reward']) {
      const [light, dark] = await Promise.all(
        [plot, `${plot}-dark`].map((name) => readFile(join(folder, `${name}.svg`), 'utf8')),
      )
      expect(backgroundOf(light!)).toBe('white')
      expect(backgroundOf(dark!)).toBe(plotThemes.dark.background)
      expect(coloursOf(dark!)).toBeGreaterThan(20)
    }
  })

  it('names the file that it cannot write', async () => {
    expect(await writePlots('/nowhere', metrics, 'a run')()).toMatchObject(E.left({ place: '/nowhere/entropy.svg' }))
  })
})

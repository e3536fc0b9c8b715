import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { type Curve, curvesOf } from '#lib/plot/curve.js'
import { createFigure, type FigureOptions } from '#lib/plot/figure.js'
import { type PanelName, panels } from '#lib/plot/panel/index.js'
import { renderSvg } from '#lib/plot/render-plot.js'
import { curveOf, heldOutAt, runOf } from './runs.js'

interface Layer {
  readonly mark: Readonly<Record<string, unknown>> & { readonly type: string }
  readonly data: { readonly values: readonly Readonly<Record<string, unknown>>[] }
  readonly encoding: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const entropies = Array.from({ length: 12 }, (_, step) => 0.65 - step / 100)
const plain = curveOf(runOf('plain', entropies))

const figureOf = (curves: readonly Curve[], options?: FigureOptions) => {
  const made = createFigure(curves, options)
  if (E.isLeft(made)) throw made.left
  return made.right
}

/** Layers of a panel that have data. */
const layersOf = (curves: readonly Curve[], panel: PanelName): readonly Layer[] =>
  (panels[panel](curves)?.layer ?? []) as readonly Layer[]

const layer = (layers: readonly Layer[], mark: Readonly<Record<string, unknown>>): Layer => {
  const found = layers.filter((each) => Object.entries(mark).every(([key, value]) => each.mark[key] === value))
  expect(found).toHaveLength(1)
  return found[0]!
}

const wordsOf = async (curves: readonly Curve[], options?: FigureOptions): Promise<string> => {
  const { specification, size } = figureOf(curves, options)
  return renderSvg(specification, {}, size)
}

describe('a panel', () => {
  it('of the score has thin lines of every step, thick lines of nine, and held-out scores', () => {
    const run = runOf('a', entropies, (step) => ({ correct: step === 4 ? 0.9 : 0 }))
    const layers = layersOf([curveOf({ ...run, heldOut: [heldOutAt(0, 0.25), heldOutAt(12, 0.5)] })], 'score')
    const valueAt = (of: Layer, step: number) => of.data.values.find((each) => each['step'] === step)!['value']
    expect(valueAt(layer(layers, { type: 'line', strokeWidth: 0.6 }), 5)).toBe(0.9)
    expect(valueAt(layer(layers, { type: 'line', strokeWidth: 1.4 }), 5)).toBeCloseTo(0.1, 12)
    expect(layer(layers, { type: 'point' }).data.values).toEqual([
      { curve: 'a', step: 0, value: 0.25, low: 0.125, high: 0.375 },
      { curve: 'a', step: 12, value: 0.5, low: 0.375, high: 0.625 },
    ])
    expect(panels.score([{ name: 'a', runs: [{ ...run, heldOut: [heldOutAt(0, 0.25)] }] }])?.notes).toContain(
      'circles: held-out mean@4, 95% interval',
    )
  })

  it('draws a line through held-out scores only if there are some during the run', () => {
    const lines = (steps: readonly number[]) =>
      layersOf([curveOf({ ...runOf('a', [1]), heldOut: steps.map((step) => heldOutAt(step, 0.5)) })], 'score').filter(
        ({ mark }) => mark.type === 'line',
      ).length
    expect(lines([0, 4, 8]) - lines([0, 8])).toBe(1)
  })

  it('of several runs has their mean and standard error, and no single run', () => {
    const runs = [0.25, 0.75].map((correct, i) => ({
      ...runOf(`a-${i}`, [1, 1], () => ({ correct })),
      heldOut: [heldOutAt(2, correct)],
    }))
    const layers = layersOf([{ name: 'a', runs }], 'score')
    expect(layer(layers, { type: 'line' }).data.values.map((each) => each['value'])).toEqual([0.5, 0.5])
    for (const type of ['area', 'rule']) {
      expect(layer(layers, { type }).data.values[0]).toMatchObject({ value: 0.5, low: 0.25, high: 0.75 })
    }
  })

  it('of entropy has a grey band if all runs share it, otherwise bands in the colours of the runs', () => {
    const bandOf = (curves: readonly Curve[]) => layersOf(curves, 'entropy')[0]!
    const shorter = curveOf(runOf('shorter', entropies.slice(0, 5)))
    const shared = bandOf([shorter, plain])
    expect(shared.encoding['color']).toEqual({ value: 'black' })
    expect(shared.data.values.map(({ step, low, high }) => [step, low, high])).toEqual(
      entropies.map((_, step) => [step + 1, 0.5, 0.6]),
    )
    const thirds = { low: 0.1, high: 0.7 }
    const seeds = ['s-1', 's-2', 's-3'].map((name) => runOf(name, [1], () => thirds))
    expect(bandOf([{ name: 's', runs: seeds }, curveOf(seeds[0]!)]).encoding['color']).toEqual({ value: 'black' })
    const higher = bandOf([plain, curveOf(runOf('higher', entropies, () => ({ high: 0.7 })))])
    expect(higher.encoding['color']).toBeUndefined()
    const other = bandOf([plain, curveOf(runOf('other', entropies, () => ({ low: 0.1 })))])
    expect(other.encoding['color']).toBeUndefined()
    expect(other.data.values).toHaveLength(24)
    expect(other.data.values.at(-1)).toEqual({ curve: 'other', step: 12, low: 0.1, high: 0.6 })
  })

  it('of entropy has a line where the band was overridden or released', () => {
    const steered = runOf('a', entropies, (step) => ({
      steered: step === 3 ? [{ step: 3, band: { low: 0, high: 1 } }] : step === 7 ? [] : null,
    }))
    const panel = panels.entropy([curveOf(steered)])
    expect(layer((panel?.layer ?? []) as readonly Layer[], { type: 'rule' }).data.values).toEqual([
      { curve: 'a', step: 4 },
      { curve: 'a', step: 8 },
    ])
    expect(panel?.notes).toContain('vertical: band override')
    expect(panels.entropy([plain])?.notes).not.toContain('vertical: band override')
  })

  it('of entropy has its error where it is not exact', () => {
    const sampled = runOf('a', entropies, (step) => ({ entropy: 0.5, entropyError: step === 3 ? 0.25 : 0 }))
    const panel = panels.entropy([curveOf(sampled)])
    const areas = ((panel?.layer ?? []) as readonly Layer[]).filter(({ mark }) => mark.type === 'area')
    expect(areas.at(-1)!.data.values).toEqual([{ curve: 'a', step: 4, low: 0.25, high: 0.75 }])
    expect(panel?.notes).toContain('around a line: error of entropy that is not exact')
    expect(panels.entropy([plain])?.notes).toHaveLength(1)
  })

  it('of KL is to the reference if there is one, otherwise of the update', () => {
    const klOf = (change: object) => panels.kl([curveOf(runOf('a', entropies, () => change))])?.title
    expect(klOf({ klToReference: 0.25 })).toBe('KL to the reference')
    expect(klOf({ kl: 1e-4 })).toBe('KL of the update')
    expect(klOf({ kl: -1e-9 })).toBeUndefined()
  })

  it('of accepted responses has a dot at steps with rejections', () => {
    const run = runOf('a', entropies, (step) =>
      step === 2
        ? { rejected: { positive: 1, zero: 0, negative: 0 }, effectiveBatch: 5 }
        : { rejected: { positive: 0, zero: 0, negative: 0 } },
    )
    const layers = layersOf([curveOf(run)], 'accepted')
    expect(layer(layers, { type: 'point' }).data.values).toMatchObject([{ step: 3, value: 5 }])
    expect(layer(layers, { strokeWidth: 1.4 }).data.values[0]).toMatchObject({ value: 3 })
    expect(layer(layers, { strokeWidth: 0.6 }).data.values[0]).toMatchObject({ value: 2 })
  })

  it('of log-likelihoods has the median of the baseline, because it has outliers', () => {
    const run = runOf('a', entropies, (step) => ({ logBaseline: step === 5 ? 1e6 : -5 }))
    const layers = layersOf([curveOf(run)], 'likelihood')
    expect(new Set(layer(layers, { opacity: 0.45 }).data.values.map((each) => each['value']))).toEqual(new Set([-5]))
    expect(layer(layers, { strokeWidth: 1.4 }).data.values[0]).toMatchObject({ value: -0.375 })
  })

  it('of changes pairs the prediction for an update with the change of the next batch', () => {
    const run = runOf('a', [1, 1, 1, 1], (step) => ({
      predictedChangeAccepted: [1, 2, 3, 4][step]!,
      measuredChange: [null, 20, 40, 50][step]!,
      status: step === 2 ? 'nothing-accepted' : 'updated',
    }))
    const layers = layersOf([curveOf(run)], 'change')
    expect(layer(layers, { type: 'point' }).data.values).toEqual([
      { curve: 'a', predicted: 1, measured: 20 },
      { curve: 'a', predicted: 2, measured: 40 },
    ])
    expect(layer(layers, { type: 'line' }).data.values).toEqual([
      { curve: 'a', predicted: 1, measured: 20 },
      { curve: 'a', predicted: 2, measured: 40 },
    ])
  })
})

describe('the step axis', () => {
  const domainOf = (of: Curve) => {
    const { concat } = figureOf([of], { panels: ['score'] }).specification as unknown as {
      readonly concat: readonly {
        readonly encoding: { readonly x: { readonly scale: { readonly domain: unknown } } }
      }[]
    }
    return concat[0]!.encoding.x.scale.domain
  }

  it('goes from the first to the last step by their numbers, and includes the evaluations', () => {
    expect(domainOf(plain)).toEqual([1, 12])
    const run = { ...runOf('a', entropies), heldOut: [heldOutAt(0, 0.25), heldOutAt(12, 0.5)] }
    expect(domainOf(curveOf(run))).toEqual([0, 12])
  })
})

describe('createFigure', () => {
  it('has a panel for all numbers of a run, with letters and units, and one legend', async () => {
    const svg = await wordsOf([plain, curveOf(runOf('wavy', entropies))])
    for (const title of [
      '(a) Score',
      '(b) Policy entropy',
      '(c) KL of the update',
      '(d) Responses accepted',
      '(e) Log-likelihood',
      '(f) Entropy change',
      'entropy (nats/token)',
      'share correct',
    ])
      expect(svg).toContain(`>${title}<`)
    for (const name of ['plain', 'wavy']) expect(svg.split(`>${name}<`)).toHaveLength(2)
  })

  it('leaves out panels without numbers unless they are requested', async () => {
    const steps = entropies.map((entropy, step) => ({ step, entropy, low: 0.5, high: 0.6 }))
    const old = curveOf({ name: 'old', steps, heldOut: [] })
    const svg = await wordsOf([old])
    expect(svg).toContain('(a) Policy entropy')
    expect(svg).not.toContain('(b)')
    expect(createFigure([old], { panels: ['entropy', 'change'] })).toMatchObject(E.left({ place: 'panel change' }))
  })

  it('draws the requested panels in the requested order', async () => {
    const svg = await wordsOf([plain], { panels: ['change', 'score'] })
    expect(svg).toContain('(a) Entropy change')
    expect(svg).toContain('(b) Score')
    expect(svg).not.toContain('(c)')
  })

  it('is one or two columns wide', () => {
    const widthOf = (options: FigureOptions) => {
      const { width, padding } = figureOf([plain], options).size
      return padding.left + width + padding.right
    }
    expect(widthOf({})).toBe(504)
    expect(widthOf({ panels: ['score'] })).toBe(245)
    expect(widthOf({ panels: ['score'], width: 'double' })).toBe(504)
    expect(widthOf({ width: 'single' })).toBe(245)
  })

  it('draws eight curves with different colours and dashes, and rejects more', async () => {
    const curves = curvesOf(Array.from({ length: 9 }, (_, i) => runOf(`run ${i}`, entropies)))
    const svg = await wordsOf(curves.slice(0, 8), { panels: ['entropy'] })
    const thick = [...svg.matchAll(/<path[^>]*stroke-width="1\.4"[^>]*>/g)].map(([path]) => path)
    const of = (attribute: string) =>
      new Set(thick.map((path) => new RegExp(`${attribute}="([^"]*)"`).exec(path)?.[1] ?? 'none')).size
    expect(of('stroke')).toBe(8)
    expect(of('stroke-dasharray')).toBe(8)
    expect(createFigure(curves)).toMatchObject(E.left({ found: '9 curves' }))
  })

  it('draws gaps, a single step, and steps with equal values', async () => {
    for (const few of [[0.5], [0.5, 0.5, 0.5], [0.5, Number.NaN, 0.5]]) {
      expect(await wordsOf([curveOf(runOf('few', few))])).toContain('(a) Score')
    }
  })
})

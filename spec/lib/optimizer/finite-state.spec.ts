import { fc } from '@fast-check/vitest'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Engine, Executable } from '#lib/compute/engine/engine.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import type { HostTensor, Shape } from '#lib/compute/program/node.js'
import { adamwDefaults, adamwProgram } from '#lib/optimizer/adamw.js'
import { PATIENCE } from '../../patience.js'

const shapes = new Map<string, Shape>([
  ['matrix', [7, 33]],
  ['vector', [130]],
])
const names = [...shapes.keys()]

/** Numbers up to 1e9, of both signs. None of their sums overflows, and a largest element would hide some of them. */
const values = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(seed + i) * 10 ** (((seed + i) % 13) - 3))

const scalar = (value: number): HostTensor => ({ shape: [], data: Float32Array.of(value) })

/** Feed of a step from a state in order, with one number replaced. */
const feedWith = (seed: number, input: string, place: number, value: number) => {
  const feed: Record<string, HostTensor> = {
    rate: scalar(1e-3),
    firstCorrection: scalar(10),
    secondCorrection: scalar(1000),
  }
  for (const [i, kind] of ['parameter', 'gradient', 'first', 'second'].entries())
    for (const [name, shape] of shapes) {
      const data = values(
        shape.reduce((a, b) => a * b, 1),
        seed + 31 * i,
      )
      feed[`${kind}.${name}`] = { shape, data: kind === 'second' ? data.map(Math.abs) : data }
    }
  const { shape, data } = feed[input]!
  return { ...feed, [input]: { shape, data: (data as Float32Array).with(place % data.length, value) } }
}

describe.each(inject('engines'))('the state sum on %s', (engineName) => {
  let engine: Engine
  let adamw: Executable
  beforeAll(async () => {
    engine = await inWorker(engineName)
    adamw = await engine.compile(adamwProgram(shapes, adamwDefaults))
  }, PATIENCE)
  afterAll(() => engine.close())

  const sumAfter = async (feed: Readonly<Record<string, HostTensor>>) => {
    const { host } = await adamw.run(feed, [...adamw.signature.outputs.keys()])
    const state = names.flatMap((name) =>
      ['parameter', 'first', 'second'].flatMap((kind) => [...host[`${kind}.${name}`]!.data]),
    )
    return { isFinite: Number.isFinite(host['stateSum']!.data[0]), isStateFinite: state.every(Number.isFinite) }
  }
  const anyInput = fc.constantFrom(
    ...names.flatMap((name) => ['parameter', 'first', 'second'].map((kind) => `${kind}.${name}`)),
  )

  it('is not finite with one number that is not, wherever it is', { timeout: PATIENCE }, () =>
    fc.assert(
      fc.asyncProperty(
        fc.nat(99),
        anyInput,
        fc.nat(999),
        fc.constantFrom(NaN, Infinity, -Infinity),
        async (seed, input, place, value) => {
          const found = await sumAfter(feedWith(seed, input, place, value))
          expect(found).toEqual({ isFinite: false, isStateFinite: false })
        },
      ),
      { numRuns: 40 },
    ),
  )

  it('is finite for a state in order', { timeout: PATIENCE }, () =>
    fc.assert(
      fc.asyncProperty(fc.nat(99), anyInput, fc.nat(999), async (seed, input, place) => {
        expect(await sumAfter(feedWith(seed, input, place, 1e-3))).toEqual({ isFinite: true, isStateFinite: true })
      }),
      { numRuns: 10 },
    ),
  )

  it('is not finite if infinities of both signs could cancel', async () => {
    const feed = feedWith(1, 'first.matrix', 0, Infinity)
    const { shape, data } = feed['first.vector']!
    const both = { ...feed, 'first.vector': { shape, data: (data as Float32Array).with(0, -Infinity) } }
    expect(await sumAfter(both)).toEqual({ isFinite: false, isStateFinite: false })
  })
})

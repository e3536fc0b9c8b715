import * as t from 'io-ts'
import { BandCodec } from '../lib/codec/band.js'
import { numberThat } from '../lib/codec/number.js'
import type { AlgorithmName } from '../pipelines/algorithms/index.js'

/** Algorithms that a visitor may choose: the recommended one, the paper's, and some that leave entropy to itself. */
export const algorithms = {
  'entrocraft-predicted': null,
  entrocraft: null,
  grpo: null,
  'clip-higher': null,
  'kl-cov': null,
  entropic: null,
} satisfies { readonly [A in AlgorithmName]?: null }

/** What a tab can compute on: the cores through WebAssembly, which are faster with a model as small as this, or a GPU. */
export const engines = { onnx: null, 'onnx-webgpu': null }
export type TabEngineName = keyof typeof engines

const wholeNumber = (least: number, most: number): t.Type<number> =>
  numberThat(`a whole number from ${least} to ${most}`, (x) => Number.isInteger(x) && x >= least && x <= most)

/** What a visitor decides of a run; the rest is as in {@link regime}. */
export const ChoicesCodec = t.readonly(
  t.type(
    {
      algorithm: t.keyof(algorithms),
      /** The band at step 0. */
      from: BandCodec,
      /** The band at the end. */
      to: BandCodec,
      seed: wholeNumber(0, 2 ** 31 - 1),
      steps: wholeNumber(1, 1000),
      /** Of a step. */
      prompts: wholeNumber(1, 64),
      engine: t.keyof(engines),
    },
    'Choices',
  ),
)

export type Choices = t.TypeOf<typeof ChoicesCodec>

/** As `entrain train` has them. */
export const defaults: Choices = {
  algorithm: 'entrocraft-predicted',
  from: { low: 0.5, high: 0.6 },
  to: { low: 0.3, high: 0.4 },
  seed: 1,
  steps: 200,
  prompts: 32,
  engine: 'onnx',
}

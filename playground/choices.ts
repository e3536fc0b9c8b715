import * as t from 'io-ts'
import { BandCodec } from '../lib/codec/band.js'
import { numberThat } from '../lib/codec/number.js'
import type { AlgorithmName } from '../pipelines/algorithms/index.js'

/** Algorithms in the form: the recommended one, the one of the paper, and some without entropy control. */
export const offeredAlgorithms = {
  'entrocraft-calibrated': null,
  entrocraft: null,
  grpo: null,
  'clip-higher': null,
  'kl-cov': null,
  entropic: null,
} satisfies { readonly [A in AlgorithmName]?: null }

/** Engines in the form. `fastest` is the engine on the GPU, and WebAssembly on the CPU in a browser without a GPU. */
export const offeredEngines = { fastest: null, webgpu: null, onnx: null }
export type EngineChoice = keyof typeof offeredEngines

const wholeNumber = (least: number, most: number): t.Type<number> =>
  numberThat(`a whole number from ${least} to ${most}`, (x) => Number.isInteger(x) && x >= least && x <= most)

/** The settings of a run that a visitor chooses; the others are in {@link regime}. */
export const ChoicesCodec = t.readonly(
  t.type(
    {
      algorithm: t.keyof(offeredAlgorithms),
      /** Band at step 0. @units nats per token */
      from: BandCodec,
      /** Band at the last step. @units nats per token */
      to: BandCodec,
      seed: wholeNumber(0, 2 ** 31 - 1),
      steps: wholeNumber(1, 1000),
      /** Prompts of each step. */
      prompts: wholeNumber(1, 64),
      engine: t.keyof(offeredEngines),
    },
    'Choices',
  ),
)

export type Choices = t.TypeOf<typeof ChoicesCodec>

/** The defaults of `entrain train`, on the fastest engine of the browser. */
export const defaults: Choices = {
  algorithm: 'entrocraft-calibrated',
  from: { low: 0.5, high: 0.6 },
  to: { low: 0.3, high: 0.4 },
  seed: 1,
  steps: 200,
  prompts: 32,
  engine: 'fastest',
}

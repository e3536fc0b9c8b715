/**
 * Generation of 48 tokens after prompts of 16 tokens, for `rows` sequences in groups of 8. No sequence ends early. Measured
 * with the float32 weights and with an int8 copy, and how much the copy differs from the learner.
 *
 *     npm run bench -- decode [--engine NAME]
 *
 * The bound is the longer of two times: all matrix products at the matmul peak of the engine, or reading weights and caches
 * once for each token at its memory bandwidth. Rows with int8 weights show the bound of float32, too. With adapters, each
 * generation begins with merging them into the weights.
 */
import { from, lastValueFrom, toArray } from 'rxjs'
import type { Engine } from '../lib/compute/engine/engine.js'
import { sizeOf } from '../lib/compute/program/shape.js'
import { weightShapes } from '../lib/model/weights.js'
import { type WeightForm, weightForms } from '../lib/model/weight-form.js'
import type { LocalModel } from '../lib/policy/local/local-model.js'
import { uniform } from '../lib/random/uniform.js'
import type { Prompt } from '../lib/rollout/prompt.js'
import { type Bench, openBenchEngine } from './bench.js'
import { measureBandwidth, measureMatmulPeak, median, measureSeconds } from './measure.js'
import { type BenchModel, L, S, SMOLLM2, SMOLLM2_ADAPTERS } from './models.js'
import { measureMismatch } from './rollout-mismatch.js'
import { createModel, repeatedWeights } from './synthetic.js'

export const PROMPT = 16
export const DRAWN = 48
const GROUP = 8

/** Models, and the numbers of sequences that each generates together. */
const measured = [
  [S, [1, 8, 64, 256]],
  [L, [8, 64]],
  [SMOLLM2, [32, 128]],
  [SMOLLM2_ADAPTERS, [32, 128]],
] as const

export const decodeBench: Bench = async function* (options) {
  const engine = await openBenchEngine(options)
  const ceiling = { flops: 1e9 * (await measureMatmulPeak(engine)), bytes: 1e9 * (await measureBandwidth(engine)) }
  const rows = []
  for (const [model, counts] of measured)
    for (const sequences of counts)
      for (const form of model.config.lora === undefined ? weightForms : (['float32'] as const))
        rows.push(await measureGeneration(engine, model, sequences, form, ceiling))
  yield {
    title: `Generation of ${DRAWN} tokens after ${PROMPT}; matmul peak ${(ceiling.flops / 1e9).toFixed(0)} GFLOP/s, memory ${(ceiling.bytes / 1e9).toFixed(0)} GB/s`,
    heading: ['model', 'weights', 'rows', 'median s', 'ms a token', 'tokens/s', 'bound ms a token', 'times the bound'],
    rows,
  }
  yield await measureMismatch(engine)
  await engine.close()
}

const measureGeneration = async (
  engine: Engine,
  model: BenchModel,
  sequences: number,
  form: WeightForm,
  ceiling: { readonly flops: number; readonly bytes: number },
) => {
  const isLarge = model !== S && model !== L
  const checkpoint = isLarge ? { checkpoint: repeatedWeights(model.config) } : {}
  const local = await createModel(engine, model, { ...checkpoint, rolloutWeights: form })
  const seconds = median(await measureSeconds(createGeneration(local, model, sequences), 5, 2))
  await local.close()
  const bound = DRAWN * boundOf(model, sequences, ceiling)
  const each = (1000 * seconds) / DRAWN
  return [
    model.name,
    form,
    sequences,
    seconds,
    each,
    Math.round((sequences * DRAWN) / seconds),
    (1000 * bound) / DRAWN,
    seconds / bound,
  ]
}

/** Returns a function that generates all completions once. */
export const createGeneration = ({ policy }: LocalModel, model: BenchModel, sequences: number, drawn = DRAWN) => {
  const group = Math.min(GROUP, sequences)
  const prompts = promptsOf(model, sequences / group)
  const sampling = { group, temperature: 1, topK: 0, topP: 1, maxTokens: drawn, seed: 1 }
  return () => lastValueFrom(from(policy.sample({ step: 0, prompts }, sampling)).pipe(toArray()))
}

export const promptsOf = ({ config }: BenchModel, count: number): readonly Prompt[] =>
  Array.from({ length: count }, (_, p) => ({
    id: `${p}`,
    text: '',
    tokens: Array.from({ length: PROMPT }, (_, t) => Math.floor(uniform(p, t) * config.vocabulary)),
    reference: '',
  }))

/** Returns the lower bound of the time for one token of all sequences. @units seconds */
const boundOf = (
  { config }: BenchModel,
  sequences: number,
  { flops, bytes }: { readonly flops: number; readonly bytes: number },
): number => {
  const weights = [...weightShapes(config).values()].reduce((sum, shape) => sum + sizeOf(shape), 0)
  const context = PROMPT + DRAWN / 2
  const cache = 2 * config.layers * config.kvHeads * config.headWidth * context
  const attention = 4 * config.layers * config.heads * config.headWidth * context
  return Math.max((sequences * (2 * weights + attention)) / flops, (4 * (weights + sequences * cache)) / bytes)
}

import * as t from 'io-ts'
import { sizeUpTo } from '../../checkpoint/fields.js'
import { limits } from '../../checkpoint/limits.js'
import type { HostTensor, Shape } from '../../compute/program/node.js'
import { sizeOf } from '../../compute/program/shape.js'
import { keyedUniform } from '../../random/uniform.js'

/** Names of the projections that can have an adapter. */
export const loraTargets = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const

/** Name of a projection that can have an adapter. */
export type LoraTarget = (typeof loraTargets)[number]

/**
 * Configuration of low-rank adapters. Two small matrices A and B train in addition to the frozen weight W of each target:
 *
 *     W x + alpha / rank B (A x)
 *
 * @shape  A [rank, in], B [out, rank]
 * @source arXiv:2106.09685
 */
export interface LoraConfig {
  readonly rank: number
  /** Numerator of the factor alpha / rank of the adapters' output. */
  readonly alpha: number
  readonly targets: readonly LoraTarget[]
}

const target = t.keyof(
  Object.fromEntries(loraTargets.map((name) => [name, null])) as Record<LoraTarget, null>,
  'LoraTarget',
)

/** Codec of the configuration in a checkpoint's metadata. */
export const LoraConfigCodec: t.Type<LoraConfig> = t.readonly(
  t.type({
    rank: sizeUpTo(limits.rank),
    alpha: t.number,
    targets: t.refinement(t.readonlyArray(target), (all) => all.length > 0),
  }),
)

/** Returns the names of the adapter of a projection's weight, as in PEFT. */
export const loraNames = (weight: string): { readonly a: string; readonly b: string } => {
  const stem = weight.replace(/\.weight$/, '')
  return { a: `${stem}.lora_A.weight`, b: `${stem}.lora_B.weight` }
}

/** Returns names and shapes of the adapters for weights of these shapes. */
export const loraShapes = (
  { rank, targets }: LoraConfig,
  weights: ReadonlyMap<string, Shape>,
): ReadonlyMap<string, Shape> =>
  new Map(
    [...weights].flatMap(([name, shape]): [string, Shape][] => {
      if (!targets.some((projection) => name.endsWith(`.${projection}.weight`))) return []
      const [out, width] = shape as [number, number]
      const { a, b } = loraNames(name)
      return [
        [a, [rank, width]],
        [b, [out, rank]],
      ]
    }),
  )

/**
 * Returns initial adapters: A uniform in [-1 / sqrt(in), 1 / sqrt(in)], B zero, so that they do not change the output before
 * the first update. Draws are keyed.
 *
 * @source PEFT's initialisation
 */
export const initialLora = (shapes: ReadonlyMap<string, Shape>, seed: number): ReadonlyMap<string, HostTensor> =>
  new Map(
    [...shapes].map(([name, shape], index): [string, HostTensor] => {
      const data = new Float32Array(sizeOf(shape))
      if (!name.endsWith('.lora_A.weight')) return [name, { shape, data }]
      const draw = keyedUniform(seed, index)
      const bound = 1 / Math.sqrt(shape[1]!)
      return [name, { shape, data: data.map((_, i) => bound * (2 * draw(i) - 1)) }]
    }),
  )

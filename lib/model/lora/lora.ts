import * as t from 'io-ts'
import type { HostTensor, Shape } from '../../compute/program/node.js'
import { sizeOf } from '../../compute/program/shape.js'
import { keyedUniform } from '../../random/uniform.js'

/** Projections of a layer that can have an adapter. */
export const loraTargets = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const

export type LoraTarget = (typeof loraTargets)[number]

/**
 * Low-rank adapters: beside the frozen weight W of each target, x goes through two small matrices that are trained,
 *
 *     W x + alpha / rank B (A x)
 *
 * @shape  A [rank, in], B [out, rank]
 * @source arXiv:2106.09685
 */
export interface LoraConfig {
  readonly rank: number
  readonly alpha: number
  readonly targets: readonly LoraTarget[]
}

const size = t.refinement(t.number, (n) => Number.isInteger(n) && n > 0, 'positive integer')
const target = t.keyof(
  Object.fromEntries(loraTargets.map((name) => [name, null])) as Record<LoraTarget, null>,
  'LoraTarget',
)

/** As it is stored in a checkpoint's metadata. */
export const LoraConfigCodec: t.Type<LoraConfig> = t.readonly(
  t.type({ rank: size, alpha: t.number, targets: t.refinement(t.readonlyArray(target), (all) => all.length > 0) }),
)

/** Names of the adapters of a projection's weight, as PEFT has them. */
export const loraNames = (weight: string): { readonly a: string; readonly b: string } => {
  const stem = weight.replace(/\.weight$/, '')
  return { a: `${stem}.lora_A.weight`, b: `${stem}.lora_B.weight` }
}

/** The adapters of weights of these shapes. */
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
 * Fresh adapters, which change nothing yet: A uniform between -1 / sqrt(in) and 1 / sqrt(in), B zeros. Drawn by key.
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

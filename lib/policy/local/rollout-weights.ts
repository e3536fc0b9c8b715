import type { DeviceTensor, Engine } from '../../compute/engine/engine.js'
import { parameterFeed, type Parameters } from '../../model/parameters.js'
import { isQuantized, scaleName } from '../../model/quantized-names.js'
import { quantized } from '../../model/quantized.js'
import type { WeightForm } from '../../model/weight-form.js'
import { type ParameterStore, parameterStore } from '../parameter-store.js'

/** By name, as programs take them. */
export type Weights = Readonly<Record<string, DeviceTensor>>

/** What to draw from, kept until it is released. */
export interface WeightsLease {
  readonly weights: Weights
  release(): void
}

/** The weights of a model in the form that rollouts are drawn from. */
export interface RolloutWeights {
  /**
   * Those of that version, given the model's own, which stay where they are until the lease is released.
   *
   * @errors PipelineError EngineFailed
   */
  lease(own: Weights, version: number): Promise<WeightsLease>
  dispose(): Promise<void>
}

export const rolloutWeights = (engine: Engine, form: WeightForm): RolloutWeights =>
  form === 'float32' ? asTheyAre : inEightBits(engine)

const asTheyAre: RolloutWeights = {
  lease: (weights) => Promise.resolve({ weights, release: () => undefined }),
  dispose: () => Promise.resolve(),
}

/**
 * Copies of one version's projections, made when it is first asked for. When another is, they are freed as soon as nobody
 * draws from them.
 */
const inEightBits = (engine: Engine): RolloutWeights => {
  let held: { readonly version: number; readonly copies: Promise<ParameterStore> } | undefined
  const letGo = async () => {
    const before = held
    held = undefined
    // Copies that failed were freed when they did.
    await before?.copies.then(
      (copies) => copies.dispose(),
      () => undefined,
    )
  }
  return {
    lease: async (own, version) => {
      if (held?.version !== version) {
        void letGo()
        held = { version, copies: copiesOf(engine, own).then((copies) => parameterStore(copies, version)) }
      }
      const asked = held
      try {
        const lease = (await asked.copies).lease()
        return { weights: { ...own, ...parameterFeed(lease.parameters) }, release: () => lease.release() }
      } catch (error) {
        if (held === asked) held = undefined
        throw error
      }
    },
    dispose: letGo,
  }
}

/** One after the other: the host holds one matrix at a time. */
const copiesOf = async (engine: Engine, own: Weights): Promise<Parameters<DeviceTensor>> => {
  const copies = new Map<string, DeviceTensor>()
  try {
    for (const [name, tensor] of Object.entries(own)) {
      if (!isQuantized(name)) continue
      const { values, scale } = quantized(await engine.read(tensor))
      copies.set(name, await engine.upload(values))
      copies.set(scaleName(name), await engine.upload(scale))
    }
    return copies
  } catch (error) {
    for (const copy of copies.values()) copy.dispose()
    throw error
  }
}

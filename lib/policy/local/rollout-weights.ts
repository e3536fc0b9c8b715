import type { DeviceTensor, Engine } from '../../compute/engine/engine.js'
import { isQuantized, scaleName } from '../../model/quantized-names.js'
import { quantized } from '../../model/quantized.js'
import type { WeightForm } from '../../model/weight-form.js'
import { asTheyAre, copies, freeWeights, type Weights, type WeightsLease, type WeightSource } from './weight-source.js'

/** The weights of a model in the form that rollouts are drawn from. */
export type RolloutWeights = Pick<WeightSource<Projection>, 'dispose'> & {
  /** Given the model's own, which stay where they are until the lease is released. @errors PipelineError EngineFailed */
  readonly lease: (own: Weights) => Promise<WeightsLease>
}

/** One of those that copies are made of: all are new when it is, and with frozen weights it never is. */
type Projection = DeviceTensor | undefined

export const rolloutWeights = (engine: Engine, form: WeightForm): RolloutWeights => {
  const source: WeightSource<Projection> = form === 'float32' ? asTheyAre : copies((own) => inEightBits(engine, own))
  return {
    lease: (own) => source.lease(own, Object.entries(own).find(([name]) => isQuantized(name))?.[1]),
    dispose: () => source.dispose(),
  }
}

/** The projections alone, one after the other: the host holds one matrix at a time. */
const inEightBits = async (engine: Engine, own: Weights): Promise<Weights> => {
  const made: Record<string, DeviceTensor> = {}
  try {
    for (const [name, tensor] of Object.entries(own)) {
      if (!isQuantized(name)) continue
      const { values, scale } = quantized(await engine.read(tensor))
      made[name] = await engine.upload(values)
      made[scaleName(name)] = await engine.upload(scale)
    }
    return made
  } catch (error) {
    freeWeights(made)
    throw error
  }
}

import type { DeviceTensor, Engine } from '../../compute/engine/engine.js'
import { isQuantized, scaleName } from '../../model/quantized-names.js'
import { quantize } from '../../model/quantized.js'
import type { WeightForm } from '../../model/weight-form.js'
import {
  createWeightCopies,
  freeTensors,
  type LeasedWeights,
  type NamedTensors,
  ownWeights,
  type TensorLease,
} from './leased-weights.js'

/** Weights of a model in the number format that rollouts are sampled from. */
export type RolloutWeights = Pick<LeasedWeights<Projection>, 'dispose'> & {
  /** Leases the weights. The caller keeps its own weights alive until the lease is released. @errors rejects with PipelineError EngineFailed */
  readonly lease: (own: NamedTensors) => Promise<TensorLease>
}

/** One projection tensor of a version, which identifies the version. Frozen projections and their copies never change. */
type Projection = DeviceTensor | undefined

/** Creates the rollout weights of an engine in a number format. */
export const createRolloutWeights = (engine: Engine, form: WeightForm): RolloutWeights => {
  const source: LeasedWeights<Projection> =
    form === 'float32' ? ownWeights : createWeightCopies((own) => quantizeProjections(engine, own))
  return {
    lease: (own) => source.lease(own, Object.entries(own).find(([name]) => isQuantized(name))?.[1]),
    dispose: () => source.dispose(),
  }
}

/** Quantizes the projections one after the other, so that the host holds one matrix at a time. */
const quantizeProjections = async (engine: Engine, own: NamedTensors): Promise<NamedTensors> => {
  const copies: Record<string, DeviceTensor> = {}
  try {
    for (const [name, tensor] of Object.entries(own)) {
      if (!isQuantized(name)) continue
      const { values, scale } = quantize(await engine.read(tensor))
      copies[name] = await engine.upload(values)
      copies[scaleName(name)] = await engine.upload(scale)
    }
    return copies
  } catch (error) {
    freeTensors(copies)
    throw error
  }
}

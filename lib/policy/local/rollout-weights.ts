import type { DeviceTensor, Engine } from '../../compute/engine/engine.js'
import type { DecoderConfig } from '../../model/decoder-config.js'
import { layerPrefix, mergeProgram, withoutAdapters } from '../../model/lora/merge.js'
import { isQuantized, scaleName } from '../../model/quantized-names.js'
import { quantize } from '../../model/quantized.js'
import type { WeightForm } from '../../model/weight-form.js'
import { adapterShapes } from '../../model/weights.js'
import type { Executables } from './executables.js'
import {
  createWeightCopies,
  freeTensors,
  type LeasedWeights,
  type NamedTensors,
  ownWeights,
  type TensorLease,
} from './leased-weights.js'

/** Weights of a model in the form that rollouts are sampled from. */
export interface RolloutWeights {
  /** Network that reads the weights. It has no adapters if they are merged into the weights. */
  readonly config: DecoderConfig
  /** Leases the weights. The caller keeps its own weights alive until the lease is released. @errors rejects with PipelineError EngineFailed */
  readonly lease: (own: NamedTensors) => Promise<TensorLease>
  /** Frees copies without a lease. Leased copies are freed on release. */
  readonly dispose: () => void
}

/** One tensor of a version, which identifies the version of the weights that are copied. */
type Version = DeviceTensor | undefined

/** Engine that samples, and the programs that are compiled for it. */
interface SamplingEngine {
  readonly engine: Engine
  readonly executables: Executables
}

/**
 * Creates the rollout weights of an engine. In int8 they are a rounded copy of the projections, whose newest version is kept. In
 * float32 they are the model's own weights. If it has adapters, these are merged into a copy of the weights for the time of a
 * lease, because decoding would spend a fifth of its time on their small products.
 */
export const createRolloutWeights = (
  { engine, executables }: SamplingEngine,
  config: DecoderConfig,
  form: WeightForm,
): RolloutWeights => {
  if (form === 'int8') {
    const copies = createWeightCopies<Version>((own) => quantizeProjections(engine, own), 'kept')
    return rolloutWeights(config, copies, isQuantized)
  }
  if (config.lora === undefined) return rolloutWeights(config, ownWeights, () => false)
  const adapters = adapterShapes(config)
  const copies = createWeightCopies<Version>((own) => mergeAdapters(executables, config, own), 'freed')
  const isAdapter = (name: string) => adapters.has(name)
  return rolloutWeights(withoutAdapters(config), copies, isAdapter, (name) => !isAdapter(name))
}

/**
 * `identifies` selects weights of which one identifies the version of a copy. Frozen projections and their copies never change.
 * `isRead` selects the weights that the network reads.
 */
const rolloutWeights = (
  config: DecoderConfig,
  source: LeasedWeights<Version>,
  identifies: (name: string) => boolean,
  isRead: (name: string) => boolean = () => true,
): RolloutWeights => ({
  config,
  lease: async (own) => {
    const version = Object.entries(own).find(([name]) => identifies(name))?.[1]
    const { weights, release } = await source.lease(own, version)
    return { weights: Object.fromEntries(Object.entries(weights).filter(([name]) => isRead(name))), release }
  },
  dispose: () => source.dispose(),
})

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

/** Merges adapters into copies of the weights, one layer after the other. */
const mergeAdapters = async (
  executables: Executables,
  config: DecoderConfig,
  own: NamedTensors,
): Promise<NamedTensors> => {
  const merge = await executables.get(config, 'merge adapters', () => mergeProgram(config))
  const copies: Record<string, DeviceTensor> = {}
  try {
    for (let layer = 0; layer < config.layers; layer++) {
      const prefix = layerPrefix(layer)
      const inputs = [...merge.signature.inputs.keys()].map((name) => [name, own[prefix + name]!] as const)
      const { device } = await merge.run(Object.fromEntries(inputs))
      for (const [name, tensor] of Object.entries(device)) copies[prefix + name] = tensor
    }
    return copies
  } catch (error) {
    freeTensors(copies)
    throw error
  }
}

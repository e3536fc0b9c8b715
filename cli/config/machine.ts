import { type EngineName, engineNames } from '../../lib/compute/engine/engines.js'
import { openEngines } from '../../lib/compute/engine/open-engines.js'
import { numberSetting, orNoneSetting, textSetting } from '../flag.js'
import { gpu, integerFrom, oneOf, orNone } from './fields.js'

/** Engines of a command: fields of every configuration. */
export interface Machine {
  readonly engine: 'auto' | EngineName
  /** Number of engines that share the work. It changes numbers only by rounding. */
  readonly replicas: number
  /** Threads of each engine, if the engine has that option; null divides all cores among the replicas. It changes numbers only by rounding. */
  readonly threads: number | null
  /** Number of the GPU, or the name of its adapter; null lets the engine choose. */
  readonly gpu: number | string | null
}

export const machineFields = {
  engine: oneOf(['auto', ...engineNames]),
  replicas: integerFrom(1),
  threads: orNone(integerFrom(1)),
  gpu: orNone(gpu),
}

export const machineDefaults: Machine = { engine: 'auto', replicas: 1, threads: null, gpu: null }

export const machineSettings = [
  {
    ...textSetting('engine', `compute engine: auto (the fastest that opens), ${engineNames.join(', ')}`),
    choices: ['auto', ...engineNames],
  },
  numberSetting('replicas', 'number of engines that share the work, each with a copy of the weights'),
  orNoneSetting('threads', 'number of threads of each onnx engine; none: all cores, divided among the replicas'),
  orNoneSetting(
    'gpu',
    'GPU of the engine: a number from 0 as nvidia-smi lists them (onnx-cuda, tfjs-node-gpu), or a part of the name of a ' +
      'WebGPU adapter (tfjs-webgpu); none: the engine chooses',
    'N|NAME|none',
  ),
]

/** Opens the engines of a configuration. @errors PipelineError EngineMissing, EngineFailed */
export const openMachine = ({ engine, replicas, threads, gpu: chosen }: Machine) =>
  openEngines(replicas, engine === 'auto' ? undefined : engine, {
    ...(threads !== null && { threads }),
    ...(chosen !== null && { gpu: chosen }),
  })

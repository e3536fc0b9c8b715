import { type EngineName, engineNames } from '../../lib/compute/engine/engines.js'
import { openEngines } from '../../lib/compute/engine/open-engines.js'
import { numberSetting, orNoneSetting, textSetting } from '../flag.js'
import { integerFrom, oneOf, orNone } from './fields.js'

/** What a command runs on: fields of every configuration. */
export interface Machine {
  readonly engine: 'auto' | EngineName
  /** Engines that share the work. It decides numbers only by rounding. */
  readonly replicas: number
  /** Of one engine run, where the engine lets us choose; null for all cores, shared by the replicas. Likewise. */
  readonly threads: number | null
}

export const machineFields = {
  engine: oneOf(['auto', ...engineNames]),
  replicas: integerFrom(1),
  threads: orNone(integerFrom(1)),
}

export const machineDefaults: Machine = { engine: 'auto', replicas: 1, threads: null }

export const machineSettings = [
  textSetting('engine', `auto (the fastest that opens), ${engineNames.join(', ')}`),
  numberSetting('replicas', 'engines that share the work, each with a copy of the weights'),
  orNoneSetting('threads', 'of each onnx engine; none: the cores, shared by the replicas'),
]

/** @errors PipelineError EngineMissing, EngineFailed */
export const openMachine = ({ engine, replicas, threads }: Machine) =>
  openEngines(replicas, engine === 'auto' ? undefined : engine, threads === null ? {} : { threads })

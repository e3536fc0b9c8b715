import { type EngineName, engineNames } from '../../lib/compute/engine/engine-name.js'
import { openEngine } from '../../lib/compute/engine/open-engine.js'
import { orNoneSetting, textSetting } from '../flag.js'
import { integerFrom, oneOf, orNone } from './fields.js'

/** What a command runs on: fields of every configuration. */
export interface Machine {
  readonly engine: 'auto' | EngineName
  /** Of one engine run, where the engine lets us choose; null for all cores. It decides numbers only by rounding. */
  readonly threads: number | null
}

export const machineFields = {
  engine: oneOf(['auto', ...engineNames]),
  threads: orNone(integerFrom(1)),
}

export const machineDefaults: Machine = { engine: 'auto', threads: null }

export const machineSettings = [
  textSetting('engine', `auto (the fastest that opens), ${engineNames.join(', ')}`),
  orNoneSetting('threads', 'of the onnx engine; none: as many as there are cores'),
]

/** @errors PipelineError EngineMissing, EngineFailed */
export const openMachine = ({ engine, threads }: Machine) =>
  openEngine(engine === 'auto' ? undefined : engine, threads === null ? {} : { threads })

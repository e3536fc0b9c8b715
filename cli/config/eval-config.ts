import type * as t from 'io-ts'
import type { Split } from '../../lib/task/task.js'
import { evaluationSampling } from '../../pipelines/evaluation.js'
import { group, numberSetting, orNoneSetting, orNoneTextSetting, textSetting } from '../flag.js'
import { strictRecord } from './strict-record.js'
import { dataDefaults, dataFields, evaluationDataSettings } from './data.js'
import { integerFrom, nonNegative, oneOf, orNone, share, text } from './fields.js'
import type { Settings } from './layer.js'
import { machineDefaults, machineFields, machineSettings } from './machine.js'
import { taskNamedBy, taskNames } from './train-config.js'

/** What no checkpoint was trained on. */
const splits = ['test', 'tune'] as const satisfies readonly Split[]

/** Everything that decides the numbers of an evaluation. */
export const EvalConfigCodec = strictRecord({
  task: oneOf(taskNames),
  ...dataFields,
  /** Folder of adapters. */
  adapter: orNone(text),
  split: oneOf(splits),
  prompts: integerFrom(1),
  /** Samples of each prompt. */
  k: integerFrom(1),
  temperature: nonNegative,
  topP: share,
  topK: integerFrom(0),
  /** The task's longest answer unless given. @units tokens */
  maxTokens: orNone(integerFrom(1)),
  seed: integerFrom(0),
  ...machineFields,
})

export type EvalConfig = t.TypeOf<typeof EvalConfigCodec>

/** The paper's protocol: 32 samples at temperature 0.6, top-p 0.95, top-k 20. */
export const evalDefaults = {
  task: 'countdown',
  ...dataDefaults,
  adapter: null,
  split: 'test',
  prompts: 128,
  k: evaluationSampling.group,
  temperature: evaluationSampling.temperature,
  topP: evaluationSampling.topP,
  topK: evaluationSampling.topK,
  maxTokens: null,
  seed: 0,
  ...machineDefaults,
} satisfies EvalConfig

/** Who names files of questions names the task. */
export const withTaskOf = (below: Settings, above: Settings): Settings => {
  const task = taskNamedBy(above)
  return task === undefined ? below : { ...below, task }
}

export const evalSettings = [
  ...group('Questions', [
    textSetting('task', taskNames.join(', ')),
    textSetting('split', `${splits.join(', ')}: what no checkpoint was trained on`),
    numberSetting('prompts', 'different questions'),
    orNoneTextSetting('adapter', 'folder of adapters, as PEFT saves them', 'DIR'),
  ]),
  ...group('Questions from files', evaluationDataSettings),
  ...group('Sampling', [
    numberSetting('k', 'samples of each question'),
    numberSetting('temperature', 'of the softmax that is drawn from; 0 takes the likeliest token'),
    numberSetting('topP', 'draw from the likeliest tokens that make up p; 1: all'),
    numberSetting('topK', 'draw from the k likeliest tokens; 0: all'),
    orNoneSetting('maxTokens', "longest completion, tokens; none: the task's longest answer"),
    numberSetting('seed', 'decides every draw'),
  ]),
  ...group('Machine', machineSettings),
]

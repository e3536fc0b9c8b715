import { weightForms } from '../../lib/model/weight-form.js'
import {
  bandPlanSetting,
  bandSetting,
  group,
  listSetting,
  numberSetting,
  orNoneTextSetting,
  textSetting,
  yesOrNoSetting,
} from '../flag.js'
import { trainingDataSettings } from './data.js'
import { optionSettings } from './algorithm-options.js'
import { machineSettings } from './machine.js'
import { scheduleNames } from './band-plan.js'
import { filterNames, taskNames } from './train-config.js'

/** The flag that turns on entropy control for any algorithm, and the filter that it takes: the one that holds a band. */
export const entropyBand = 'entropy-band'
export const bandFilter = 'predicted'

/** The fields of a training configuration that a flag can set: all but the points of a piecewise band. */
export const trainSettings = [
  ...group('Files', [yesOrNoSetting('tensorboard', 'metrics as an event file too, which TensorBoard follows live')]),
  ...group('What is trained', [
    textSetting('task', taskNames.join(', ')),
    textSetting('algorithm', 'the recipe; `entrain algorithms` lists them'),
    textSetting('model', 'model to start from: a Hugging Face folder, .safetensors, .gguf, or a name', 'PATH'),
    orNoneTextSetting('adapter', 'folder of adapters to go on with, as PEFT saves them', 'DIR'),
    numberSetting('seed', 'decides every draw of the run'),
    numberSetting('steps', 'batches to train on'),
  ]),
  ...group('Questions from files', trainingDataSettings),
  ...group('Entropy band', [
    {
      ...bandPlanSetting('band', `hold entropy there, or along that ramp; by filter ${bandFilter} unless one is named`),
      name: entropyBand,
    },
    textSetting('filter', `what keeps rollouts out when entropy has left its band: ${filterNames.join(', ')}`),
    textSetting('band.schedule', `${scheduleNames.join(', ')} (its points stand in the file)`),
    bandSetting('band.from', 'band at step 0, nats per token'),
    bandSetting('band.to', 'band at the end of the ramp, nats per token'),
    numberSetting('band.steps', 'steps the ramp lasts; the whole run unless given'),
  ]),
  ...group('Sampling', [
    numberSetting('prompts', 'prompts a step'),
    numberSetting('group', 'completions of each prompt'),
    numberSetting('temperature', 'of the softmax that is drawn from'),
    numberSetting('topK', 'draw from the k likeliest tokens; 0: all'),
    numberSetting('topP', 'draw from the likeliest tokens that make up p; 1: all'),
    numberSetting('maxTokens', 'longest completion, tokens'),
    textSetting('rolloutWeights', `${weightForms.join(', ')}; int8 is faster where a model is large: see --mismatch`),
    numberSetting('inFlight', 'batches on their way at once; 1 is strictly on-policy'),
  ]),
  ...group('Update', [
    numberSetting('learningRate', 'of AdamW'),
    numberSetting('warmup', 'optimiser steps over which the learning rate rises'),
    numberSetting('lora.rank', 'of adapters that are trained in place of the weights; 0: the weights are'),
    numberSetting('lora.alpha', 'adapters count alpha / rank times'),
    listSetting('lora.targets', 'projections that have them'),
  ]),
  ...group('Options of the algorithm', optionSettings),
  ...group('Machine', [
    ...machineSettings,
    numberSetting('microBatch', 'most sequences in one engine run; less needs less memory'),
    numberSetting('microBatchTokens', 'most tokens in one; likewise'),
    yesOrNoSetting('gradientCheckpointing', 'compute layers again on the way back: less memory, more time'),
    numberSetting('slots', 'most completions in the making at once; likewise'),
  ]),
  ...group('Evaluation', [
    numberSetting('evaluation.prompts', 'held-out prompts'),
    numberSetting('evaluation.samples', 'completions of each'),
    numberSetting('evaluation.every', 'steps between two; 0: only before and after the run'),
  ]),
]

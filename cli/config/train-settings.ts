import { loraTargets } from '../../lib/model/lora/lora.js'
import { predictionNames } from '../../lib/entropy/predicted-change.js'
import { weightForms } from '../../lib/model/weight-form.js'
import {
  bandPlanSetting,
  bandSetting,
  choiceSetting,
  group,
  numberSetting,
  orAutoSetting,
  orNoneBandSetting,
  orNoneListSetting,
  orNoneSetting,
  orNoneTextSetting,
  textSetting,
  yesOrNoSetting,
} from '../flag.js'
import { limitActions } from '../../operators/limit-entropy.js'
import { trainingDataSettings } from './data.js'
import { optionSettings } from './algorithm-options.js'
import { machineSettings } from './machine.js'
import { adamwSettings, guardSettings, learningRateSettings } from './optimizer.js'
import { promptSettings } from './prompt-and-verifier.js'
import { serverSettings } from './servers.js'
import { scheduleNames } from './band-plan.js'
import { newAdapters } from '../resources/adapters.js'
import { algorithmNames, filterNames, taskNames } from './train-config.js'

/** Flag that turns on entropy control for any algorithm, and the filter that it selects. */
export const entropyBand = 'entropy-band'
export const bandFilter = 'calibrated'

/** Settings of a training configuration that have a flag: all but the points of a piecewise band. */
export const trainSettings = [
  ...group('Files', [
    {
      ...orAutoSetting(
        'checkpoints.every',
        'number of steps between checkpoints, from which `entrain resume` goes on; auto: as often as it costs less than 1% of the time, and at least every 10 minutes; 0: no checkpoints',
      ),
      name: 'checkpoint-every',
    },
    {
      ...numberSetting(
        'checkpoints.keep',
        'number of newest checkpoints that are kept; the one with the best held-out score is kept besides',
      ),
      name: 'keep',
    },
    yesOrNoSetting('tensorboard', 'also write the metrics and the evaluations as an event file for TensorBoard'),
  ]),
  ...group('Training', [
    choiceSetting('task', 'task to train on', taskNames),
    { ...textSetting('algorithm', 'training algorithm; `entrain algorithms` lists them'), choices: algorithmNames },
    textSetting(
      'model',
      'starting model: a Hugging Face folder, a .safetensors or .gguf file, or a bundled name; by default that of the task',
      'PATH',
    ),
    orNoneTextSetting('adapter', 'PEFT folder of LoRA adapters to continue training; none: no adapters', 'DIR|none'),
    numberSetting('seed', 'random seed of the run; the same seed gives the same metrics'),
    numberSetting('steps', 'number of training steps, one batch each'),
    orNoneSetting(
      'plannedSteps',
      'number of steps over which the band and the learning rate are planned; none: the number of training steps',
    ),
  ]),
  ...group('Data of task math', trainingDataSettings),
  ...group('Prompt and verifier', promptSettings),
  ...group('Entropy band', [
    {
      ...bandPlanSetting(
        'band',
        `constant entropy band, or linear ramp between two, nats per token; auto: around the entropy measured before the run, falling to a third of it; selects filter ${bandFilter} unless --filter does`,
      ),
      name: entropyBand,
    },
    choiceSetting('filter', 'rejection filter by entropy', filterNames),
    orNoneTextSetting(
      'prediction',
      `predicted entropy change that the calibrated filters act on: ${predictionNames.join(', ')}; none: covariance, or sampled if the scores are sampled`,
      'NAME|none',
    ),
    textSetting(
      'band.schedule',
      `schedule of the entropy band: ${scheduleNames.join(', ')}; piecewise needs band.points in a YAML file; auto is linear between measured bands`,
    ),
    bandSetting(
      'band.from',
      'entropy band at step 0, nats per token; auto: around the entropy measured before the run',
    ),
    bandSetting(
      'band.to',
      'entropy band at the end of the ramp, nats per token; auto: around a third of the entropy measured before the run',
    ),
    numberSetting('band.steps', 'number of steps that the ramp of the band lasts; by default the whole run'),
    orNoneBandSetting(
      'entropyLimit',
      'hard limit of the entropy, nats per token: steps outside it are noted and marked in the metrics; none: no limit',
    ),
    choiceSetting(
      'entropyLimitAction',
      'action when the entropy is outside --entropy-limit; stop ends the run after the step',
      limitActions,
    ),
  ]),
  ...group('Sampling', [
    numberSetting('prompts', 'number of prompts per step'),
    numberSetting('group', 'group size: number of completions per prompt'),
    numberSetting('temperature', 'sampling temperature'),
    orNoneSetting(
      'scoreTemperature',
      'temperature of the log-probs in the loss and in KL terms; none: the sampling temperature; entropy control stays at 1',
    ),
    numberSetting('topK', 'top-k sampling: only the k most likely tokens; 0 turns it off'),
    numberSetting('topP', 'top-p sampling: only the most likely tokens with total probability p; 1 turns it off'),
    numberSetting('maxTokens', 'maximum length of a completion, tokens'),
    textSetting(
      'rolloutWeights',
      `precision of the weights during sampling: ${weightForms.join(', ')}; int8 is faster for large models, see --mismatch`,
    ),
    numberSetting('inFlight', 'maximum number of batches in progress at the same time; 1 is strictly on-policy'),
    orNoneSetting(
      'maxStaleness',
      'maximum number of updates since the weights that sampled a completion; groups with older ones are dropped and counted; none: no maximum, and completions are at most --in-flight minus 1 updates old',
    ),
  ]),
  ...group('Update', [
    ...learningRateSettings,
    ...adamwSettings,
    ...guardSettings,
    orNoneSetting(
      'lora.rank',
      'rank of LoRA adapters; 0 trains the weights themselves; none: 0, or the rank of --adapter',
    ),
    orNoneSetting(
      'lora.alpha',
      `LoRA scale: the adapters are multiplied by alpha / rank; none: ${newAdapters.alpha}, or the scale of --adapter`,
    ),
    orNoneListSetting(
      'lora.targets',
      `projections that get LoRA adapters, some of ${loraTargets.join(', ')}; none: all, or those of --adapter`,
    ),
  ]),
  ...group('Options of the algorithm', optionSettings),
  ...group('Servers', serverSettings),
  ...group('Machine', [
    ...machineSettings,
    numberSetting('microBatch', 'maximum number of sequences per engine run; lower it to save memory'),
    numberSetting('microBatchTokens', 'maximum number of tokens per engine run; lower it to save memory'),
    yesOrNoSetting('gradientCheckpointing', 'recompute layers in the backward pass: less memory, more time'),
    numberSetting('slots', 'maximum number of sequences decoded at the same time; lower it to save memory'),
    orNoneSetting(
      'stageTimeout',
      'seconds without an answer, between two groups of a sampling call or during a scoring or update call, after which the run ends with the name of the stage; pauses do not count; none: no limit',
    ),
    numberSetting(
      'engineRestarts',
      'number of times that an engine whose thread or GPU device is lost is started again and its work repeated; 0: a loss ends the run',
    ),
  ]),
  ...group('Evaluation', [
    numberSetting('evaluation.prompts', 'number of held-out prompts per evaluation'),
    numberSetting('evaluation.samples', 'number of samples per held-out prompt'),
    numberSetting('evaluation.every', 'number of steps between evaluations; 0: only before and after the run'),
    {
      ...orNoneTextSetting(
        'compare',
        'algorithm that the same configuration trains with after the run, with its own defaults and filter, to compare the results; none: no comparison',
        'ALGORITHM|none',
      ),
      choices: [...algorithmNames, 'none'],
    },
  ]),
]

import { lastValueFrom, takeUntil, tap } from 'rxjs'
import type { Estimate } from '../../lib/evaluation/bootstrap.js'
import type { Evaluation } from '../../lib/evaluation/evaluation.js'
import { writeWhole } from '../../lib/file/write-whole.js'
import { orThrow, rightOrThrow } from '../../lib/or-throw.js'
import { duration } from '../../lib/report/number-text.js'
import type { RewardedGroup } from '../../lib/rollout/rollout-group.js'
import { EvaluationCodec } from '../../lib/run/step-evaluation.js'
import { evaluate } from '../../operators/evaluate.js'
import { judgeAnswers } from '../../pipelines/evaluation.js'
import type { Command } from '../command.js'
import {
  type EvalConfig,
  EvalConfigCodec,
  evalDefaults,
  evalDefaultsOf,
  evalSettings,
  withTaskOf,
} from '../config/eval-config.js'
import type { Settings } from '../config/layer.js'
import { resolve } from '../config/resolve.js'
import { type TrainConfig, trainDefaults } from '../config/train-config.js'
import { mathDefaults } from '../config/task-defaults.js'
import { columns, estimateText, powersOfTwo, truncatedText } from '../display/evaluation.js'
import { exitCodes } from '../exit.js'
import { processClock } from '../gauges.js'
import { handleInterruption } from '../interruption.js'
import type { Flag } from '../flag.js'
import { ALONE, flagLayer } from '../parse-flags.js'
import { heldOutPrompts } from '../resources/held-out.js'
import { requireNewFile } from '../resources/new-file.js'
import { openModel } from '../resources/open-model.js'
import { openPolicy } from '../resources/open-policy.js'
import { modelOrRun } from '../resources/run-model.js'
import { openTask, rewardOptions, type TaskResource } from '../resources/open-task.js'
import { type Scope, withScope } from '../scope.js'
import type { Terminal } from '../terminal.js'

/** Maximum number of sequences that are sampled at the same time. */
const MAX_SEQUENCES = 1024

const jsonFlag: Flag = {
  name: 'json',
  value: '[FILE.json]',
  optionalValue: /\.json$/,
  about:
    'print the results as JSON and nothing else; with FILE.json, print the table, and write the JSON into this new file',
  group: 'Output',
}

/** Evaluates a checkpoint on held-out prompts. */
export const evalCommand: Command = {
  name: 'eval',
  about: 'evaluate a checkpoint or a run on held-out prompts: mean@k, the pass@k curve and maj@k',
  usage: 'CHECKPOINT|RUN [flags]',
  details: [
    'CHECKPOINT is a Hugging Face folder, a .safetensors or .gguf file, or the name of a bundled checkpoint.',
    'RUN is a run folder. Without flags the command repeats the evaluation at the end of the run: its model, task, data,\nprompts, samples, maximum length and seed. Flags take precedence over the settings of the run.',
    'The task of a bundled checkpoint is the task that it was made for.',
    "The defaults for a CHECKPOINT are the protocol of Entrocraft's paper. Intervals are 95% bootstrap intervals over prompts.",
    'The results are on standard output, and the progress is on standard error.',
  ],
  positionals: ['CHECKPOINT|RUN'],
  flags: [jsonFlag, ...evalSettings],
  defaults: evalDefaults,
  examples: [
    ['entrain eval countdown', 'evaluate a bundled checkpoint on its task'],
    ['entrain eval runs/countdown-grpo-1 --k 8', 'evaluate the result of a run, 8 samples each'],
    ['entrain eval countdown --json | jq .meanAtK', 'pass the results to another program'],
    [
      'entrain eval models/Qwen/Qwen3-0.6B --data test.jsonl --prompts 64',
      'evaluate a Hugging Face model on your data',
    ],
  ],
  run: (flags, [name = ''], terminal) =>
    withScope(async (scope) => {
      const { model, run } = await modelOrRun(name, settingsOfRun, terminal.note)
      const layers = [...(run === null ? [] : [run]), flagLayer(evalSettings, flags)]
      const config = rightOrThrow(resolve(EvalConfigCodec, evalDefaultsOf(model), layers, withTaskOf))
      const json = flags.get(jsonFlag.name)
      const file = json === ALONE ? undefined : json
      if (file !== undefined) await orThrow(requireNewFile(file))
      const found = await evaluateCheckpoint({ model, isRun: run !== null, config }, terminal, scope)
      if (typeof found === 'number') return found
      const { evaluation, rows } = found
      const encoded = `${JSON.stringify(figuresOf(evaluation, rows), null, 2)}\n`
      terminal.write(json === ALONE ? encoded : `${describeEvaluation(evaluation, config).join('\n')}\n`)
      if (file !== undefined) await orThrow(writeWhole(file, encoded))
      return exitCodes.done
    }),
}

/** Settings with which a run evaluates its trained model. */
const settingsOfRun = ({
  task,
  data,
  reward,
  system,
  verifier,
  templateVariables,
  maxTokens,
  seed,
  evaluation,
}: TrainConfig): Settings => ({
  ...{ task, data, reward, system, verifier, templateVariables, maxTokens, seed },
  prompts: evaluation.prompts,
  k: evaluation.samples,
})

interface EvaluationRequest {
  readonly model: string
  /** True if the model is named by its run. */
  readonly isRun: boolean
  readonly config: EvalConfig
}

/** Content of the file of `--json`: the evaluation, and the rows of a data set with those that could not be read. */
const figuresOf = (evaluation: Evaluation, rows: TaskResource['rows']) => ({
  ...EvaluationCodec.encode(evaluation),
  ...(rows === null ? {} : { rows }),
})

/** Opens a checkpoint and its task, and evaluates it. Returns the exit code if it was interrupted. */
const evaluateCheckpoint = async (
  { model: name, isRun, config }: EvaluationRequest,
  terminal: Terminal,
  scope: Scope,
): Promise<{ readonly evaluation: Evaluation; readonly rows: TaskResource['rows'] } | number> => {
  const model = await orThrow(openModel(name, config, terminal.note))
  const taskSettings = { ...config, maxTokens: config.maxTokens ?? mathDefaults.maxTokens }
  const { task, about, rows } = scope.own(await orThrow(openTask(taskSettings, model)))
  for (const line of about) terminal.progress(`${line}\n`)
  const heldOut = {
    count: config.prompts,
    preset: isRun ? presetOfRun(config) : evalDefaults.prompts,
    flag: '--prompts',
  }
  const prompts = await orThrow(heldOutPrompts(task, config.split, heldOut, terminal))
  const interruption = scope.own(handleInterruption(terminal))
  const policy = await openPolicy(config, model, task.tokenizer, terminal, scope)
  const { k, temperature, topK, topP, seed, maxTokens } = config
  const groups$ = judgeAnswers(
    { policy, verifier: task.verifier, prompts },
    {
      sampling: { group: k, temperature, topK, topP, seed, maxTokens: maxTokens ?? task.maxTokens },
      // Draws depend on the batch. A run evaluates with the default batch, and the same batch gives the same numbers.
      ...(isRun ? {} : { demand: { prompts: Math.max(1, Math.floor(MAX_SEQUENCES / k)) } }),
      reward: rewardOptions(config.reward),
    },
  )
  const evaluation = await lastValueFrom(
    groups$.pipe(
      showProgress(prompts.length, terminal),
      evaluate({ ks: powersOfTwo(k), seed }),
      takeUntil(interruption.stop$),
    ),
    { defaultValue: null },
  )
  return evaluation === null ? interruption.exitCode() : { evaluation, rows }
}

/** Number of held-out prompts that a run of the task uses by default. */
const presetOfRun = ({ task }: EvalConfig): number =>
  (task === 'math' ? mathDefaults : trainDefaults).evaluation.prompts

/** Time between two progress lines. @units seconds */
const PROGRESS_INTERVAL = 10

const showProgress = (prompts: number, terminal: Terminal) => {
  const start = processClock()
  let [done, shownAt] = [0, start]
  return tap<RewardedGroup>(() => {
    done++
    const now = processClock()
    if (now - shownAt < PROGRESS_INTERVAL) return
    shownAt = now
    terminal.progress(`${done} of ${prompts} prompts, ${duration(((now - start) / done) * (prompts - done))} left\n`)
  })
}

const describeEvaluation = (
  evaluation: Evaluation,
  { k, split, task, temperature, topP, topK }: EvalConfig,
): readonly string[] => {
  const { prompts, meanAtK, passAtK, majAtK, meanTokens, truncated } = evaluation
  const row = (name: string, estimate: Estimate) => [name, estimateText(estimate)]
  return [
    `On ${prompts} prompts of the ${split} split of ${task}, ${k} samples each, temperature ${temperature}, top-p ${topP}, top-k ${topK}:`,
    ...columns([
      row(`mean@${k}`, meanAtK),
      ...Object.entries(passAtK).map(([of, estimate]) => row(`pass@${of}`, estimate)),
      ...(majAtK === null ? [] : [row(`maj@${k}`, majAtK)]),
      ['tokens', meanTokens.toFixed(1)],
      ['truncated', truncatedText(truncated)],
    ]),
  ]
}

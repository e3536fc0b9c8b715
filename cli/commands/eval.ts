import { lastValueFrom, takeUntil, tap } from 'rxjs'
import type { Estimate } from '../../lib/evaluation/bootstrap.js'
import type { Evaluation } from '../../lib/evaluation/evaluation.js'
import { writeWhole } from '../../lib/file/write-whole.js'
import { constantRate } from '../../lib/optimizer/learning-rate.js'
import { orThrow, rightOrThrow } from '../../lib/or-throw.js'
import { localModel } from '../../lib/policy/local/local-model.js'
import { duration } from '../../lib/report/number-text.js'
import type { RewardedGroup } from '../../lib/rollout/rollout-group.js'
import { EvaluationCodec } from '../../lib/run/step-evaluation.js'
import { evaluate } from '../../operators/evaluate.js'
import { judgeAnswers } from '../../pipelines/evaluation.js'
import type { Command } from '../command.js'
import { type EvalConfig, EvalConfigCodec, evalDefaults, evalSettings, withTaskOf } from '../config/eval-config.js'
import { openMachine } from '../config/machine.js'
import { resolve } from '../config/resolve.js'
import { mathDefaults } from '../config/with-defaults-for.js'
import { columns, estimateText, powersOfTwo } from '../display/evaluation.js'
import { exitCodes } from '../exit.js'
import { processClock } from '../gauges.js'
import { handleInterruption } from '../interruption.js'
import { flagLayer } from '../parse-flags.js'
import { heldOutPrompts } from '../resources/held-out.js'
import { requireNewFile } from '../resources/new-file.js'
import { openModel } from '../resources/open-model.js'
import { openTask, rewardOptions } from '../resources/open-task.js'
import { type Scope, withScope } from '../scope.js'
import type { Terminal } from '../terminal.js'

/** Maximum number of sequences that are sampled at the same time. */
const MAX_SEQUENCES = 1024

/** Evaluates a checkpoint on held-out prompts. */
export const evalCommand: Command = {
  name: 'eval',
  about: 'evaluate a checkpoint on held-out prompts: mean@k, the pass@k curve and maj@k',
  usage: 'CHECKPOINT [flags]',
  details: [
    'CHECKPOINT is a Hugging Face folder, a .safetensors or .gguf file, or the name of a bundled checkpoint.',
    "The defaults are the protocol of Entrocraft's paper. Intervals are 95% bootstrap intervals over prompts.",
  ],
  positionals: ['CHECKPOINT'],
  flags: [
    {
      name: 'json',
      value: 'FILE',
      about: 'also write the results into this JSON file, which must be new',
      group: 'Files',
    },
    ...evalSettings,
  ],
  defaults: evalDefaults,
  examples: [
    ['entrain eval countdown', 'evaluate the bundled checkpoint'],
    [
      'entrain eval models/Qwen/Qwen3-0.6B --data test.jsonl --prompts 64',
      'evaluate a Hugging Face model on your data',
    ],
    ['entrain eval runs/countdown-grpo-1/checkpoint.safetensors --k 8', 'evaluate the result of a run, 8 samples each'],
  ],
  run: (flags, [name = ''], terminal) =>
    withScope(async (scope) => {
      const config = rightOrThrow(resolve(EvalConfigCodec, evalDefaults, [flagLayer(evalSettings, flags)], withTaskOf))
      const json = flags.get('json')
      if (json !== undefined) await orThrow(requireNewFile(json))
      const evaluation = await evaluateCheckpoint(name, config, terminal, scope)
      if (evaluation === null) return exitCodes.interrupted
      terminal.write(`${describeEvaluation(evaluation, config).join('\n')}\n`)
      if (json !== undefined)
        await orThrow(writeWhole(json, `${JSON.stringify(EvaluationCodec.encode(evaluation), null, 2)}\n`))
      return exitCodes.done
    }),
}

/** Opens a checkpoint and its task, and evaluates it; null if it was interrupted. */
const evaluateCheckpoint = async (
  name: string,
  config: EvalConfig,
  terminal: Terminal,
  scope: Scope,
): Promise<Evaluation | null> => {
  const model = await orThrow(openModel(name, config))
  const taskSettings = { ...config, maxTokens: config.maxTokens ?? mathDefaults.maxTokens }
  const { task, about } = scope.own(await orThrow(openTask(taskSettings, model)))
  for (const line of about) terminal.write(`${line}\n`)
  const prompts = await orThrow(heldOutPrompts(task, config.split, config.prompts, '--'))
  const { stop$ } = scope.own(handleInterruption(terminal))
  const { engine, replicas, reason } = scope.own(await orThrow(openMachine(config)))
  terminal.write(`engine ${engine.name}: ${reason}\n`)
  const { policy } = await orThrow(
    localModel({
      engine,
      replicas,
      checkpoint: model.source,
      tokenizer: task.tokenizer,
      learningRate: constantRate(0),
    }),
  )
  const { k, temperature, topK, topP, seed, maxTokens } = config
  const groups$ = judgeAnswers(
    { policy, verifier: task.verifier, prompts },
    {
      sampling: { group: k, temperature, topK, topP, seed, maxTokens: maxTokens ?? task.maxTokens },
      demand: { prompts: Math.max(1, Math.floor(MAX_SEQUENCES / k)) },
      reward: rewardOptions(config.reward),
    },
  )
  return lastValueFrom(
    groups$.pipe(showProgress(config, terminal), evaluate({ ks: powersOfTwo(k), seed }), takeUntil(stop$)),
    { defaultValue: null },
  )
}

/** Time between two progress lines. @units seconds */
const PROGRESS_INTERVAL = 10

const showProgress = ({ prompts }: EvalConfig, terminal: Terminal) => {
  const start = processClock()
  let [done, shownAt] = [0, start]
  return tap<RewardedGroup>(() => {
    done++
    const now = processClock()
    if (now - shownAt < PROGRESS_INTERVAL) return
    shownAt = now
    terminal.write(`${done} of ${prompts} prompts, ${duration(((now - start) / done) * (prompts - done))} left\n`)
  })
}

const describeEvaluation = (
  evaluation: Evaluation,
  { k, split, task, temperature, topP, topK }: EvalConfig,
): readonly string[] => {
  const { prompts, meanAtK, passAtK, majAtK, meanTokens } = evaluation
  const row = (name: string, estimate: Estimate) => [name, estimateText(estimate)]
  return [
    `On ${prompts} prompts of the ${split} split of ${task}, ${k} samples each, temperature ${temperature}, top-p ${topP}, top-k ${topK}:`,
    ...columns([
      row(`mean@${k}`, meanAtK),
      ...Object.entries(passAtK).map(([of, estimate]) => row(`pass@${of}`, estimate)),
      ...(majAtK === null ? [] : [row(`maj@${k}`, majAtK)]),
      ['tokens', meanTokens.toFixed(1)],
    ]),
  ]
}

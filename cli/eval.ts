import { lastValueFrom, takeUntil, tap } from 'rxjs'
import type { Estimate } from '../lib/evaluation/bootstrap.js'
import type { Evaluation } from '../lib/evaluation/evaluation.js'
import { constantRate } from '../lib/optimizer/learning-rate.js'
import { localModel } from '../lib/policy/local/local-model.js'
import type { RewardedGroup } from '../lib/rollout/rollout-group.js'
import { EvaluationCodec } from '../lib/run/step-evaluation.js'
import { writeWhole } from '../lib/file/write-whole.js'
import { evaluate } from '../operators/evaluate.js'
import { judged } from '../pipelines/evaluation.js'
import { processClock } from './gauges.js'
import { canBeMade } from './can-be-made.js'
import type { Command } from './command.js'
import { openMachine } from './config/machine.js'
import { type EvalConfig, EvalConfigCodec, evalDefaults, evalSettings, withTaskOf } from './config/eval-config.js'
import { resolve } from './config/resolve.js'
import { mathDefaults } from './config/train-config.js'
import { columns, estimateText, powersOfTwo } from './display/evaluation.js'
import { duration } from '../lib/report/number-text.js'
import { exitCodes } from './exit.js'
import { orThrow, rightOrThrow } from '../lib/or-throw.js'
import { heldOut } from './held-out.js'
import { interruption } from './interruption.js'
import { openModel } from './open-model.js'
import { openTask } from './open-task.js'
import { flagLayer } from './parse-flags.js'
import type { Terminal } from './terminal.js'

/** Most sequences that are sampled at once. */
const AT_ONCE = 1024

/** Says how well a checkpoint answers questions it was not trained on. */
export const evalCommand: Command = {
  name: 'eval',
  about: 'say how well a checkpoint answers held-out questions: mean@k, the pass@k curve and maj@k',
  usage: 'CHECKPOINT [flags]',
  details: [
    'CHECKPOINT is a Hugging Face folder, a .safetensors or .gguf file, or the name of one that comes with entrain.',
    "The defaults are the paper's protocol. Intervals are 95%, over questions.",
  ],
  positionals: ['CHECKPOINT'],
  flags: [{ name: 'json', value: 'FILE', about: 'writes the figures there, too', group: 'Files' }, ...evalSettings],
  defaults: evalDefaults,
  examples: [
    ['entrain eval countdown', 'the checkpoint that comes with entrain'],
    [
      'entrain eval models/Qwen/Qwen3-0.6B --data test.jsonl --prompts 64',
      'a model of Hugging Face on questions of your own',
    ],
    ['entrain eval runs/countdown-grpo-1/checkpoint.safetensors --k 8', 'what a run made, eight samples a question'],
  ],
  run: async (flags, [name = ''], terminal) => {
    const config = rightOrThrow(resolve(EvalConfigCodec, evalDefaults, [flagLayer(evalSettings, flags)], withTaskOf))
    const json = flags.get('json')
    if (json !== undefined) await orThrow(canBeMade(json))
    const model = await orThrow(openModel(name, config))
    const {
      task,
      about,
      close: closeTask,
    } = await orThrow(openTask({ ...config, maxTokens: config.maxTokens ?? mathDefaults.maxTokens }, model))
    for (const line of about) terminal.write(`${line}\n`)
    const questions = await orThrow(heldOut(task, config.split, config.prompts, '--'))
    const { engine, replicas, reason, close: closeEngines } = await orThrow(openMachine(config))
    const interrupted = interruption(terminal)
    try {
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
      const evaluation = await lastValueFrom(
        judged(
          { policy, verifier: task.verifier, prompts: questions },
          {
            sampling: { group: k, temperature, topK, topP, seed, maxTokens: maxTokens ?? task.maxTokens },
            demand: { prompts: Math.max(1, Math.floor(AT_ONCE / k)) },
          },
        ).pipe(progress(config, terminal), evaluate({ ks: powersOfTwo(k), seed }), takeUntil(interrupted.stop$)),
        { defaultValue: null },
      )
      if (evaluation === null) return exitCodes.interrupted
      terminal.write(`${told(evaluation, config).join('\n')}\n`)
      if (json !== undefined)
        await orThrow(writeWhole(json, `${JSON.stringify(EvaluationCodec.encode(evaluation), null, 2)}\n`))
      return exitCodes.done
    } finally {
      await Promise.all([closeEngines(), closeTask()])
      interrupted.release()
    }
  },
}

/** A line every so many seconds. */
const PATIENCE = 10

const progress = ({ prompts }: EvalConfig, terminal: Terminal) => {
  const start = processClock()
  let [done, told] = [0, start]
  return tap<RewardedGroup>(() => {
    done++
    const now = processClock()
    if (now - told < PATIENCE) return
    told = now
    terminal.write(`${done} of ${prompts} questions, ${duration(((now - start) / done) * (prompts - done))} left\n`)
  })
}

const told = (evaluation: Evaluation, { k, split, task, temperature, topP, topK }: EvalConfig): readonly string[] => {
  const { prompts, meanAtK, passAtK, majAtK, meanTokens } = evaluation
  const row = (name: string, estimate: Estimate) => [name, estimateText(estimate)]
  return [
    `On ${prompts} questions of the ${split} split of ${task}, ${k} samples each, temperature ${temperature}, top-p ${topP}, top-k ${topK}:`,
    ...columns([
      row(`mean@${k}`, meanAtK),
      ...Object.entries(passAtK).map(([of, estimate]) => row(`pass@${of}`, estimate)),
      ...(majAtK === null ? [] : [row(`maj@${k}`, majAtK)]),
      ['tokens', meanTokens.toFixed(1)],
    ]),
  ]
}

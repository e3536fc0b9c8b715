import { firstValueFrom, Subject, take } from 'rxjs'
import { scheduleOf } from '../../cli/config/band-plan.js'
import { trainDefaults } from '../../cli/config/train-config.js'
import { loadTrainedModel } from '../../cli/training/training-steps.js'
import type { Engine } from '../../lib/compute/engine/engine.js'
import type { ModelSource } from '../../lib/model/model-checkpoint.js'
import type { StepReport } from '../../lib/report/step-report.js'
import type { Prompt } from '../../lib/rollout/prompt.js'
import { tasks } from '../../lib/task/index.js'
import { algorithms } from '../../pipelines/algorithms/index.js'

/** Default job that makes one step at each call. */
export interface SteppedJob {
  /** One step: rollouts, rewards, scores, filter, update. */
  step(): Promise<StepReport>
  close(): Promise<void>
}

export const createSteppedJob = async (engine: Engine, checkpoint: ModelSource): Promise<SteppedJob> => {
  const config = trainDefaults
  const task = tasks[config.task].create()
  const model = await loadTrainedModel(config, task, checkpoint, engine)
  const gate = createPromptGate(task.prompts('train', config.seed), config.prompts)
  const { prompts, inFlight, group, temperature, topK, topP, maxTokens, seed } = config
  const reports$ = new Subject<StepReport>()
  const running = algorithms[config.algorithm]
    .create(
      { ...model, verifier: task.verifier, rewardScale: task.rewardScale, prompts: gate.prompts() },
      {
        band: scheduleOf(config.band, config.steps),
        sampling: { group, temperature, topK, topP, maxTokens, seed },
        demand: { prompts, inFlight },
        algorithm: config.options,
      },
    )
    .subscribe(reports$)
  return {
    step: () => {
      const report = firstValueFrom(reports$.pipe(take(1)))
      gate.open()
      return report
    },
    close: async () => {
      running.unsubscribe()
      await model.close()
    },
  }
}

/** Prompt source that gives one batch of prompts for each call of `open`. */
const createPromptGate = (source: Iterable<Prompt>, batch: number) => {
  let allowed = 0
  let wake = (): void => undefined
  return {
    open: () => {
      allowed++
      wake()
    },
    prompts: async function* (): AsyncGenerator<Prompt> {
      let n = 0
      for (const prompt of source) {
        while (n >= allowed * batch) await new Promise<void>((resolve) => (wake = resolve))
        n++
        yield prompt
      }
    },
  }
}

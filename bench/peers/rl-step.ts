import { firstValueFrom, Subject, take } from 'rxjs'
import { scheduleOf } from '../../cli/config/band-plan.js'
import { type PlannedConfig, type TrainConfig, trainDefaults } from '../../cli/config/train-config.js'
import { loadTrainedModel } from '../../cli/training/training-steps.js'
import type { Engine } from '../../lib/compute/engine/engine.js'
import type { ModelSource } from '../../lib/model/model-checkpoint.js'
import type { StepReport } from '../../lib/report/step-report.js'
import type { Prompt, PromptSource } from '../../lib/rollout/prompt.js'
import { tasks } from '../../lib/task/index.js'
import type { Task } from '../../lib/task/task.js'
import { algorithms } from '../../pipelines/algorithms/index.js'

/** Job that makes one step at each call. */
export interface SteppedJob {
  /** One step: rollouts, rewards, scores, filter, update. */
  step(): Promise<StepReport>
  close(): Promise<void>
}

/** Configuration of a job, and its task. */
interface Job {
  readonly config: PlannedConfig & TrainConfig
  readonly task: Task
}

const defaultJob = (): Job => ({ config: trainDefaults, task: tasks[trainDefaults.task].create() })

export const createSteppedJob = async (
  engine: Engine,
  checkpoint: ModelSource,
  { config, task }: Job = defaultJob(),
): Promise<SteppedJob> => {
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
const createPromptGate = (source: PromptSource, batch: number) => {
  let allowed = 0
  let wake = (): void => undefined
  return {
    open: () => {
      allowed++
      wake()
    },
    prompts: async function* (): AsyncGenerator<Prompt> {
      let n = 0
      for await (const prompt of source) {
        while (n >= allowed * batch) await new Promise<void>((resolve) => (wake = resolve))
        n++
        yield prompt
      }
    },
  }
}

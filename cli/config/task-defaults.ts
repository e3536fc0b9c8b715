import type { bundledCheckpoints } from '../../lib/model/model-file.js'
import type { TaskName } from '../../lib/task/index.js'
import { type TrainConfig, trainDefaults } from './train-config.js'

/** Defaults of task `math` that differ from those of `countdown`, because its answers and models are larger. */
export const mathDefaults = {
  task: 'math',
  prompts: 8,
  maxTokens: 512,
  learningRate: 1e-6,
  evaluation: { prompts: 64, samples: 4, every: 50 },
} satisfies Partial<TrainConfig>

/** Defaults of each task that differ from those of `countdown`. */
const differences = {
  countdown: { task: 'countdown' },
  moves: { task: 'moves', maxTokens: 26 },
  math: mathDefaults,
} satisfies Record<TrainConfig['task'], Partial<TrainConfig>>

const keys = [...new Set(Object.values(differences).flatMap(Object.keys))] as (keyof TrainConfig)[]
const shared = Object.fromEntries(keys.map((key) => [key, trainDefaults[key]]))

/** Defaults that depend on the task. Each row has the same fields, so that it replaces the row of another task. */
export const taskDefaults: Readonly<Record<string, Partial<TrainConfig>>> = Object.fromEntries(
  Object.entries(differences).map(([task, row]) => [task, { ...shared, ...row }]),
)

/** Bundled checkpoint from which a task starts by default. Task `math` has none, because no bundled model knows words. */
export const checkpointOfTask: Readonly<Record<TaskName, (typeof bundledCheckpoints)[number]>> = {
  countdown: 'countdown',
  moves: 'moves',
}

import { CheckpointError } from '../lib/checkpoint/checkpoint-error.js'
import type { ModelSource } from '../lib/model/model-checkpoint.js'
import { type TaskName, tasks } from '../lib/task/index.js'
import type { Task } from '../lib/task/task.js'

/** The task of that name, made sure to speak the model's tokens. @errors CheckpointError */
export const taskOf = (name: TaskName, { config }: ModelSource, file: string): Task => {
  const task = tasks[name].create()
  if (config.vocabulary !== task.tokenizer.vocabulary)
    throw new CheckpointError(
      file,
      `a vocabulary of ${config.vocabulary} tokens`,
      `${task.tokenizer.vocabulary}, as task ${name} has`,
    )
  return task
}

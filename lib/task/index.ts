import { countdown } from './countdown/index.js'
import { moves } from './moves/index.js'
import type { GeneratedTask } from './task.js'

/** Row of the table {@link tasks}. */
export interface TaskEntry {
  readonly create: () => GeneratedTask
  /** Description in the help of the command line. */
  readonly about: string
}

/** Generated tasks by their name on the command line: `tasks.countdown.create()`. */
export const tasks = {
  countdown: { create: () => countdown(), about: 'reach a target from given numbers with + - * / and parentheses' },
  moves: { create: () => moves(), about: 'reach a target from a start by given moves, each with its result' },
} as const satisfies Record<string, TaskEntry>

/** Name of a task on the command line. */
export type TaskName = keyof typeof tasks

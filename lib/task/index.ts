import { countdown } from './countdown/index.js'
import type { Task } from './task.js'

/** A task as it is chosen by name. */
export interface TaskEntry {
  readonly create: () => Task
  readonly about: string
}

export const tasks = {
  countdown: { create: () => countdown(), about: 'reach a target from given numbers with + - * / and parentheses' },
} as const satisfies Record<string, TaskEntry>

export type TaskName = keyof typeof tasks

import { countdown } from './countdown/index.js'
import type { GeneratedTask } from './task.js'

/** A task as it is chosen by name. */
export interface TaskEntry {
  readonly create: () => GeneratedTask
  readonly about: string
}

export const tasks = {
  countdown: { create: () => countdown(), about: 'reach a target from given numbers with + - * / and parentheses' },
} as const satisfies Record<string, TaskEntry>

export type TaskName = keyof typeof tasks

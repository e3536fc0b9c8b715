import { counted } from '../report/number-text.js'
import type { StepMetrics } from './step-metrics.js'

/** Numbers of prompts of the finished steps of a run, by the outcome of their groups. */
export interface PromptCounts {
  /** Groups with completions that a step trained on, also a step that then changed no weight. */
  readonly trained: number
  /** Groups that were dropped as stale. */
  readonly stale: number
  /** Groups without a verdict, because the verifier failed on every completion. */
  readonly failed: number
  /** Degenerate groups that dynamic sampling replaced. */
  readonly discarded: number
}

/** Account of all prompts of a run: `issued` is the sum of the other numbers. */
export interface PromptAccount extends PromptCounts {
  /** Prompts whose completions were requested. */
  readonly issued: number
  /** Prompts of steps that the run did not finish. A resumed run issues them again. */
  readonly unfinished: number
}

/** Counts before the first step. */
export const noPrompts: PromptCounts = { trained: 0, stale: 0, failed: 0, discarded: 0 }

/** Adds the prompts of a step; null if a log of an earlier version does not have them. */
export const addPrompts = (
  counts: PromptCounts | null,
  { groups, failedGroups, staleGroups, discardedGroups }: StepMetrics,
): PromptCounts | null => {
  if (counts === null || groups === null || failedGroups === null) return null
  const stale = staleGroups ?? 0
  return {
    trained: counts.trained + groups - failedGroups - stale,
    stale: counts.stale + stale,
    failed: counts.failed + failedGroups,
    discarded: counts.discarded + discardedGroups,
  }
}

/** Returns the account of a run; null if the logs do not have its prompts. */
export const promptAccount = (counts: PromptCounts | null, unfinished: number): PromptAccount | null =>
  counts === null ? null : { issued: countPrompts(counts) + unfinished, ...counts, unfinished }

/** Returns the number of prompts of the finished steps. */
export const countPrompts = ({ trained, stale, failed, discarded }: PromptCounts): number =>
  trained + stale + failed + discarded

/** Text of an account: `160 prompts: 150 trained, 6 dropped as stale, 4 without a verdict`. */
export const accountText = ({ issued, trained, stale, failed, discarded, unfinished }: PromptAccount): string => {
  const parts = [
    [stale, 'dropped as stale'],
    [failed, 'without a verdict'],
    [discarded, 'replaced by dynamic sampling'],
    [unfinished, 'of steps that were not finished'],
  ] as const
  const others = parts.flatMap(([count, outcome]) => (count === 0 ? [] : [`, ${count} ${outcome}`]))
  return `${counted(issued, 'prompt')}: ${trained} trained${others.join('')}`
}

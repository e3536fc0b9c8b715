import { predictedChange } from '../entropy/predicted-change.js'
import type { UpdateReport } from '../policy/learner.js'
import { perFault } from '../reward/reward.js'
import type { FilteredBatch } from './batch.js'
import { diagnosticsOf } from './diagnostics.js'
import type { BySign, StepReport } from './step-report.js'

/** What a step did, from the batch it was given and what became of it. Means are NaN for a batch without responses. */
export const stepReportOf = (batch: FilteredBatch, outcome: UpdateReport): StepReport => {
  const { responses, advantages_B, accepted_B, mask_BT } = batch
  const mean = (values: readonly number[]) => sum(values) / values.length
  return {
    step: batch.batch,
    outcome,
    entropy: batch.state,
    reward: {
      mean: mean(responses.map(({ reward }) => reward.value)),
      correct: mean(responses.map(({ reward }) => (reward.correct ? 1 : 0))),
    },
    accepted: bySign(advantages_B.filter((_, b) => accepted_B[b])),
    rejected: bySign(advantages_B.filter((_, b) => accepted_B[b] === false)),
    excluded: advantages_B.filter(Number.isNaN).length,
    tokens: {
      sampled: sum(responses.map(({ completion }) => completion.tokens.length)),
      trained: outcome.status === 'updated' ? sum(mask_BT) : 0,
    },
    predictedChange: predictedChange(batch, mask_BT),
    diagnostics: diagnosticsOf(batch),
    failures: batch.failures.length,
    faults: perFault((fault) => responses.filter(({ reward }) => reward.fault === fault).length),
    zeroVarianceGroups: batch.zeroVarianceGroups,
    discardedGroups: batch.discardedGroups,
    weighing: batch.weighing ?? null,
    example: responses[0] ?? null,
  }
}

const bySign = (advantages: Float32Array): BySign => ({
  positive: advantages.filter((advantage) => advantage > 0).length,
  zero: advantages.filter((advantage) => advantage === 0).length,
  negative: advantages.filter((advantage) => advantage < 0).length,
})

const sum = (values: Iterable<number>): number => {
  let total = 0
  for (const value of values) total += value
  return total
}

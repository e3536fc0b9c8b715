import { predictedChange_BT, trainedChange } from '../entropy/predicted-change.js'
import type { UpdateReport } from '../policy/learner.js'
import { perFault } from '../rollout/reward.js'
import type { FilteredBatch } from '../rollout/batch.js'
import { mean, sum } from '../statistics.js'
import { diagnosticsOf } from './diagnostics.js'
import { failureKinds } from './failure-kinds.js'
import type { BySign, Example, StepReport } from './step-report.js'

/** Returns the report of a training step from its batch and the outcome of its update. Means are NaN without responses. */
export const stepReportOf = (batch: FilteredBatch, outcome: UpdateReport): StepReport => {
  const { responses, advantages_B, accepted_B, mask_BT } = batch
  const change_BT = predictedChange_BT(batch)
  return {
    step: batch.step,
    outcome,
    entropy: batch.state,
    reward: {
      mean: mean(responses.map(({ reward }) => reward.value)),
      correct: mean(responses.map(({ reward }) => (reward.correct ? 1 : 0))),
    },
    accepted: bySign(advantages_B.filter((_, b) => accepted_B[b])),
    rejected: bySign(advantages_B.filter((_, b) => accepted_B[b] === false)),
    excluded: advantages_B.filter(Number.isNaN).length,
    truncated: mean(responses.map(({ completion }) => (completion.finish === 'length' ? 1 : 0))),
    tokens: {
      sampled: sum(responses.map(({ completion }) => completion.tokens.length)),
      trained: outcome.status === 'updated' ? countOnes(mask_BT) : 0,
    },
    predictedChange: trainedChange(change_BT, mask_BT),
    diagnostics: diagnosticsOf(batch),
    failures: batch.failures.length,
    failureKinds: failureKinds(batch.failures),
    faults: perFault((fault) => responses.filter(({ reward }) => reward.fault === fault).length),
    groups: batch.groups ?? new Set(responses.map(({ group }) => group)).size,
    failedGroups: batch.failedGroups ?? 0,
    zeroVarianceGroups: batch.zeroVarianceGroups,
    discardedGroups: batch.discardedGroups,
    staleGroups: batch.staleGroups ?? 0,
    staleness: stalenessOf(batch, outcome),
    filterMemory: batch.memory ?? null,
    controlled: batch.controlled ?? null,
    position: batch.position ?? null,
    examples: examplesOf(batch, change_BT),
  }
}

/** Number of ones in a mask. It reads masks only: the general sum, which reads every kind of list, takes several times as long. */
const countOnes = (mask: Uint8Array): number => {
  let ones = 0
  for (let place = 0; place < mask.length; place++) ones += mask[place]!
  return ones
}

/** Largest number of example responses in a report. */
const EXAMPLES = 8

/** Returns evenly spaced responses of the batch, so that they come from different groups. */
const examplesOf = (batch: FilteredBatch, change_BT: Float64Array): readonly Example[] => {
  const { responses, advantages_B, accepted_B, scores, width } = batch
  const count = Math.min(EXAMPLES, responses.length)
  return Array.from({ length: count }, (_, i) => {
    const b = Math.floor((i * responses.length) / count)
    const response = responses[b]!
    return {
      response,
      advantage: advantages_B[b]!,
      accepted: accepted_B[b]!,
      // `slice` copies: a view would keep the matrix of the whole batch in memory.
      entropy_T: scores.entropy_BT.slice(b * width, b * width + response.completion.tokens.length),
      predictedChange: sum(change_BT.subarray(b * width, (b + 1) * width)),
    }
  })
}

/** An update publishes the next version, so it began with the version before. */
const stalenessOf = ({ responses }: FilteredBatch, { status, version }: UpdateReport): StepReport['staleness'] => {
  const trained = status === 'updated' ? version - 1 : version
  const ages = responses.map(({ completion }) => trained - completion.version)
  return { mean: mean(ages), max: ages.length === 0 ? NaN : Math.max(...ages) }
}

const bySign = (advantages: Float32Array): BySign => ({
  positive: advantages.filter((advantage) => advantage > 0).length,
  zero: advantages.filter((advantage) => advantage === 0).length,
  negative: advantages.filter((advantage) => advantage < 0).length,
})

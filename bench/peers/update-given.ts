import type { BenchModel } from '../models.js'
import { advantageOf, createSequences, OLD_LOGPROB } from '../synthetic.js'

/** Batch of an update and its learning rate, as the scripts of the peers read them. */
export const updateGiven = (model: BenchModel) => ({
  sequences: createSequences(model).map((tokens) => [...tokens]),
  advantages: Array.from({ length: model.rows }, (_, row) => advantageOf(row)),
  oldLogprob: OLD_LOGPROB,
  learningRate: 1e-4,
})

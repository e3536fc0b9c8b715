import { entrocraftPredicted } from './entrocraft-predicted.js'
import { entrocraft } from './entrocraft.js'
import { grpo } from './grpo.js'
import type { Pipeline } from './training.js'

/** A training pipeline as it is chosen by name. */
export interface PipelineEntry {
  readonly create: Pipeline
  readonly about: string
  readonly paper: string
}

export const pipelines = {
  grpo: {
    create: grpo,
    about: 'every rollout trains, weighed against its group; entropy is only watched',
    paper: 'arXiv:2402.03300',
  },
  entrocraft: {
    create: entrocraft,
    about: "GRPO on the rollouts whose advantage's sign pushes entropy back into its band (Algorithm 1)",
    paper: 'arXiv:2604.26326',
  },
  'entrocraft-predicted': {
    create: entrocraftPredicted,
    about: 'GRPO on the rollouts whose predicted entropy change pushes it back into its band',
    paper: 'arXiv:2604.26326',
  },
} as const satisfies Record<string, PipelineEntry>

export type PipelineName = keyof typeof pipelines

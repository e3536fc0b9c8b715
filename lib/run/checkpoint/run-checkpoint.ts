import type { TrainingState } from '../../checkpoint/training-state.js'
import type { PipelineState } from '../../control/pipeline-state.js'

/** State of a run between two steps. A run that resumes from it makes the steps that it would have made. */
export interface RunCheckpoint {
  readonly learner: TrainingState
  readonly pipeline: PipelineState
  /** Size of each log of the run, by file name. @units bytes */
  readonly logs: Readonly<Record<string, number>>
  /** Score of the last evaluation of these weights on held-out prompts; null if they were not evaluated. */
  readonly score: number | null
  /** Files that the run reads, by path: its model and its data. */
  readonly inputs: Readonly<Record<string, FileDigest>>
}

/** Size and SHA-256 digest of a file. */
export interface FileDigest {
  readonly bytes: number
  readonly sha256: string
}

import type { LearnerState, TrainingState } from '../../checkpoint/training-state.js'
import type { PipelineState } from '../../control/pipeline-state.js'

/**
 * State of a run between two steps, with the facts about its folder that a resumed run needs. A run that resumes from it makes the
 * same steps as a run without interruption. `State` is a {@link SavedState} if the weights are on a service.
 */
export interface RunCheckpoint<State extends LearnerState = TrainingState> {
  readonly learner: State
  readonly pipeline: PipelineState
  /** Size of each log of the run, by file name. A resumed run cuts its logs back to them. @units bytes */
  readonly logs: Readonly<Record<string, number>>
  /** Score of these weights on held-out prompts; null if they were not evaluated. */
  readonly score: number | null
  /** Files that the run reads, by name: its model, its data and the module of its verifier. */
  readonly inputs: Readonly<Record<string, FileDigest>>
  /** Engine that the run computed with; null if its writer does not tell it. */
  readonly engine: UsedEngine | null
  /** Settings of the run, as in its configuration file; null if its writer does not tell them. */
  readonly config: Readonly<Record<string, unknown>> | null
}

/** Engine of a run, as far as the rounding of its numbers depends on it. */
export interface UsedEngine {
  /** Name on the command line, such as `onnx`. */
  readonly name: string
  /** Name of the GPU; null for an engine that does not choose among several devices. */
  readonly device: string | null
  /** Number of threads of each engine; null for an engine without that option. */
  readonly threads: number | null
}

/** Checkpoint to write. A field that is left out is empty. */
export type NewCheckpoint = Pick<RunCheckpoint<LearnerState>, 'learner' | 'pipeline'> &
  Partial<RunCheckpoint<LearnerState>>

/** Size and SHA-256 digest of a file. */
export interface FileDigest {
  readonly bytes: number
  readonly sha256: string
}

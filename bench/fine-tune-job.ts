/** Weights that the bench trains: all weights of the model, or low-rank adapters alone. */
export const trainedParts = ['all weights', 'adapters'] as const

/** Measurement of one process of the bench. */
export interface FineTuneResult {
  /** Count of trained numbers. */
  readonly trained: number
  /** Peak of resident memory after loading the model. @units KiB */
  readonly loaded: number
  /** Peak of resident memory after the steps. @units KiB */
  readonly peak: number
  /** Time of the second step. */
  readonly seconds: number
}

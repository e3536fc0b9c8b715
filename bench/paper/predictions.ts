import { type AlgorithmName, algorithms } from '../../pipelines/algorithms/index.js'
import type { Method } from './methods.js'

/** Entropy that a paper or a definition predicts for an algorithm. */
export type Prediction =
  | { readonly entropy: 'falls' | 'rises' }
  /** `than` is the name of another algorithm of the part. */
  | { readonly entropy: 'falls more slowly'; readonly than: string }
  /** @units nats per token */
  | { readonly entropy: 'holds'; readonly target: number }
  | { readonly entropy: 'holds the band' }

/** Algorithm of the part `algorithms`. */
export interface PredictedAlgorithm {
  readonly name: string
  readonly algorithm: AlgorithmName
  readonly options: Method['options']
  readonly prediction: Prediction | null
}

/** Predictions of section 4 of the Entrocraft paper. Targets are those of the controllers. */
const predictions: Partial<Record<AlgorithmName, Prediction>> = {
  raft: { entropy: 'falls' },
  'raft++': { entropy: 'falls' },
  psr: { entropy: 'falls' },
  nsr: { entropy: 'rises' },
  grpo: { entropy: 'falls' },
  gspo: { entropy: 'falls' },
  'w-reinforce': { entropy: 'falls more slowly', than: 'grpo' },
  'clip-higher': { entropy: 'falls more slowly', than: 'grpo, 4 minibatches' },
  'clip-cov': { entropy: 'falls more slowly', than: 'grpo, 4 minibatches' },
  'entropy-loss': { entropy: 'falls more slowly', than: 'grpo' },
  entropic: { entropy: 'holds', target: 0.5 },
  entrocraft: { entropy: 'holds the band' },
  'entrocraft-predicted': { entropy: 'holds the band' },
  'entrocraft-calibrated': { entropy: 'holds the band' },
}

/** Every algorithm with its defaults, and two more for comparison. */
export const predictedAlgorithms: readonly PredictedAlgorithm[] = [
  ...(Object.keys(algorithms) as AlgorithmName[]).map((algorithm) => ({
    name: algorithm,
    algorithm,
    options: {},
    prediction: predictions[algorithm] ?? null,
  })),
  {
    name: 'grpo, 4 minibatches',
    algorithm: 'grpo',
    options: { minibatches: 4 },
    prediction: { entropy: 'falls' },
  },
  {
    name: 'adaptive-entropy, target 0.5',
    algorithm: 'adaptive-entropy',
    options: { target: 0.5 },
    prediction: { entropy: 'holds', target: 0.5 },
  },
]

/** Whether an algorithm has a filter of its own, so that the part does not run it with the calibrated law. */
export const hasOwnFilter = ({ algorithm }: PredictedAlgorithm): boolean =>
  algorithms[algorithm].filter !== 'everything'

/** Name of the arm of an algorithm with the calibrated law. */
export const heldArm = (name: string): string => `${name}, calibrated`

/** Returns the words of a prediction. */
export const describePrediction = (prediction: Prediction): string => {
  switch (prediction.entropy) {
    case 'falls more slowly':
      return `falls more slowly than ${prediction.than}`
    case 'holds':
      return `holds ${prediction.target}`
    default:
      return prediction.entropy
  }
}

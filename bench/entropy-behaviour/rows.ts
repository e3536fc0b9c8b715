import { type AlgorithmName, algorithms } from '../../pipelines/algorithms/index.js'
import type { AlgorithmOptions } from '../../pipelines/algorithm-options.js'

/** Behaviour of entropy that a paper or a definition predicts. */
export type Prediction =
  | { readonly entropy: 'falls' | 'rises' }
  /** `than` is the name of another row. */
  | { readonly entropy: 'falls more slowly'; readonly than: string }
  /** @units nats per token */
  | { readonly entropy: 'holds'; readonly target: number }
  | { readonly entropy: 'holds the band' }

/** Algorithm of the study, with its options. */
export interface Row {
  readonly name: string
  readonly algorithm: AlgorithmName
  readonly options: Partial<AlgorithmOptions>
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
}

/** Every algorithm with its defaults, and two more rows for comparison. */
export const rows: readonly Row[] = [
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

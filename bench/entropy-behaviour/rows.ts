import { type AlgorithmName, algorithms } from '../../pipelines/algorithms/index.js'
import type { AlgorithmOptions } from '../../pipelines/algorithm-options.js'

/** What a paper, or a definition, says entropy does. */
export type Prediction =
  | { readonly entropy: 'falls' | 'rises' }
  /** Than the row of that name. */
  | { readonly entropy: 'falls more slowly'; readonly than: string }
  /** @units nats per token */
  | { readonly entropy: 'holds'; readonly target: number }
  | { readonly entropy: 'holds the band' }

/** One algorithm of the bench. */
export interface Row {
  readonly name: string
  readonly algorithm: AlgorithmName
  readonly options: Partial<AlgorithmOptions>
  readonly prediction: Prediction | null
}

/** Entrocraft, section 4, says so; the targets are those the controllers are given. */
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

/** Every recipe as it comes, and two more to compare with. */
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

/** Method of the study: an algorithm, and the filter that holds its entropy. */
export interface Method {
  readonly algorithm: string
  readonly filter: string
  readonly options: Readonly<Record<string, number>>
  /** Name in tables and figures. */
  readonly title: string
}

const plain = (algorithm: string, title = algorithm, options: Method['options'] = {}): Method => ({
  algorithm,
  filter: 'everything',
  options,
  title,
})

const filtered = (filter: string, title = filter): Method => ({ algorithm: 'grpo', filter, options: {}, title })

/** Methods of the long comparison. The methods without an own entry for minibatches make one optimiser step per batch. */
export const methods = {
  grpo: plain('grpo', 'GRPO'),
  'grpo-4': plain('grpo', 'GRPO, 4 minibatches', { minibatches: 4 }),
  'clip-higher': plain('clip-higher', 'Clip-Higher'),
  'clip-cov': plain('clip-cov', 'Clip-Cov'),
  'entropy-loss': plain('entropy-loss', 'entropy loss'),
  'w-reinforce': plain('w-reinforce', 'W-REINFORCE'),
  entropic: plain('entropic', 'EntroPIC'),
  sign: filtered('sign', 'Entrocraft (sign)'),
  swap: filtered('estimator-swap', 'released swap'),
  predicted: filtered('predicted'),
  calibrated: filtered('calibrated'),
  'calibrated-token': filtered('calibrated-token'),
} as const satisfies Record<string, Method>

/** Name of a method of the long comparison. */
export type MethodName = keyof typeof methods

/** Algorithms that the calibrated law has to hold. */
export const heldAlgorithms = ['grpo', 'gspo', 'dapo', 'raft++', 'psr', 'w-reinforce', 'clip-cov'] as const

/**
 * Algorithms that the study also runs without the law, on `moves` at twice the learning rate, where the law holds worst. GRPO without it
 * is in part `laws`, and PSR makes the same updates as RAFT++.
 */
export const unheldAlgorithms = ['gspo', 'dapo', 'raft++', 'w-reinforce', 'clip-cov'] as const

/** Laws on GRPO whose reach the study maps. `everything` is training without a law. */
export const laws = [
  'everything',
  'sign',
  'estimator-swap',
  'predicted',
  'predicted-token',
  'calibrated',
  'calibrated-token',
] as const

/** Revision of a filter in the descriptions of runs. The calibrated law was changed twice; docs/paper.md says why. */
export const revisionOf = (filter: string): number => (filter.startsWith('calibrated') ? 3 : 1)

/** Name of a law in tables and figures. */
export const titleOfLaw = (filter: string): string => (filter === 'everything' ? 'none' : filter)

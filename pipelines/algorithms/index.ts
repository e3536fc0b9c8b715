import type { Algorithm } from '../algorithm.js'
import { adapoAlgorithm } from './adapo.js'
import { adaptiveEntropyAlgorithm } from './adaptive-entropy.js'
import { cispoAlgorithm } from './cispo.js'
import { clipBAlgorithm } from './clip-b.js'
import { clipCovAlgorithm } from './clip-cov.js'
import { clipHigherAlgorithm } from './clip-higher.js'
import { clipVAlgorithm } from './clip-v.js'
import { dapoAlgorithm } from './dapo.js'
import { drGrpoAlgorithm } from './dr-grpo.js'
import { entrocraftAlgorithm } from './entrocraft.js'
import { entrocraftCalibratedAlgorithm } from './entrocraft-calibrated.js'
import { entrocraftPredictedAlgorithm } from './entrocraft-predicted.js'
import { entropicAlgorithm } from './entropic.js'
import { entropyLossAlgorithm } from './entropy-loss.js'
import { grpoAlgorithm } from './grpo.js'
import { gspoAlgorithm } from './gspo.js'
import { gspoClipCovAlgorithm } from './gspo-clip-cov.js'
import { klCovAlgorithm } from './kl-cov.js'
import { nsrAlgorithm } from './nsr.js'
import { psrAlgorithm } from './psr.js'
import { raftAlgorithm } from './raft.js'
import { raftPlusPlusAlgorithm } from './raft-plus-plus.js'
import { reinforceAlgorithm } from './reinforce.js'
import { reinforcePlusPlusAlgorithm } from './reinforce-plus-plus.js'
import { reinforcePlusPlusBaselineAlgorithm } from './reinforce-plus-plus-baseline.js'
import { repoRAlgorithm } from './repo-r.js'
import { rlooAlgorithm } from './rloo.js'
import { wReinforceAlgorithm } from './w-reinforce.js'

/** Registry of the algorithms by name. */
export const algorithms = {
  reinforce: reinforceAlgorithm,
  raft: raftAlgorithm,
  'raft++': raftPlusPlusAlgorithm,
  psr: psrAlgorithm,
  nsr: nsrAlgorithm,
  'w-reinforce': wReinforceAlgorithm,
  grpo: grpoAlgorithm,
  'dr-grpo': drGrpoAlgorithm,
  rloo: rlooAlgorithm,
  'reinforce++': reinforcePlusPlusAlgorithm,
  'reinforce++-baseline': reinforcePlusPlusBaselineAlgorithm,
  gspo: gspoAlgorithm,
  dapo: dapoAlgorithm,
  'clip-higher': clipHigherAlgorithm,
  'clip-cov': clipCovAlgorithm,
  'kl-cov': klCovAlgorithm,
  'gspo-clip-cov': gspoClipCovAlgorithm,
  cispo: cispoAlgorithm,
  'clip-b': clipBAlgorithm,
  'clip-v': clipVAlgorithm,
  'entropy-loss': entropyLossAlgorithm,
  'adaptive-entropy': adaptiveEntropyAlgorithm,
  entropic: entropicAlgorithm,
  'repo-r': repoRAlgorithm,
  adapo: adapoAlgorithm,
  entrocraft: entrocraftAlgorithm,
  'entrocraft-predicted': entrocraftPredictedAlgorithm,
  'entrocraft-calibrated': entrocraftCalibratedAlgorithm,
} as const satisfies Record<string, Algorithm>

/** Name of an algorithm. */
export type AlgorithmName = keyof typeof algorithms

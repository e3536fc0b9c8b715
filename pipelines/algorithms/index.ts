import { adapoRecipe } from './adapo.js'
import { adaptiveEntropyRecipe } from './adaptive-entropy.js'
import { cispoRecipe } from './cispo.js'
import { clipBRecipe } from './clip-b.js'
import { clipCovRecipe } from './clip-cov.js'
import { clipHigherRecipe } from './clip-higher.js'
import { clipVRecipe } from './clip-v.js'
import { dapoRecipe } from './dapo.js'
import { drGrpoRecipe } from './dr-grpo.js'
import { entrocraftRecipe } from './entrocraft.js'
import { entrocraftPredictedRecipe } from './entrocraft-predicted.js'
import { entropicRecipe } from './entropic.js'
import { entropyLossRecipe } from './entropy-loss.js'
import { grpoRecipe } from './grpo.js'
import { gspoRecipe } from './gspo.js'
import { gspoClipCovRecipe } from './gspo-clip-cov.js'
import { klCovRecipe } from './kl-cov.js'
import { nsrRecipe } from './nsr.js'
import { psrRecipe } from './psr.js'
import { raftRecipe } from './raft.js'
import { raftPlusPlusRecipe } from './raft-plus-plus.js'
import { reinforceRecipe } from './reinforce.js'
import { reinforcePlusPlusRecipe } from './reinforce-plus-plus.js'
import { reinforcePlusPlusBaselineRecipe } from './reinforce-plus-plus-baseline.js'
import { repoRRecipe } from './repo-r.js'
import { rlooRecipe } from './rloo.js'
import { wReinforceRecipe } from './w-reinforce.js'
import type { Recipe } from '../algorithm.js'

/** The training pipelines by name. */
export const pipelines = {
  reinforce: reinforceRecipe,
  raft: raftRecipe,
  'raft++': raftPlusPlusRecipe,
  psr: psrRecipe,
  nsr: nsrRecipe,
  'w-reinforce': wReinforceRecipe,
  grpo: grpoRecipe,
  'dr-grpo': drGrpoRecipe,
  rloo: rlooRecipe,
  'reinforce++': reinforcePlusPlusRecipe,
  'reinforce++-baseline': reinforcePlusPlusBaselineRecipe,
  gspo: gspoRecipe,
  dapo: dapoRecipe,
  'clip-higher': clipHigherRecipe,
  'clip-cov': clipCovRecipe,
  'kl-cov': klCovRecipe,
  'gspo-clip-cov': gspoClipCovRecipe,
  cispo: cispoRecipe,
  'clip-b': clipBRecipe,
  'clip-v': clipVRecipe,
  'entropy-loss': entropyLossRecipe,
  'adaptive-entropy': adaptiveEntropyRecipe,
  entropic: entropicRecipe,
  'repo-r': repoRRecipe,
  adapo: adapoRecipe,
  entrocraft: entrocraftRecipe,
  'entrocraft-predicted': entrocraftPredictedRecipe,
} as const satisfies Record<string, Recipe>

export type PipelineName = keyof typeof pipelines

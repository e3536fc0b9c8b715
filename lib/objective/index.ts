import type { RegistryEntry } from '../registry.js'
import { cispo } from './cispo.js'
import { clipB } from './clip-b.js'
import { clipCov } from './clip-cov.js'
import { clipV } from './clip-v.js'
import { gspoClipCov } from './gspo-clip-cov.js'
import { gspo } from './gspo.js'
import { klCov } from './kl-cov.js'
import type { BatchUse, Objective } from './objective.js'
import { ppoClip } from './ppo-clip.js'
import { reinforceLoss } from './reinforce.js'
import { repoR } from './repo-r.js'
import { supervised } from './supervised.js'

/** Entry of the registry {@link objectives}: `create()` makes the objective with its default options. */
export type ObjectiveEntry = RegistryEntry<(options?: BatchUse) => Objective>

/**
 * Objectives by name.
 *
 * @example
 * trainingPipeline({ estimator: grpo(), objective: objectives['ppo-clip'].create() })
 */
export const objectives = {
  reinforce: { create: reinforceLoss, about: 'policy gradient without a ratio', paper: 'Williams 1992' },
  'ppo-clip': {
    create: ppoClip,
    about: 'policy gradient with the ratio of each token, clipped',
    paper: 'arXiv:1707.06347',
  },
  gspo: {
    create: gspo,
    about: 'policy gradient with the ratio of each response, clipped',
    paper: 'arXiv:2507.18071',
  },
  'clip-cov': {
    create: clipCov,
    about: 'ppo-clip without the gradient of a few random tokens of high covariance',
    paper: 'arXiv:2505.22617',
  },
  'gspo-clip-cov': {
    create: gspoClipCov,
    about: 'gspo without the gradient of a few random tokens of high covariance',
    paper: 'lblaoke/entrocraft',
  },
  'kl-cov': {
    create: klCov,
    about: 'policy gradient with a penalty on the distance that the tokens of highest covariance move',
    paper: 'arXiv:2505.22617',
  },
  cispo: {
    create: cispo,
    about: 'policy gradient weighted by a clipped ratio without a gradient',
    paper: 'arXiv:2506.13585',
  },
  'clip-b': {
    create: clipB,
    about: 'ppo-clip without the gradient of tokens of negative advantage whose S is far below the mean',
    paper: 'arXiv:2602.03392',
  },
  'clip-v': {
    create: clipV,
    about: 'ppo-clip without the gradient of the tokens of negative advantage that sharpen the policy most',
    paper: 'arXiv:2602.03392',
  },
  'repo-r': {
    create: repoR,
    about: 'ppo-clip on advantages that the log-prob of each token rescales',
    paper: 'arXiv:2603.11682',
  },
  supervised: { create: supervised, about: 'negative log-likelihood, independent of the advantage' },
} as const satisfies Record<string, ObjectiveEntry>

/** Name of an objective in the registry {@link objectives}. */
export type ObjectiveName = keyof typeof objectives

export { cispo, clipB, clipCov, clipV, gspo, gspoClipCov, klCov, ppoClip, reinforceLoss, repoR, supervised }
export type { CispoOptions } from './cispo.js'
export type { ClipBOptions } from './clip-b.js'
export type { ClipCovOptions, CovarianceClip } from './clip-cov.js'
export type { ClipVOptions } from './clip-v.js'
export type { KlCovOptions } from './kl-cov.js'
export type { ClipOptions, PpoClipOptions } from './ppo-clip.js'
export type { RepoROptions } from './repo-r.js'

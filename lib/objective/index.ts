import { cispo } from './cispo.js'
import { clipB } from './clip-b.js'
import { clipCov } from './clip-cov.js'
import { clipV } from './clip-v.js'
import { gspoClipCov } from './gspo-clip-cov.js'
import { gspo } from './gspo.js'
import { klCov } from './kl-cov.js'
import type { Objective } from './objective.js'
import { ppoClip } from './ppo-clip.js'
import { reinforceLoss } from './reinforce.js'
import { repoR } from './repo-r.js'
import { supervised } from './supervised.js'

/** An objective as it is chosen by name. */
export interface ObjectiveEntry {
  readonly create: () => Objective
  readonly about: string
}

export const objectives = {
  reinforce: { create: () => reinforceLoss(), about: 'the policy gradient, without a ratio' },
  'ppo-clip': { create: () => ppoClip(), about: 'the ratio of each token, clipped' },
  gspo: { create: () => gspo(), about: 'the ratio of each response, clipped' },
  'clip-cov': { create: () => clipCov(), about: 'ppo-clip without the gradient of some tokens of high covariance' },
  'gspo-clip-cov': {
    create: () => gspoClipCov(),
    about: 'gspo without the gradient of some tokens of high covariance',
  },
  'kl-cov': { create: () => klCov(), about: 'the ratio, with tokens of highest covariance held' },
  cispo: { create: () => cispo(), about: 'the policy gradient weighed by a clipped ratio' },
  'clip-b': { create: () => clipB(), about: 'ppo-clip without the gradient of wrong tokens of very low S' },
  'clip-v': { create: () => clipV(), about: 'ppo-clip without the gradient of wrong tokens that sharpen most' },
  'repo-r': { create: () => repoR(), about: 'ppo-clip on advantages rescaled by log-prob' },
  supervised: { create: supervised, about: 'negative log-likelihood, whatever the advantage' },
} as const satisfies Record<string, ObjectiveEntry>

export type ObjectiveName = keyof typeof objectives

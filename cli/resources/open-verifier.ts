import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { FileError } from '../../lib/file/file-error.js'
import { boxed, format } from '../../lib/reward/format.js'
import type { Verifier } from '../../lib/reward/verifier.js'
import { weighted } from '../../lib/reward/weighted.js'
import { mathVerifierInWorkers } from '../../lib/reward/worker/math-verifier-in-workers.js'
import type { WorkersOptions } from '../../lib/reward/worker/verifier-in-workers.js'
import { verifierFromModule } from '../../lib/reward/worker/verifier-module.js'
import type { RewardScale } from '../../lib/rollout/reward.js'
import type { TrainConfig } from '../config/train-config.js'

/** Verifier of a task, and the worker threads that it owns. */
export interface OpenedVerifier {
  readonly verifier: Verifier
  readonly rewardScale: RewardScale
  readonly close: () => Promise<void>
}

type VerifierSettings = Pick<TrainConfig, 'verifier' | 'reward'>

/**
 * Opens the verifier of a configuration: that of its module, or else that of the task. Both may get a format reward.
 *
 * @errors FileError of a module that is missing or exports no verifier
 */
export const openVerifier = (
  { verifier: module, reward }: VerifierSettings,
  ofTask: () => OpenedVerifier,
): TE.TaskEither<FileError, OpenedVerifier> =>
  pipe(
    module === null ? TE.fromIO(ofTask) : verifierFromModule(module, workersOptions(reward)),
    TE.map((opened) =>
      reward.formatWeight === 0 ? opened : { ...opened, verifier: withFormat(opened.verifier, reward.formatWeight) },
    ),
  )

const withFormat = (verifier: Verifier, weight: number): Verifier =>
  weighted({ correctness: { verifier }, format: { verifier: format(boxed), weight } })

/** Opens the verifier of task `math`. */
export const mathVerifier = (reward: TrainConfig['reward']) => (): OpenedVerifier => ({
  ...mathVerifierInWorkers({ mustMark: reward.mustMark, ...workersOptions(reward) }),
  rewardScale: 'signed',
})

const workersOptions = ({ timeLimit, threads }: TrainConfig['reward']): WorkersOptions => ({
  timeLimit,
  ...(threads === null ? {} : { threads }),
})

import { NEVER } from 'rxjs'
import type { RecoveryOptions } from '../../lib/policy/local/recovering-model.js'
import type { Clock } from '../../lib/timing/clock.js'
import { type LimitedPorts, type StageTimeout, withStageTimeout } from '../../lib/timing/stage-timeout.js'
import type { TrainConfig } from '../config/train-config.js'
import { processClock } from '../gauges.js'
import type { Terminal } from '../terminal.js'

/** Limits the time in which ports must answer, if the configuration has a limit. Progress of the ports begins it again. */
export const limitPorts = <Ports extends LimitedPorts & Pick<StageTimeout, 'progress$'>>(
  { stageTimeout }: Pick<TrainConfig, 'stageTimeout'>,
  ports: Ports,
  clock: Clock = processClock,
): Ports => {
  const { progress$ = NEVER } = ports
  return stageTimeout === null ? ports : withStageTimeout(ports, { stageTimeout, clock, progress$ })
}

/** Recovery of the model of a run from lost engines, which is noted. `onProgress` is called for each part of the recovery. */
export const recoveryOf = (
  { engineRestarts }: Pick<TrainConfig, 'engineRestarts'>,
  { note }: Pick<Terminal, 'note'>,
  onProgress: () => void,
): { readonly recovery?: RecoveryOptions } =>
  engineRestarts === 0
    ? {}
    : {
        recovery: {
          restarts: engineRestarts,
          onRestart: ({ engine, loss, restart, restarts }) => {
            onProgress()
            note(
              `engine ${engine} was lost: ${loss.message}; it is started again (${restart} of at most ${restarts} times), and the interrupted work is repeated`,
            )
          },
          onRepeat: onProgress,
        },
      }

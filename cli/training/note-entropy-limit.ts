import { filter, take } from 'rxjs'
import type { EntropyControl } from '../../lib/control/entropy-control.js'
import { outsideLimit } from '../../lib/entropy/outside-limit.js'
import { stepNumber } from '../../lib/report/step-number.js'
import { bandText } from '../config/planned-band.js'
import type { TrainConfig } from '../config/train-config.js'
import type { Terminal } from '../terminal.js'

/** Notes the first step whose entropy is outside its hard limit. The metrics mark every such step. */
export const noteEntropyLimit = (
  { entropyLimit: limit }: Pick<TrainConfig, 'entropyLimit'>,
  { state$ }: Pick<EntropyControl, 'state$'>,
  { note }: Pick<Terminal, 'note'>,
): void => {
  if (limit === null) return
  state$
    .pipe(
      filter(({ entropy }) => outsideLimit(entropy, limit) !== null),
      take(1),
    )
    .subscribe(({ step, entropy }) =>
      note(
        `step ${stepNumber(step)}: entropy ${entropy.toPrecision(3)} nats per token is ${outsideLimit(entropy, limit)} its limit ${bandText(limit)}`,
      ),
    )
}

import { filter, take } from 'rxjs'
import type { EntropyControl } from '../../lib/control/entropy-control.js'
import { isFarFromBand } from '../../lib/entropy/is-far-from-band.js'
import type { EntropyState } from '../../lib/rollout/entropy-state.js'
import { bandText } from '../config/planned-band.js'
import type { TrainConfig } from '../config/train-config.js'
import { entropyBand } from '../config/train-settings.js'
import type { Terminal } from '../terminal.js'

/**
 * Notes once if the first entropy of a run is far from its band, so that a band for another model is seen before the run has
 * spent its time. Without a filter nothing moves the entropy to the band, and nothing is noted.
 */
export const noteFarBand = (
  config: Pick<TrainConfig, 'filter'>,
  { state$ }: Pick<EntropyControl, 'state$'>,
  { note }: Pick<Terminal, 'note'>,
): void => {
  if (config.filter === 'everything') return
  state$
    .pipe(
      take(1),
      filter(({ entropy, band }) => isFarFromBand(entropy, band)),
    )
    .subscribe((state) => note(describeFarBand(state)))
}

const describeFarBand = ({ entropy, band, drift }: EntropyState): string =>
  `entropy ${entropy.toPrecision(3)} nats per token is far ${drift > 0 ? 'above' : 'below'} its band ${bandText(band)}: until it is inside, the filter rejects what keeps it out; --${entropyBand} auto fits the band to the model`

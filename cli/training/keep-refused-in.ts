import * as E from 'fp-ts/lib/Either.js'
import type { Quarantine } from '../../lib/policy/quarantine.js'
import { stepNumber } from '../../lib/report/step-number.js'
import { keepRefused } from '../../lib/run/quarantine-folder.js'
import { explain } from '../exit.js'
import type { TrainingRun } from './open-run.js'

/** Returns the quarantine of a run: its folder. A batch that cannot be written is noted, and the run goes on. */
export const keepRefusedIn =
  ({ folder, terminal }: Pick<TrainingRun, 'folder' | 'terminal'>): Quarantine =>
  async (refused) => {
    const kept = await keepRefused(folder, refused)()
    const place = E.isRight(kept) ? `its batch is in ${kept.right}` : `its batch is lost: ${explain(kept.left)}`
    terminal.note(`step ${stepNumber(refused.batch.step)}: update refused, ${refused.reason}; ${place}`)
  }

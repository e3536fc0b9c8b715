import { exitCodes } from '../exit.js'
import type { TrainingRun } from './open-run.js'

/**
 * Ends the process at once when another process has taken over its run, because both would write the same files. That happens
 * when the machine of this process was suspended, while another machine shares the folder.
 */
export const endIfTakenOver = (
  { claimed, folder, terminal }: Pick<TrainingRun, 'claimed' | 'folder' | 'terminal'>,
  exit: (code: number) => void = (code) => process.exit(code),
): void => {
  claimed.lock.lost$.subscribe(() => {
    terminal.note(
      `error: ${folder}: found the lock of another process, which has taken over the run; this process ends`,
    )
    exit(exitCodes.failed)
  })
}

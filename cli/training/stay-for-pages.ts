import { firstValueFrom, lastValueFrom, merge, takeUntil, takeWhile, timer } from 'rxjs'
import { counted } from '../display/words.js'
import { handleInterruption } from '../interruption.js'
import type { TrainingRun } from './open-run.js'

/**
 * Serves the dashboard after the run while a page is open, so that every page gets all lines and rollouts, and can be reloaded.
 * It ends when the last page is closed, at Ctrl-C, and after the time of --linger. It does not begin without a page, nor after a
 * run that a signal has stopped.
 */
export const stayForPages = async (
  run: Pick<TrainingRun, 'served' | 'dashboard' | 'folder' | 'interruption' | 'terminal'>,
): Promise<void> => {
  const { served, dashboard, folder, interruption, terminal } = run
  const linger = dashboard?.linger ?? 0
  if (served === null || linger === 0 || interruption.isSignalled()) return
  const pages = await firstValueFrom(served.viewers$)
  if (pages === 0) return
  // Ctrl-C has another effect now than during the run.
  interruption.close()
  const closing = handleInterruption(terminal, { first: 'closing the dashboard', again: 'already closing' })
  try {
    terminal.note(
      `${counted(pages, 'page')} of the dashboard open: it stays for at most ${linger} s, or until Ctrl-C; entrain watch ${folder} opens it again`,
    )
    const over$ = merge(closing.stop$, timer(linger * 1000))
    await lastValueFrom(
      served.viewers$.pipe(
        takeWhile((open) => open > 0),
        takeUntil(over$),
      ),
      { defaultValue: 0 },
    )
  } finally {
    closing.close()
  }
}

import { firstValueFrom, lastValueFrom, merge, takeUntil, takeWhile, timer } from 'rxjs'
import type { Dashboard } from '../../dashboard/server/open-dashboard.js'
import { counted } from '../../lib/report/number-text.js'
import { handleInterruption } from '../interruption.js'
import type { TrainingRun } from './open-run.js'

type Served = Pick<TrainingRun, 'served' | 'dashboard' | 'folder' | 'interruption' | 'terminal'>

/**
 * Serves the dashboard after the run while a page is open, so that every page gets all lines and rollouts, and can be reloaded.
 * It ends when the last page is closed, at a signal, and after the time of --linger. It does not begin without a page, nor after a
 * run that a signal has stopped. Then the remaining lines are sent, and pages that did not take them are noted.
 */
export const stayForPages = async (run: Served): Promise<void> => {
  const { served, dashboard, folder, interruption, terminal } = run
  if (served === null) return
  const linger = dashboard?.linger ?? 0
  const pages = await firstValueFrom(served.viewers$)
  if (linger > 0 && !interruption.isSignalled() && pages > 0) await stay(run, served, linger, pages)
  await served.close()
  const left = served.cutOff()
  if (left > 0)
    terminal.note(
      `${counted(left, 'page')} of the dashboard did not take the last lines of the run: entrain watch ${folder} shows them`,
    )
}

const stay = async (
  { folder, interruption, terminal }: Served,
  { viewers$ }: Dashboard,
  linger: number,
  pages: number,
): Promise<void> => {
  // Ctrl-C has another effect now than during the run.
  interruption.close()
  const closing = handleInterruption(terminal, { first: 'closing the dashboard', again: 'already closing' })
  try {
    terminal.note(
      `${counted(pages, 'page')} of the dashboard open: it stays for at most ${linger} s, or until Ctrl-C; entrain watch ${folder} opens it again`,
    )
    const over$ = merge(closing.stop$, timer(linger * 1000))
    await lastValueFrom(
      viewers$.pipe(
        takeWhile((open) => open > 0),
        takeUntil(over$),
      ),
      { defaultValue: 0 },
    )
  } finally {
    closing.close()
  }
}

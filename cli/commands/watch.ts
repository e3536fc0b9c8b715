import { concatMap, distinctUntilChanged, firstValueFrom, type Observable, takeUntil, takeWhile } from 'rxjs'
import { openDashboard } from '../../dashboard/server/open-dashboard.js'
import { type RunToWatch, type WatchedRun, watchRun } from '../../dashboard/server/watched-run.js'
import { isOver } from '../../lib/control/run-state.js'
import type { Command } from '../command.js'
import { ConfigError } from '../config/config-error.js'
import { dashboardDefaults, dashboardAddress, dashboardSettings } from '../config/dashboard.js'
import { outcome } from '../display/outcome.js'
import { exitCodes } from '../exit.js'
import { orThrow, rightOrThrow } from '../../lib/or-throw.js'
import type { Flag } from '../flag.js'
import { handleInterruption } from '../interruption.js'
import { type FlagValues, isOn } from '../parse-flags.js'
import { runToWatch } from '../watching/run-to-watch.js'
import { withScope } from '../scope.js'
import type { Terminal } from '../terminal.js'
import { watchInTerminal } from '../watching/watch-terminal.js'

const terminalFlag: Flag = {
  name: 'terminal',
  value: '[true|false]',
  yesOrNo: true,
  about: 'show one run in the terminal until it ends, in place of the dashboard',
  group: 'Terminal',
}

/** Shows runs from their folders. The runs may be running, also in another process, or over. */
export const watchCommand: Command = {
  name: 'watch',
  about: 'show runs in the browser, or one run in the terminal, while they run or afterwards',
  usage: 'RUN... [flags]',
  details: [
    'RUN is a run folder. The command prints the address of the dashboard and serves it until Ctrl-C. The address\ncontains the access token: keep it secret.',
    [
      'A run whose process is gone, such as one that was killed, is shown as interrupted, with its last sign of life. The dashboard',
      'stays; --terminal ends with exit code 1. It ends with 0 for a run that has ended by itself, however it ended.',
    ].join('\n'),
    'To steer a run, open the dashboard of its own process: entrain train --dashboard.',
  ],
  positionals: ['RUN...'],
  flags: [...dashboardSettings, terminalFlag],
  defaults: dashboardDefaults,
  examples: [
    ['entrain watch runs/countdown-grpo-1', 'show a run'],
    ['entrain watch runs/*', 'compare several runs'],
    ['entrain watch --terminal runs/countdown-grpo-1', 'show a run without a browser'],
  ],
  run: (flags, folders, terminal) =>
    withScope(async (scope) => {
      const inTerminal = isInTerminal(flags)
      const address = rightOrThrow(dashboardAddress(flags))
      const runs = await Promise.all(folders.map((folder) => orThrow(runToWatch(folder))))
      const { stop$ } = scope.own(
        handleInterruption(terminal, { first: 'no longer watching', again: 'already closing' }),
      )
      if (inTerminal) return showInTerminal(runs, terminal, stop$)
      const { url } = scope.own(await orThrow(openDashboard({ runs, ...address })))
      terminal.write(`dashboard ${url}\n`)
      runs.forEach((run) => noteGone(watchRun(run), terminal, stop$))
      await firstValueFrom(stop$)
      return exitCodes.done
    }),
}

/** Reads --terminal. @errors ConfigError if a flag of the dashboard is given too */
const isInTerminal = (flags: FlagValues): boolean => {
  const on = rightOrThrow(isOn(terminalFlag, flags))
  const other = dashboardSettings.find(({ name }) => flags.has(name))
  if (on && other !== undefined)
    throw new ConfigError([`--terminal: found --${other.name} beside it, expected one or the other`])
  return on
}

const showInTerminal = async (
  [run, ...others]: readonly RunToWatch[],
  terminal: Terminal,
  stop$: Observable<void>,
): Promise<number> => {
  if (run === undefined || others.length > 0)
    throw new ConfigError([`--terminal: found ${others.length + 1} runs, expected one`])
  const end = await watchInTerminal(watchRun(run), terminal, stop$)
  if (end === null) return exitCodes.done
  terminal.progress('\n')
  if (end.end === 'gone') {
    const steps = `${end.steps} of ${run.about.planned} steps are in its logs`
    terminal.note(`${run.folder}: interrupted, ${noSignSince(end.lastSign)}: ${steps}`)
    return exitCodes.failed
  }
  terminal.write(`${outcome(end.summary).join('\n')}\n`)
  if (end.summary.failure !== null) terminal.note(`error: ${end.summary.failure}`)
  return exitCodes.done
}

/** Notes once that the process of a run is gone. The dashboard stays, because the run can still be looked at. */
const noteGone = ({ folder, mark$, state }: WatchedRun, { note }: Terminal, stop$: Observable<void>): void => {
  mark$
    .pipe(
      distinctUntilChanged(),
      concatMap(state),
      takeWhile((now) => !isOver(now), true),
      takeUntil(stop$),
    )
    .subscribe({
      next: ({ lastSign }) => {
        if (lastSign !== undefined) note(`${folder}: interrupted, ${noSignSince(new Date(lastSign))}`)
      },
      // The pages get the error of a folder that cannot be read.
      error: () => undefined,
    })
}

const noSignSince = (time: Date): string => `no sign of life since ${time.toLocaleString()}`

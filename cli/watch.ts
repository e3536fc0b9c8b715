import { firstValueFrom, type Observable } from 'rxjs'
import { openDashboard } from '../dashboard/server/open-dashboard.js'
import { type RunToWatch, watchRun } from '../dashboard/server/watched-run.js'
import type { Command } from './command.js'
import { ConfigError } from './config/config-error.js'
import { dashboardDefaults, dashboardPlace, dashboardSettings } from './dashboard-flags.js'
import { outcome } from './display/outcome.js'
import { exitCodes } from './exit.js'
import { orThrow, rightOrThrow } from '../lib/or-throw.js'
import type { Flag } from './flag.js'
import { interruption } from './interruption.js'
import { type Given, isOn } from './parse-flags.js'
import { runToWatch } from './run-to-watch.js'
import type { Terminal } from './terminal.js'
import { watchInTerminal } from './watch-terminal.js'

const terminalFlag: Flag = {
  name: 'terminal',
  value: '[true|false]',
  yesOrNo: true,
  about: 'show one run here instead, until it is over',
  group: 'Terminal',
}

/** Shows runs from their folders: of this process or another, under way or long over. */
export const watchCommand: Command = {
  name: 'watch',
  about: 'show runs in the browser, or one in the terminal: under way or over',
  usage: 'RUN... [flags]',
  details: [
    'Each RUN is a run folder. The dashboard is at the address that is printed, until Ctrl-C; whoever has the address may look.',
    'To steer a run, open its own dashboard: entrain train --dashboard.',
  ],
  positionals: ['RUN...'],
  flags: [...dashboardSettings, terminalFlag],
  defaults: dashboardDefaults,
  examples: [
    ['entrain watch runs/countdown-grpo-1', 'a run under way, or what it came to'],
    ['entrain watch runs/*', 'several, to compare them'],
    ['entrain watch --terminal runs/countdown-grpo-1', 'without a browser'],
  ],
  run: async (flags, folders, terminal) => {
    const inTerminal = isInTerminal(flags)
    const place = rightOrThrow(dashboardPlace(flags))
    const runs = await Promise.all(folders.map((folder) => orThrow(runToWatch(folder))))
    const interrupted = interruption(terminal, { first: 'no longer watching', again: 'already closing' })
    try {
      if (inTerminal) await showInTerminal(runs, terminal, interrupted.stop$)
      else {
        const { url, close } = await orThrow(openDashboard({ runs, ...place }))
        terminal.write(`dashboard ${url}\n`)
        await firstValueFrom(interrupted.stop$)
        await close()
      }
      return exitCodes.done
    } finally {
      interrupted.release()
    }
  },
}

/** @errors ConfigError for flags of the dashboard beside it */
const isInTerminal = (flags: Given): boolean => {
  const on = rightOrThrow(isOn(terminalFlag, flags))
  const beside = dashboardSettings.find(({ name }) => flags.has(name))
  if (on && beside !== undefined)
    throw new ConfigError([`--terminal: found --${beside.name} beside it, expected one or the other`])
  return on
}

const showInTerminal = async (
  [run, ...others]: readonly RunToWatch[],
  terminal: Terminal,
  stop$: Observable<void>,
): Promise<void> => {
  if (run === undefined || others.length > 0)
    throw new ConfigError([`--terminal: found ${others.length + 1} runs, expected one`])
  const summary = await watchInTerminal(watchRun(run), terminal, stop$)
  if (summary !== null) terminal.write(`\n${outcome(summary).join('\n')}\n`)
}

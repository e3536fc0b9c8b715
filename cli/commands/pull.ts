import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { lastValueFrom, type Observable, scan, takeUntil } from 'rxjs'
import { pullModel, type PullEvent } from '../../lib/checkpoint/hub/pull.js'
import { type Hub, isRepositoryName, publicHub } from '../../lib/checkpoint/hub/repository.js'
import { processClock } from '../gauges.js'
import type { Command } from '../command.js'
import { ConfigError } from '../config/config-error.js'
import { emptyPull, pullAfter, pullBlock, pullLine, type PullView, waitingText } from '../display/pull-view.js'
import { screen } from '../display/screen.js'
import { counted } from '../../lib/report/number-text.js'
import { sizeText } from '../display/words.js'
import { exitCodes } from '../exit.js'
import { rightOrThrow } from '../../lib/or-throw.js'
import { handleInterruption } from '../interruption.js'
import { withScope } from '../scope.js'
import type { Terminal } from '../terminal.js'

/** Folder of models that are pulled without --out. */
const MODELS = 'models'

/** Downloads a model from the hub. */
export const pullCommand: Command = {
  name: 'pull',
  keepsResults: true,
  about: 'download a model from the Hugging Face hub, or resume a download',
  usage: 'ORG/NAME [flags]',
  details: [
    'Downloads the configuration, tokenizer, safetensors, licence and model card, and checks each file against its checksum.\nFiles that exist and match are kept.',
    'The environment variable HF_TOKEN is the access token for gated models; HF_ENDPOINT is the address of another hub or mirror.',
    'Ctrl-C keeps the downloaded bytes: the same command resumes the download.',
  ],
  positionals: ['ORG/NAME'],
  flags: [
    { name: 'revision', value: 'NAME', about: 'branch, tag or commit of the repository [main]', group: 'Files' },
    { name: 'out', value: 'DIR', about: `folder to download into [${MODELS}/ORG/NAME]`, group: 'Files' },
  ],
  defaults: {},
  examples: [
    ['entrain pull Qwen/Qwen3-0.6B', `download into ${MODELS}/Qwen/Qwen3-0.6B`],
    [
      'HF_TOKEN=hf_... entrain pull meta-llama/Llama-3.2-1B',
      'download a gated model, whose licence must be accepted on the hub first',
    ],
  ],
  run: (flags, [name = ''], terminal) =>
    withScope(async (scope) => {
      const repository = {
        hub: rightOrThrow(hubOf(process.env)),
        name: rightOrThrow(repositoryName(name)),
        revision: flags.get('revision') ?? 'main',
      }
      const folder = flags.get('out') ?? join(MODELS, ...name.split('/'))
      const interruption = scope.own(
        handleInterruption(terminal, {
          first: `stopping: the downloaded bytes stay in ${folder}, and the same command resumes the download`,
          again: 'already stopping: the last bytes are being written',
        }),
      )
      const heading = `${name} from ${repository.hub.endpoint} into ${folder}`
      const events$ = pullModel(repository, folder).pipe(takeUntil(interruption.stop$))
      const view = await lastValueFrom(showEvents(events$, heading, terminal), { defaultValue: emptyPull(heading) })
      if (interruption.isRequested()) return interruption.exitCode()
      terminal.write(
        `${folder} holds ${counted(view.whole.size, 'file')}, ${sizeText(view.size)}, all checksums match\n`,
      )
      return exitCodes.done
    }),
}

const repositoryName = (name: string): E.Either<ConfigError, string> =>
  isRepositoryName(name)
    ? E.right(name)
    : E.left(new ConfigError([`ORG/NAME: found "${name}", expected a model of the hub such as Qwen/Qwen3-0.6B`]))

/** Reads the hub and its token from the variables that the tools of Hugging Face read. */
const hubOf = ({ HF_ENDPOINT, HF_TOKEN }: NodeJS.ProcessEnv): E.Either<ConfigError, Hub> => {
  const endpoint = (HF_ENDPOINT ?? '').trim().replace(/\/+$/, '') || publicHub.endpoint
  if (!URL.canParse(endpoint) || !/^https?:/.test(endpoint))
    return E.left(new ConfigError([`HF_ENDPOINT: found "${endpoint}", expected a URL such as ${publicHub.endpoint}`]))
  const token = (HF_TOKEN ?? '').trim()
  // The message does not show the token, because a wrong token can still be a secret.
  if (!/^[!-~]*$/.test(token))
    return E.left(
      new ConfigError(['HF_TOKEN: found characters other than printable ASCII, expected a token such as hf_...']),
    )
  return E.right({ endpoint, token: token || null })
}

type Show = (view: PullView, event: PullEvent) => void

/** Shows the events of a download and returns the view after each. */
const showEvents = (events$: Observable<PullEvent>, heading: string, terminal: Terminal): Observable<PullView> => {
  const show = terminal.interactive ? redrawBlock(terminal) : writeLines(terminal)
  if (!terminal.interactive) terminal.progress(`${heading}\n`)
  return events$.pipe(
    scan((view, event) => {
      const next = pullAfter(view, event, processClock())
      show(next, event)
      return next
    }, emptyPull(heading)),
  )
}

/** Shortest time between two redraws. @units seconds */
const REDRAW_INTERVAL = 0.1

const redrawBlock = (terminal: Terminal): Show => {
  const live = screen(terminal)
  let drawnAt = -Infinity
  return (view, event) => {
    const now = processClock()
    if (event.event === 'progress' && now - drawnAt < REDRAW_INTERVAL) return
    drawnAt = now
    live.show(pullBlock(view, now, terminal))
  }
}

/** Time between two progress lines in a log, which also gets a line for every file. @units seconds */
const PROGRESS_INTERVAL = 10

const writeLines = (terminal: Terminal): Show => {
  let last = processClock()
  return (view, event) => {
    const now = processClock()
    if (event.event === 'progress' && now - last < PROGRESS_INTERVAL) return
    last = now
    terminal.progress(`${lineOf(view, event, now)}\n`)
  }
}

const lineOf = (view: PullView, event: PullEvent, now: number): string => {
  switch (event.event) {
    case 'found':
      return `${counted(event.files.length, 'file')}, ${sizeText(view.size)}, at commit ${event.commit.slice(0, 12)}`
    case 'progress':
      return pullLine(view, now)
    case 'whole':
      return `${event.path}  ${sizeText(view.sizes.get(event.path) ?? 0)}  ${event.kept ? 'kept' : 'downloaded'}`
    case 'waiting':
      return waitingText(event)
  }
}

import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { lastValueFrom, type Observable, scan, takeUntil } from 'rxjs'
import { pullModel, type PullEvent } from '../lib/checkpoint/hub/pull.js'
import { type Hub, isRepositoryName, publicHub } from '../lib/checkpoint/hub/repository.js'
import { processClock } from './gauges.js'
import type { Command } from './command.js'
import { ConfigError } from './config/config-error.js'
import { emptyPull, pullAfter, pullBlock, pullLine, type PullView, waitingText } from './display/pull-view.js'
import { screen } from './display/screen.js'
import { bytes, counted } from './display/words.js'
import { exitCodes } from './exit.js'
import { rightOrThrow } from '../lib/or-throw.js'
import { interruption } from './interruption.js'
import type { Terminal } from './terminal.js'

/** Where models go that are given no folder. */
const MODELS = 'models'

/** Fetches a model from the hub. */
export const pullCommand: Command = {
  name: 'pull',
  about: 'download a model from the Hugging Face hub; a download that was cut goes on where it was',
  usage: 'ORG/NAME [flags]',
  details: [
    'Fetches configuration, tokenizer, safetensors, licence and model card, checks each against its checksum, and leaves\nalone what is already here and right.',
    'HF_TOKEN is the token for models that ask who you are; HF_ENDPOINT names another hub, or a mirror.',
    'Ctrl-C keeps what has come: the same command goes on there.',
  ],
  positionals: ['ORG/NAME'],
  flags: [
    { name: 'revision', value: 'NAME', about: 'a branch, a tag or a commit [main]', group: 'Files' },
    { name: 'out', value: 'DIR', about: `folder for its files [${MODELS}/ORG/NAME]`, group: 'Files' },
  ],
  defaults: {},
  examples: [
    ['entrain pull Qwen/Qwen3-0.6B', `into ${MODELS}/Qwen/Qwen3-0.6B`],
    ['HF_TOKEN=hf_... entrain pull meta-llama/Llama-3.2-1B', 'a model whose licence has to be accepted first'],
  ],
  run: async (flags, [name = ''], terminal) => {
    const repository = {
      hub: rightOrThrow(hubOf(process.env)),
      name: rightOrThrow(repositoryName(name)),
      revision: flags.get('revision') ?? 'main',
    }
    const folder = flags.get('out') ?? join(MODELS, ...name.split('/'))
    const interrupted = interruption(terminal, {
      first: `stopping: what has come stays in ${folder}, and the same command goes on there`,
      again: 'already stopping: the last bytes are being written',
    })
    try {
      const heading = `${name} from ${repository.hub.endpoint} into ${folder}`
      const pulled$ = pullModel(repository, folder).pipe(takeUntil(interrupted.stop$))
      const view = await lastValueFrom(displayed(pulled$, heading, terminal), { defaultValue: emptyPull(heading) })
      if (interrupted.asked()) return exitCodes.interrupted
      terminal.write(`${folder} holds ${counted(view.whole.size, 'file')}, ${bytes(view.size)}, all checked\n`)
      return exitCodes.done
    } finally {
      interrupted.release()
    }
  },
}

const repositoryName = (name: string): E.Either<ConfigError, string> =>
  isRepositoryName(name)
    ? E.right(name)
    : E.left(new ConfigError([`ORG/NAME: found "${name}", expected a model of the hub such as Qwen/Qwen3-0.6B`]))

/** The hub as the field's own tools find it. */
const hubOf = ({ HF_ENDPOINT, HF_TOKEN }: NodeJS.ProcessEnv): E.Either<ConfigError, Hub> => {
  const endpoint = (HF_ENDPOINT ?? '').trim().replace(/\/+$/, '') || publicHub.endpoint
  if (!URL.canParse(endpoint) || !/^https?:/.test(endpoint))
    return E.left(new ConfigError([`HF_ENDPOINT: found "${endpoint}", expected a URL such as ${publicHub.endpoint}`]))
  const token = (HF_TOKEN ?? '').trim()
  // Not shown: it is a secret all the same.
  if (!/^[!-~]*$/.test(token))
    return E.left(new ConfigError(['HF_TOKEN: found characters that no token has, expected one such as hf_...']))
  return E.right({ endpoint, token: token || null })
}

type Show = (view: PullView, event: PullEvent) => void

/** Shows events as they come, and gives what they add up to. */
const displayed = (events$: Observable<PullEvent>, heading: string, terminal: Terminal): Observable<PullView> => {
  const show = terminal.interactive ? redrawn(terminal) : told(terminal)
  if (!terminal.interactive) terminal.write(`${heading}\n`)
  return events$.pipe(
    scan((view, event) => {
      const next = pullAfter(view, event, processClock())
      show(next, event)
      return next
    }, emptyPull(heading)),
  )
}

/** A block is redrawn so often while bytes come. @units seconds */
const BLINK = 0.1

const redrawn = (terminal: Terminal): Show => {
  const live = screen(terminal)
  let drawn = -Infinity
  return (view, event) => {
    const now = processClock()
    if (event.event === 'progress' && now - drawn < BLINK) return
    drawn = now
    live.show(pullBlock(view, now, terminal.columns))
  }
}

/** A log gets a line for every file, and one every so many seconds while they are on their way. */
const PATIENCE = 10

const told = (terminal: Terminal): Show => {
  let last = processClock()
  return (view, event) => {
    const now = processClock()
    if (event.event === 'progress' && now - last < PATIENCE) return
    last = now
    terminal.write(`${lineOf(view, event, now)}\n`)
  }
}

const lineOf = (view: PullView, event: PullEvent, now: number): string => {
  switch (event.event) {
    case 'found':
      return `${counted(event.files.length, 'file')}, ${bytes(view.size)}, at commit ${event.commit.slice(0, 12)}`
    case 'progress':
      return pullLine(view, now)
    case 'whole':
      return `${event.path}  ${bytes(view.sizes.get(event.path) ?? 0)}  ${event.kept ? 'was here' : 'fetched'}`
    case 'waiting':
      return waitingText(event)
  }
}

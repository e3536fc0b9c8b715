import * as E from 'fp-ts/lib/Either.js'
import { type Context, type Handler, Hono } from 'hono'
import { type Observable, ReplaySubject } from 'rxjs'
import {
  quote,
  readBearerToken,
  readQueryToken,
  requireMethod,
  requireSameOrigin,
  requireToken,
  setSecurityHeaders,
} from './access.js'
import type { PageFiles } from './page-files.js'
import { createPulledStream } from './pulled-stream.js'
import { readCommand } from './read-command.js'
import { type BodyLimits, readBody } from './request-body.js'
import { createSharedFeed } from './shared-feed.js'
import type { Viewers } from './viewers.js'
import type { WatchedRun } from './watched-run.js'

export interface DashboardAppOptions {
  readonly runs: readonly WatchedRun[]
  readonly page: PageFiles
  readonly token: string
  /** Accepted values of the Host header, with port; null accepts any. */
  readonly hosts: readonly string[] | null
  /** Ends all feeds, also those that are opened later. */
  readonly closing$: Observable<void>
  /** Counts the pages that are connected. */
  readonly viewers: Viewers
  /** Limits of the body of a command; default 64 KiB in 10 seconds. */
  readonly body?: BodyLimits
}

/** Largest number of open feeds. More are a mistake or an attack. */
const MAX_FEEDS = 512

const bodyLimits: BodyLimits = { bytes: 2 ** 16, ms: 10_000 }

/** Web application of the dashboard: the page, the feed, the rollouts of a step, and commands. */
export const createDashboardApp = (options: DashboardAppOptions): Hono => {
  const app = new Hono()
  const { token, page } = options
  app.use(setSecurityHeaders, requireSameOrigin(options.hosts))
  // A request without a body would open a feed that nobody reads.
  const isGet = requireMethod(['GET'])
  app.get('/api/feed', isGet, requireToken(token, readQueryToken), feedHandler(options))
  app.all('/api/feed', isGet)
  const withToken = requireToken(token, readBearerToken)
  app.get('/api/runs/:run/rollouts/:step', withToken, rolloutsHandler(options))
  app.all('/api/runs/:run/rollouts/:step', requireMethod(['GET', 'HEAD']))
  app.post('/api/runs/:run/commands', withToken, commandHandler(options))
  app.all('/api/runs/:run/commands', requireMethod(['POST']))
  app.use('/api/*', withToken)
  app.all('*', async (c, next) => {
    const file = page.get(c.req.path)
    if (file === undefined) return c.notFound()
    const answer = () => Promise.resolve(c.body(file.bytes, 200, { 'content-type': file.type }))
    return ['GET', 'HEAD'].includes(c.req.raw.method) ? answer() : requireMethod(['GET', 'HEAD'])(c, next)
  })
  app.notFound((c) => c.json({ error: 'found nothing at this address' }, 404))
  app.onError((error, c) => c.json({ error: error.message }, 500))
  return app
}

const feedHandler = ({ runs, closing$, viewers }: DashboardAppOptions): Handler => {
  const feed = createSharedFeed(runs)
  let feeds = 0
  return (c) => {
    if (feeds >= MAX_FEEDS) return c.json({ error: `found ${feeds} feeds open, expected fewer: close some pages` }, 503)
    feeds++
    const left$ = new ReplaySubject<void>(1)
    const leave = viewers.enter()
    const body = createPulledStream(
      feed.stream(closing$, left$),
      () => left$.next(),
      () => {
        feeds--
        leave()
      },
    )
    return c.body(body, 200, { 'content-type': 'text/event-stream' })
  }
}

const rolloutsHandler =
  ({ runs }: DashboardAppOptions): Handler =>
  async (c) => {
    const { run, step } = c.req.param() as { readonly run: string; readonly step: string }
    const line = await runs[indexOf(run)]?.rollouts(indexOf(step))
    return typeof line === 'string'
      ? c.body(line, 200, { 'content-type': 'application/json' })
      : c.json({ error: `run ${run}, step ${step}: found no rollouts, expected a step with kept rollouts` }, 404)
  }

const commandHandler =
  ({ runs, body: limits = bodyLimits }: DashboardAppOptions): Handler =>
  async (c) => {
    const control = runs[indexOf(c.req.param('run') ?? '')]?.control
    if (control === undefined) return c.json({ error: 'run: found none, expected a run of the feed' }, 404)
    if (control === null)
      return c.json({ error: 'run: found one that is only watched, expected one that can be steered' }, 409)
    const media = mediaProblem(c)
    if (media !== undefined) return c.json({ error: media }, 415)
    const body = await readBody(c.req.raw, limits)
    // The rest of the body may still come, so the connection cannot carry another request.
    if (E.isLeft(body)) return c.json({ error: body.left.error }, body.left.status, { connection: 'close' })
    const command = readCommand(body.right)
    if (E.isLeft(command)) return c.json({ error: command.left }, 400)
    try {
      control.execute(command.right)
    } catch (error) {
      // A RangeError says why the points are no band plan, or that the run is over.
      if (error instanceof RangeError) return c.json({ error: error.message }, 400)
      throw error
    }
    return c.body(null, 204)
  }

const mediaProblem = ({ req }: Context): string | undefined => {
  const [type = '', encoding = 'identity'] = [req.header('content-type'), req.header('content-encoding')]
  if (!/^application\/json\s*(;|$)/i.test(type))
    return `content-type: found ${type === '' ? 'none' : quote(type)}, expected application/json`
  return encoding.toLowerCase() === 'identity' ? undefined : `content-encoding: found ${quote(encoding)}, expected none`
}

/** Returns the index that a part of the path holds; NaN, which is no index, for other text. */
const indexOf = (text: string): number => (/^\d{1,15}$/.test(text) ? Number(text) : Number.NaN)

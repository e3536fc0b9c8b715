import * as E from 'fp-ts/lib/Either.js'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { type Observable, ReplaySubject } from 'rxjs'
import { readBearerToken, readQueryToken, requireSameOrigin, requireToken, setSecurityHeaders } from './access.js'
import type { PageFiles } from './page-files.js'
import { createPulledStream } from './pulled-stream.js'
import { readCommand } from './read-command.js'
import { streamFeed } from './stream-feed.js'
import type { WatchedRun } from './watched-run.js'

export interface DashboardAppOptions {
  readonly runs: readonly WatchedRun[]
  readonly page: PageFiles
  readonly token: string
  /** Accepted values of the Host header, with port; null accepts any. */
  readonly hosts: readonly string[] | null
  /** Ends all feeds, also those that are opened later. */
  readonly closing$: Observable<void>
}

/** Largest number of open feeds. More are a mistake or an attack. */
const MAX_FEEDS = 64

/** Largest body of a request. @units bytes */
const MAX_BODY = 2 ** 16

/** Web application of the dashboard: the page, the feed, the rollouts of a step, and commands. */
export const createDashboardApp = (options: DashboardAppOptions): Hono => {
  const app = new Hono()
  app.use(setSecurityHeaders, requireSameOrigin(options.hosts))
  app.get('/api/feed', requireToken(options.token, readQueryToken), feedHandler(options))
  app.use('/api/*', requireToken(options.token, readBearerToken))
  addRunRoutes(app, options)
  app.get('*', (c) => {
    const file = options.page.get(c.req.path)
    return file === undefined ? c.notFound() : c.body(file.bytes, 200, { 'content-type': file.type })
  })
  app.notFound((c) => c.json({ error: 'found nothing at this address' }, 404))
  // A RangeError says why the points of a command are no band plan.
  app.onError((error, c) => c.json({ error: error.message }, error instanceof RangeError ? 400 : 500))
  return app
}

const feedHandler = ({ runs, closing$ }: DashboardAppOptions) => {
  let feeds = 0
  return (c: Context) => {
    if (feeds >= MAX_FEEDS) return c.json({ error: `found ${feeds} feeds open, expected fewer: close some pages` }, 503)
    feeds++
    const left$ = new ReplaySubject<void>(1)
    const body = createPulledStream(
      streamFeed(runs, closing$, left$),
      () => left$.next(),
      () => feeds--,
    )
    return c.body(body, 200, { 'content-type': 'text/event-stream' })
  }
}

const addRunRoutes = (app: Hono, { runs }: DashboardAppOptions): void => {
  app.get('/api/runs/:run/rollouts/:step', async (c) => {
    const { run, step } = c.req.param()
    const line = await runs[indexOf(run)]?.rollouts(indexOf(step))
    return typeof line === 'string'
      ? c.body(line, 200, { 'content-type': 'application/json' })
      : c.json({ error: `run ${run}, step ${step}: found no rollouts, expected a step with kept rollouts` }, 404)
  })
  app.post('/api/runs/:run/commands', limitBody, async (c) => {
    const run = runs[indexOf(c.req.param('run'))]
    if (run === undefined) return c.json({ error: 'run: found none, expected a run of the feed' }, 404)
    if (run.control === null)
      return c.json({ error: 'run: found one that is only watched, expected one that can be steered' }, 409)
    if (!isJson(c)) return c.json({ error: 'content-type: expected application/json' }, 415)
    const command = readCommand(await c.req.text())
    if (E.isLeft(command)) return c.json({ error: command.left }, 400)
    run.control.execute(command.right)
    return c.body(null, 204)
  })
}

const limitBody = bodyLimit({
  maxSize: MAX_BODY,
  onError: (c) => c.json({ error: `body: found more than ${MAX_BODY} bytes, expected fewer` }, 413),
})

const isJson = ({ req }: Context): boolean => /^application\/json\s*(;|$)/i.test(req.header('content-type') ?? '')

/** Returns the index that a part of the path holds; NaN, which is no index, for other text. */
const indexOf = (text: string): number => (/^\d{1,15}$/.test(text) ? Number(text) : Number.NaN)

import * as E from 'fp-ts/lib/Either.js'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { type Observable, ReplaySubject } from 'rxjs'
import { readBearerToken, requireSameOrigin, setSecurityHeaders, readQueryToken, requireToken } from './access.js'
import { streamFeed } from './stream-feed.js'
import type { PageFiles } from './page-files.js'
import { createPulledStream } from './pulled-stream.js'
import { readCommand } from './read-command.js'
import type { WatchedRun } from './watched-run.js'

/** What is served, and to whom. */
export interface DashboardAppOptions {
  readonly runs: readonly WatchedRun[]
  readonly page: PageFiles
  readonly token: string
  /** Names it goes by, with the port; null for any. */
  readonly hosts: readonly string[] | null
  /** Ends the feeds; late ones too. */
  readonly closing$: Observable<void>
}

/** Feeds at once: more would be a mistake, or meant to harm. */
const MOST_FEEDS = 64

/** @units bytes */
const LONGEST_BODY = 2 ** 16

/** The dashboard as an application: the page, the feed, rollouts of a step, commands. */
export const createDashboardApp = ({ runs, page, token, hosts, closing$ }: DashboardAppOptions): Hono => {
  const app = new Hono()
  const bearer = requireToken(token, readBearerToken)
  let feeds = 0

  app.use(setSecurityHeaders, requireSameOrigin(hosts))

  app.get('/api/feed', requireToken(token, readQueryToken), (c) => {
    if (feeds >= MOST_FEEDS)
      return c.json({ error: `found ${feeds} feeds open, expected fewer: close some pages` }, 503)
    feeds++
    const left$ = new ReplaySubject<void>(1)
    const body = createPulledStream(
      streamFeed(runs, closing$, left$),
      () => left$.next(),
      () => feeds--,
    )
    return c.body(body, 200, { 'content-type': 'text/event-stream' })
  })

  app.get('/api/runs/:run/rollouts/:step', bearer, async (c) => {
    const { run, step } = c.req.param()
    const line = await runs[indexOf(run)]?.rollouts(indexOf(step))
    return typeof line === 'string'
      ? c.body(line, 200, { 'content-type': 'application/json' })
      : c.json({ error: `run ${run}, step ${step}: found no rollouts, expected a step that some were kept of` }, 404)
  })

  app.post('/api/runs/:run/commands', bearer, limited, async (c) => {
    const watched = runs[indexOf(c.req.param('run'))]
    if (watched === undefined) return c.json({ error: `run: found none, expected one of the feed` }, 404)
    if (watched.control === null)
      return c.json({ error: `run: found one that is only watched, expected one that can be steered` }, 409)
    if (!isJson(c)) return c.json({ error: `content-type: expected application/json` }, 415)
    const command = readCommand(await c.req.text())
    if (E.isLeft(command)) return c.json({ error: command.left }, 400)
    watched.control.execute(command.right)
    return c.body(null, 204)
  })

  app.all('/api/*', bearer)

  app.get('*', (c) => {
    const file = page.get(c.req.path)
    return file === undefined ? c.notFound() : c.body(file.bytes, 200, { 'content-type': file.type })
  })

  app.notFound((c) => c.json({ error: 'found nothing at this address' }, 404))
  app.onError((error, c) =>
    // Points may be no plan in ways that a plan alone knows.
    error instanceof RangeError ? c.json({ error: error.message }, 400) : c.json({ error: error.message }, 500),
  )
  return app
}

const limited = bodyLimit({
  maxSize: LONGEST_BODY,
  onError: (c) => c.json({ error: `body: found more than ${LONGEST_BODY} bytes, expected fewer` }, 413),
})

const isJson = ({ req }: Context): boolean => /^application\/json\s*(;|$)/i.test(req.header('content-type') ?? '')

/** A number as it is written in a path; NaN, which is no index, for anything else. */
const indexOf = (text: string): number => (/^\d{1,15}$/.test(text) ? Number(text) : Number.NaN)

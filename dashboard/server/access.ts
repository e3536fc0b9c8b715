import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'

/** Nobody guesses it. */
export const createToken = (): string => randomBytes(16).toString('base64url')

/** The page loads nothing from elsewhere, and runs no script but its own. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** Nothing but our own page may read, frame or send anything here. */
const headers = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const

export const setSecurityHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value)
}

/** Refuses what a page of someone else makes a browser send. Null for `hosts` takes any name of this machine. */
export const requireSameOrigin =
  (hosts: readonly string[] | null): MiddlewareHandler =>
  async (c, next) => {
    const complaint = strangeMethod(c) ?? strangeHost(c, hosts) ?? strangeOrigin(c) ?? strangeSite(c)
    return complaint === undefined ? next() : c.json({ error: complaint.error }, complaint.status)
  }

interface Complaint {
  readonly status: 403 | 405
  readonly error: string
}

/** What the app would answer as if it were a GET is one too many. */
const strangeMethod = ({ req }: Context): Complaint | undefined =>
  ['GET', 'POST'].includes(req.raw.method)
    ? undefined
    : { status: 405, error: `found method ${req.raw.method}, expected GET or POST` }

/** A name that someone else has pointed at this machine is not ours. */
const strangeHost = ({ req }: Context, hosts: readonly string[] | null): Complaint | undefined => {
  const host = req.header('host')?.toLowerCase() ?? ''
  return hosts === null || hosts.includes(host)
    ? undefined
    : { status: 403, error: `host: found ${shown(host)}, expected ${hosts.join(' or ')}` }
}

const strangeOrigin = ({ req }: Context): Complaint | undefined => {
  const origin = req.header('origin')?.toLowerCase()
  const ours = `http://${req.header('host')?.toLowerCase() ?? ''}`
  return origin === undefined || origin === ours
    ? undefined
    : { status: 403, error: `origin: found ${shown(origin)}, expected ${shown(ours)}` }
}

/** Others may link to the page, and that is all. */
const strangeSite = ({ req }: Context): Complaint | undefined => {
  const site = req.header('sec-fetch-site') ?? 'none'
  const linked =
    req.header('sec-fetch-mode') === 'navigate' && req.header('sec-fetch-dest') === 'document' && req.path === '/'
  return site === 'none' || site === 'same-origin' || linked
    ? undefined
    : { status: 403, error: `sec-fetch-site: found ${shown(site)}, expected same-origin` }
}

/** Refuses who does not have the token, which stands where `given` finds it. */
export const requireToken =
  (token: string, given: (c: Context) => string | undefined): MiddlewareHandler =>
  async (c, next) =>
    same(given(c) ?? '', token)
      ? next()
      : c.json(
          { error: 'token: found none, or another; expected the one of the address that was printed: open that' },
          401,
        )

export const readQueryToken = (c: Context): string | undefined => c.req.query('token')
export const readBearerToken = (c: Context): string | undefined =>
  /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1]

/** How long it takes tells nothing of where they differ. */
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const shown = (text: string): string => JSON.stringify(text.slice(0, 80))

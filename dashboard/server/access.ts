import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'

/** Creates a random access token of 128 bits. */
export const createToken = (): string => randomBytes(16).toString('base64url')

/** Content security policy: the page loads files and runs scripts only from its own server. */
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

/** Only the page of this server may read, frame or send data. */
const headers = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const

/** Adds the security headers to every response. */
export const setSecurityHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value)
}

/** Rejects requests that a page of another site makes a browser send. Null for `hosts` accepts any host name. */
export const requireSameOrigin =
  (hosts: readonly string[] | null): MiddlewareHandler =>
  async (c, next) => {
    const error = checkHost(c, hosts) ?? checkOrigin(c) ?? checkSite(c)
    return error === undefined ? next() : c.json({ error }, 403)
  }

/** Rejects requests with another method than those of an address. The router answers HEAD as GET, so this reads the request. */
export const requireMethod =
  (methods: readonly string[]): MiddlewareHandler =>
  async (c, next) => {
    const { method } = c.req.raw
    return methods.includes(method)
      ? next()
      : c.json({ error: `found method ${method}, expected ${methods.join(' or ')}` }, 405, {
          allow: methods.join(', '),
        })
  }

/** Another site can let its own host name lead to this machine (DNS rebinding), so only known names are accepted. */
const checkHost = ({ req }: Context, hosts: readonly string[] | null): string | undefined => {
  const host = req.header('host')?.toLowerCase() ?? ''
  return hosts === null || hosts.includes(host)
    ? undefined
    : `host: found ${quote(host)}, expected ${hosts.join(' or ')}`
}

const checkOrigin = ({ req }: Context): string | undefined => {
  const origin = req.header('origin')?.toLowerCase()
  const own = `http://${req.header('host')?.toLowerCase() ?? ''}`
  return origin === undefined || origin === own ? undefined : `origin: found ${quote(origin)}, expected ${quote(own)}`
}

/** Another site may link to the page, but not request anything else. */
const checkSite = ({ req }: Context): string | undefined => {
  const site = req.header('sec-fetch-site') ?? 'none'
  const isLink =
    req.header('sec-fetch-mode') === 'navigate' && req.header('sec-fetch-dest') === 'document' && req.path === '/'
  return site === 'none' || site === 'same-origin' || isLink
    ? undefined
    : `sec-fetch-site: found ${quote(site)}, expected same-origin`
}

/** Rejects requests without a valid token. `read` finds the token in a request. */
export const requireToken =
  (token: string, read: (c: Context) => string | undefined): MiddlewareHandler =>
  async (c, next) =>
    isSameToken(read(c) ?? '', token)
      ? next()
      : c.json(
          {
            error:
              'token: found none or a wrong one, expected the token of the address that was printed: open that address',
          },
          401,
        )

export const readQueryToken = (c: Context): string | undefined => c.req.query('token')
export const readBearerToken = (c: Context): string | undefined =>
  /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1]

/** Compares hashes in constant time, so that the time does not reveal the position of the first difference. */
const isSameToken = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Quotes the beginning of a header for an error message, because a header may be long. */
export const quote = (text: string): string => JSON.stringify(text.slice(0, 80))

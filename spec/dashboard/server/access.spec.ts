import { describe, expect, it } from 'vitest'
import { createToken } from '#dashboard/server/access.js'
import {
  createTestControl,
  type RequestParts,
  sendRequest,
  authorization,
  openTestDashboard,
  sendRaw,
  runFolder,
  TOKEN,
  runToWatch,
} from './test-dashboard.js'

const json = { 'content-type': 'application/json' }
const feed = `/api/feed?token=${TOKEN}`
const rollouts = '/api/runs/0/rollouts/0'
const commands = '/api/runs/0/commands'
const pause = { method: 'POST', body: '{"command":"pause"}' }

const serveRun = async () => {
  const control = createTestControl()
  const { at } = await openTestDashboard([runToWatch(await runFolder(1), control)])
  return { at, control, send: (path: string, parts?: RequestParts) => sendRequest(at, path, parts) }
}

/** Wrong tokens. */
const wrong = ['', 'x', `${TOKEN}x`, TOKEN.slice(0, -1), TOKEN.toUpperCase()]

describe('the token', () => {
  it('is required for everything except the page', async () => {
    const { send, control } = await serveRun()
    const ways: readonly (readonly [string, RequestParts?])[] = [
      ['/api/feed'],
      ['/api/feed?token='],
      ...wrong.map((token) => [`/api/feed?token=${encodeURIComponent(token)}`] as const),
      // Only the feed reads the token from its address, because logs may store addresses; it reads it from nowhere else.
      ['/api/feed', { headers: authorization }],
      [`${rollouts}?token=${TOKEN}`],
      [`${commands}?token=${TOKEN}`, { ...pause, headers: json }],
      [rollouts],
      [commands, { ...pause, headers: json }],
      ['/api/'],
      ['/api/none'],
      ...['', 'Bearer', 'Bearer ', `Basic ${TOKEN}`, ...wrong.map((token) => `Bearer ${token}`)].flatMap(
        (authorization) =>
          [
            [rollouts, { headers: { authorization } }],
            [commands, { ...pause, headers: { ...json, authorization } }],
          ] as const,
      ),
    ]
    for (const [path, parts] of ways) {
      const { status, body } = await send(path, parts)
      expect([path, parts, status]).toEqual([path, parts, 401])
      expect(body).toContain('the address that was printed')
      expect(body).not.toContain(TOKEN)
    }
    expect(control.executed).toEqual([])
    expect(await send(rollouts, { headers: authorization })).toMatchObject({ status: 404 })
    expect(await send(commands, { ...pause, headers: { ...json, ...authorization } })).toMatchObject({ status: 204 })
    expect(control.executed).toEqual([{ command: 'pause' }])
  })

  it('is random, with 22 characters', () => {
    expect(createToken()).toMatch(/^[\w-]{22}$/)
    expect(createToken()).not.toBe(createToken())
  })
})

describe('a request of another page', () => {
  const mine = { ...authorization, ...json }
  const hostile: readonly Readonly<Record<string, string>>[] = [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: '' },
    { origin: 'https://127.0.0.1' },
    { origin: 'http://127.0.0.1' },
    { host: 'evil.example' },
    // DNS rebinding: host and origin agree, and the token is right.
    { host: 'evil.example:7600', origin: 'http://evil.example:7600' },
    { host: '127.0.0.1' },
    { host: '127.0.0.1.evil.example' },
    { host: 'localhost:1' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
  ]

  it.each(hostile)('is rejected: %j', async (headers) => {
    const { send, control } = await serveRun()
    for (const [path, parts] of [
      [feed, {}],
      [rollouts, {}],
      [commands, pause],
    ] as const) {
      expect(await send(path, { ...parts, headers: { ...mine, ...headers } })).toMatchObject({ status: 403 })
    }
    expect(control.executed).toEqual([])
  })

  it('gets the page only through a link', async () => {
    const { send } = await serveRun()
    const site = { 'sec-fetch-site': 'cross-site' }
    const link = { ...site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    expect((await send('/', { headers: { host: 'evil.example' } })).status).toBe(403)
    expect((await send('/', { headers: site })).status).toBe(403)
    expect((await send('/', { headers: { ...link, 'sec-fetch-dest': 'iframe' } })).status).toBe(403)
    expect((await send('/', { headers: link })).status).toBe(200)
  })

  it('is distinguished from a request of the dashboard page', async () => {
    const { at, send, control } = await serveRun()
    for (const host of [at.host, `localhost:${at.port}`, `LOCALHOST:${at.port}`, `[::1]:${at.port}`]) {
      const headers = { ...mine, host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }
      expect((await send(commands, { ...pause, headers })).status).toBe(204)
    }
    expect(control.executed).toHaveLength(4)
  })

  it('may use any host name if the server listens at all addresses, with the token', async () => {
    const { at, url } = await openTestDashboard([runToWatch(await runFolder(1))], { host: '0.0.0.0' })
    expect(url).toMatch(/^http:\/\/(?!0\.0\.0\.0)[\w.-]+:\d+\/#a-token-of-one-test$/)
    const here = new URL(`http://127.0.0.1:${at.port}`)
    const headers = { host: 'machine.example:7600' }
    expect((await sendRequest(here, '/', { headers })).status).toBe(200)
    expect((await sendRequest(here, rollouts, { headers })).status).toBe(401)
    expect((await sendRequest(here, rollouts, { headers: { ...headers, ...authorization } })).status).toBe(404)
    expect(
      (await sendRequest(here, rollouts, { headers: { ...headers, ...authorization, origin: 'http://else' } })).status,
    ).toBe(403)
  })
})

describe('headers', () => {
  it('protect the page in every response', async () => {
    const { send } = await serveRun()
    const answers = await Promise.all([
      send('/'),
      send('/assets/page.js'),
      send('/none'),
      send('/api/feed'),
      send(rollouts, { headers: authorization }),
      send('/', { headers: { host: 'evil.example' } }),
      send(commands, { ...pause, headers: { ...authorization, ...json } }),
      send('/', { method: 'DELETE' }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 401, 404, 403, 204, 405])
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      })
    }
  })
})

describe('the page', () => {
  it('is served with the content types of its files', async () => {
    const { send } = await serveRun()
    expect(await send('/')).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
    expect((await send('/index.html')).body).toBe('<!doctype html><title>a page</title>')
    expect(await send('/assets/page.js')).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/javascript; charset=utf-8' },
      body: 'export {}',
    })
  })

  it.each([
    '/../package.json',
    '/../../../../../../etc/passwd',
    '/%2e%2e/package.json',
    '/%2e%2e%2f%2e%2e%2fetc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/assets/..%5c..%5cpackage.json',
    '/..\\..\\package.json',
    '/assets/../../package.json',
    '//etc/passwd',
    '/etc/passwd',
    'file:///etc/passwd',
    '/index.html%00.js',
    '/%00',
    '/assets',
    '/assets/',
    '/constructor',
    '/__proto__',
    '/%',
    '/%ff',
  ])('serves nothing at %s', async (path) => {
    const { at } = await serveRun()
    const answer = await sendRaw(at, `GET ${path} HTTP/1.1\r\nhost: ${at.host}\r\nconnection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 (404|400) /)
    expect(answer).not.toMatch(/root:|"name"|<title>/)
  })

  it('is protected from a host in the request line', async () => {
    const { at } = await serveRun()
    const line = (host: string) => `GET http://${at.host}${feed} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`
    expect(await sendRaw(at, line('evil.example'))).toMatch(/^HTTP\/1\.1 403 /)
  })

  it('rejects text that is no HTTP, and a request without a host', async () => {
    const { at } = await serveRun()
    expect(await sendRaw(at, 'SPAM\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect(await sendRaw(at, `GET ${feed} HTTP/1.1\r\nconnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /)
    expect(await sendRaw(at, `GET ${feed} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 40[03] /)
  })
})

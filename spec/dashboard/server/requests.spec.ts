import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { NEVER } from 'rxjs'
import { createDashboardApp } from '#dashboard/server/app.js'
import { createViewers } from '#dashboard/server/viewers.js'
import { watchRun } from '#dashboard/server/watched-run.js'
import {
  authorization,
  createTestControl,
  openTestDashboard,
  runFolder,
  runToWatch,
  sendRaw,
  sendRequest,
  TOKEN,
} from './test-dashboard.js'

const commands = '/api/runs/0/commands'
const json = { ...authorization, 'content-type': 'application/json' }

const serveRun = async () => {
  const control = createTestControl()
  const { at } = await openTestDashboard([runToWatch(await runFolder(1), control)])
  return { at, control }
}

/** Head of a command in HTTP, without the line that says how long its body is. */
const head = (at: URL, ...lines: readonly string[]): string =>
  [
    `POST ${commands} HTTP/1.1`,
    `host: ${at.host}`,
    `authorization: Bearer ${TOKEN}`,
    'content-type: application/json',
    ...lines,
    '\r\n',
  ].join('\r\n')

const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

const openSocket = async (at: URL): Promise<Socket> => {
  const socket = connect(Number(at.port), at.hostname)
  onTestFinished(() => void socket.destroy())
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return socket
}

describe('a body', () => {
  it.each([
    ['in one chunk', [chunk('{"command":"pause"}'), chunk('')]],
    ['in chunks that split a word', [chunk('{"comm'), chunk('and":"pa'), chunk('use"}'), chunk('')]],
    ['with extensions and trailers', ['13;a=b\r\n{"command":"pause"}\r\n', '0\r\nx-sum: 1\r\n\r\n']],
  ])('is read %s', async (_, chunks) => {
    const { at, control } = await serveRun()
    const answer = await sendRaw(at, head(at, 'transfer-encoding: chunked', 'connection: close') + chunks.join(''))
    expect(answer).toMatch(/^HTTP\/1\.1 204 /)
    expect(control.executed).toEqual([{ command: 'pause' }])
  })

  it('carries another request after it on the same connection', async () => {
    const { at, control } = await serveRun()
    const one = head(at, 'transfer-encoding: chunked') + chunk('{"command":"pause"}') + chunk('')
    const two = `${head(at, 'content-length: 20', 'connection: close')}{"command":"resume"}`
    expect((await sendRaw(at, one + two)).match(/HTTP\/1\.1 204 /g)).toHaveLength(2)
    expect(control.executed).toEqual([{ command: 'pause' }, { command: 'resume' }])
  })

  it.each([
    ['empty', [chunk('')], 400, 'body: found "", expected JSON'],
    ['broken', [chunk('{'), chunk('')], 400, 'body: found "{", expected JSON'],
    ['no UTF-8', ['1\r\n\xff\r\n', chunk('')], 400, 'body: found "other bytes", expected JSON in UTF-8'],
    ['too long', [chunk('x'.repeat(2 ** 15)).repeat(3)], 413, 'body: found more than 65536 bytes, expected fewer'],
  ])('in chunks is rejected if it is %s', async (_, chunks, status, error) => {
    const { at, control } = await serveRun()
    const socket = await openSocket(at)
    socket.write(Buffer.from(head(at, 'transfer-encoding: chunked', 'connection: close') + chunks.join(''), 'latin1'))
    let answer = ''
    for await (const part of socket as AsyncIterable<Buffer>) answer += part.toString()
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer).toContain(JSON.stringify({ error }))
    expect(control.executed).toEqual([])
  })

  it('that ends early or is no chunk leaves the server as it was', async () => {
    const { at, control } = await serveRun()
    const early = await openSocket(at)
    early.write(head(at, 'content-length: 100') + '{"command":')
    early.destroy()
    const chunked = await openSocket(at)
    chunked.write(head(at, 'transfer-encoding: chunked') + '5\r\n{"c')
    chunked.destroy()
    expect(await sendRaw(at, head(at, 'transfer-encoding: chunked') + 'zz\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect((await sendRequest(at, '/')).status).toBe(200)
    expect(control.executed).toEqual([])
  })

  it('that never ends is answered after a time limit', async () => {
    const control = createTestControl()
    const app = createDashboardApp({
      runs: [watchRun(runToWatch(await runFolder(1), control))],
      page: new Map(),
      token: TOKEN,
      hosts: null,
      closing$: NEVER,
      viewers: createViewers(NEVER),
      body: { bytes: 100, ms: 1 },
    })
    const body = new ReadableStream<Uint8Array>({ start: (to) => to.enqueue(new TextEncoder().encode('{"command":')) })
    const request = new Request(`http://localhost${commands}`, { method: 'POST', headers: json, body, duplex: 'half' })
    const answer = await app.fetch(request)
    expect([answer.status, answer.headers.get('connection'), await answer.json()]).toEqual([
      408,
      'close',
      { error: 'body: found no end after 0.001 s, expected the whole body by then' },
    ])
    expect(control.executed).toEqual([])
  })

  it.each([
    [{ 'content-encoding': 'gzip' }, 'content-encoding: found "gzip", expected none'],
    [{ 'content-type': 'text/plain' }, 'content-type: found "text/plain", expected application/json'],
    [{ 'content-type': '' }, 'content-type: found none, expected application/json'],
  ])('with %j is rejected by the name of the header', async (header, error) => {
    const { at } = await serveRun()
    const headers = { ...json, ...header }
    expect(await sendRequest(at, commands, { method: 'POST', headers, body: '{"command":"pause"}' })).toMatchObject({
      status: 415,
      body: JSON.stringify({ error }),
    })
  })
})

describe('a method', () => {
  const addresses = {
    '/': 'GET, HEAD',
    '/index.html': 'GET, HEAD',
    '/assets/page.js': 'GET, HEAD',
    '/api/feed': 'GET',
    '/api/runs/0/rollouts/0': 'GET, HEAD',
    [commands]: 'POST',
  }
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY']

  it.each(Object.entries(addresses))(
    'that %s does not have is answered with 405 and those that it has',
    async (path, allow) => {
      const { at } = await serveRun()
      for (const method of methods.filter((each) => !allow.split(', ').includes(each))) {
        const { status, headers } = await sendRequest(at, path, { method, headers: json })
        expect([method, status, headers['allow']]).toEqual([method, 405, allow])
      }
    },
  )

  it('of an unknown address is answered with 404, and 401 below /api without the token', async () => {
    const { at } = await serveRun()
    for (const method of methods)
      for (const path of ['/none', '/index', '/assets/', '/api/none', '/api/runs', '/api/runs/0/commands/more']) {
        expect([method, path, (await sendRequest(at, path, { method, headers: json })).status]).toEqual([
          method,
          path,
          404,
        ])
        const expected = path.startsWith('/api/') ? 401 : 404
        expect([method, path, (await sendRequest(at, path, { method })).status]).toEqual([method, path, expected])
      }
  })

  it('HEAD is answered as GET, without a body', async () => {
    const { at } = await serveRun()
    const { status, headers, body } = await sendRequest(at, '/', { method: 'HEAD' })
    expect([status, headers['content-type'], body]).toEqual([200, 'text/html; charset=utf-8', ''])
  })

  it('CONNECT gets an answer', async () => {
    const { at } = await serveRun()
    const answer = await sendRaw(at, `CONNECT ${at.host} HTTP/1.1\r\nhost: ${at.host}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 405 .*\r\nallow: GET, HEAD, POST\r\n/s)
  })
})

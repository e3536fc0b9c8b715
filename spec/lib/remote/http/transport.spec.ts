import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import * as t from 'io-ts'
import { firstValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { rightOrThrow } from '#lib/or-throw.js'
import { createProxyAgent } from '#lib/remote/http/proxy-agent.js'
import { openServer } from '#lib/remote/http/server.js'
import type { ServerError } from '#lib/remote/http/server-error.js'
import { transportThrough } from '#lib/remote/http/transport.js'
import { localServers } from './local-servers.js'

const { listening, proxyTo } = localServers()

const bodyOf = async (message: IncomingMessage) => {
  let text = ''
  for await (const chunk of message) text += String(chunk)
  return text
}

const transport = (environment: Record<string, string> = {}) =>
  transportThrough(rightOrThrow(createProxyAgent(environment)))
const get = (url: string) => ({ method: 'GET', url, headers: {}, body: null, largestBody: 1000 }) as const
const failure = (url: string, environment?: Record<string, string>) =>
  firstValueFrom(transport(environment)(get(url))).then(
    () => expect.fail('found an answer, expected an error'),
    (error: unknown) => error as ServerError,
  )

describe('transport', () => {
  it('sends a body and headers, and returns status, headers and text', async () => {
    const { url } = await listening((message, response) => {
      void bodyOf(message).then((body) => {
        response
          .writeHead(201, { 'x-seen': `${message.method} ${message.url} ${String(message.headers['x-my'])}` })
          .end(body)
      })
    })
    const answer = await firstValueFrom(
      transport()({ ...get(`${url}/a?b`), method: 'POST', headers: { 'x-my': 'own' }, body: '{"é":1}' }),
    )
    expect(answer).toMatchObject({ status: 201, body: Buffer.from('{"é":1}'), headers: { 'x-seen': 'POST /a?b own' } })
  })

  it('closes the connection when it is unsubscribed', async () => {
    const { server, url } = await listening(() => undefined)
    const connection = once(server, 'connection') as Promise<[Socket]>
    const asked = once(server, 'request')
    const subscription = transport()(get(url)).subscribe()
    const [socket] = await connection
    await asked
    const closed = once(socket, 'close')
    subscription.unsubscribe()
    await closed
  })

  it('says that nothing was sent when there is no connection', async () => {
    const { server, url } = await listening(() => undefined)
    server.close()
    await once(server, 'close')
    const error = await failure(url)
    expect(error).toMatchObject({ problem: 'unreachable', isUnsent: true })
    expect(error.message).toContain(`GET ${url}: found no connection (connect ECONNREFUSED`)
  })

  it('does not say so when the connection is cut before the answer', async () => {
    const { url } = await listening((message) => message.socket.destroy())
    expect(await failure(url)).toMatchObject({ problem: 'unreachable', isUnsent: false })
  })

  it.each(['content-length', 'chunks'])('reports half a body, with %s', async (kind) => {
    const { url } = await listening((_, response) => {
      response.writeHead(200, kind === 'chunks' ? {} : { 'content-length': 10 })
      response.write('{"a":', () => response.socket?.destroy())
    })
    const error = await failure(url)
    expect(error).toMatchObject({ problem: 'unreadable', isUnsent: false })
    expect(error.message).toContain('an answer that was cut after')
  })

  it('refuses a body that is longer than the limit, which a second request would not change', async () => {
    const { url } = await listening((_, response) => void response.end('x'.repeat(1001)))
    const error = await failure(url)
    expect(error).toMatchObject({ problem: 'unfit', found: 'more than 1000 bytes' })
    const limit = { ...get(url), largestBody: 1001 }
    expect(await firstValueFrom(transport()(limit))).toMatchObject({ status: 200 })
  })

  it('follows no redirect, because the key belongs to one server', async () => {
    const { url } = await listening((_, response) => {
      response.writeHead(302, { location: '/other' }).end()
    })
    expect(await firstValueFrom(transport()(get(url)))).toMatchObject({ status: 302 })
  })

  it('ends its connections at close', async () => {
    const { server, url } = await listening((_, response) => void response.end('{}'))
    const connection = once(server, 'connection') as Promise<[Socket]>
    const opened = rightOrThrow(openServer({ url }))
    await firstValueFrom(opened.request({ method: 'GET', path: '/', codec: t.type({}), isRepeatable: true }))
    const [socket] = await connection
    const closed = once(socket, 'close')
    await opened.close()
    await closed
  })
})

describe('proxy', () => {
  it('serves every host but those of NO_PROXY and this machine', async () => {
    const { url } = await listening((_, response) => void response.end('direct or through the proxy'))
    const proxy = await proxyTo(url)
    const environment = { HTTP_PROXY: proxy.url, NO_PROXY: 'near.invalid' }
    const far = 'http://sampler.invalid/v1'
    expect(await firstValueFrom(transport(environment)(get(far)))).toMatchObject({ status: 200 })
    // Many proxies open tunnels to port 443 only.
    expect(proxy.asked).toEqual([`GET ${far}`])
    expect(await firstValueFrom(transport(environment)(get(url)))).toMatchObject({ status: 200 })
    expect(await failure('http://near.invalid/', environment)).toMatchObject({ problem: 'unreachable' })
    expect(proxy.asked).toHaveLength(1)
  })

  it('takes https through a tunnel of HTTPS_PROXY', async () => {
    const { url } = await listening((_, response) => void response.end())
    const proxy = await proxyTo(url)
    // The double speaks no TLS, so that only the tunnel is seen.
    await failure('https://sampler.invalid/v1', { https_proxy: proxy.url })
    expect(proxy.asked).toEqual(['CONNECT sampler.invalid:443'])
  })

  it.each([
    // Nothing listens at the addresses of this machine that are connected to.
    ['http://127.0.0.2:1/', '127.0.0.0/8', false],
    ['http://127.0.0.2:1/', 'a.invalid, 127.0.0.0/30', false],
    ['http://127.0.0.2:1/', '127.0.0.4/30', true],
    ['http://127.0.0.2:1/', '127.0.0.0/99', true],
    ['http://127.0.0.2:1/', 'fd00::/8', true],
    ['http://[::2]:1/', '::/64', false],
    ['http://[::2]:1/', '0.0.0.0/0', true],
    ['http://sampler.invalid/', '0.0.0.0/0', true],
  ])('for %s with NO_PROXY=%s: %s', async (address, networks, isAsked) => {
    const { url } = await listening((_, response) => void response.end())
    const proxy = await proxyTo(url)
    const asking = firstValueFrom(transport({ HTTP_PROXY: proxy.url, NO_PROXY: networks })(get(address)))
    if (isAsked) expect(await asking).toMatchObject({ status: 200 })
    else await expect(asking).rejects.toMatchObject({ problem: 'unreachable' })
    expect(proxy.asked).toHaveLength(isAsked ? 1 : 0)
  })

  it('is named in the error of a server that cannot be reached', async () => {
    const error = await failure('http://127.0.0.1:1/')
    expect(error.expected).toContain('check its address, and HTTP_PROXY, HTTPS_PROXY and NO_PROXY if there is a proxy')
  })

  it('is refused if its address is wrong, without its password', () => {
    const wrong = createProxyAgent({ HTTPS_PROXY: 'me:hush@proxy' })
    expect(wrong).toMatchObject({ left: { message: expect.stringContaining('HTTPS_PROXY: found a text') as unknown } })
    expect(JSON.stringify(wrong)).not.toContain('hush')
  })
})

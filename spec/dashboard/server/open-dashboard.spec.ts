import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { openDashboard } from '#dashboard/server/open-dashboard.js'
import { temporaryFolder } from '../../lib/run/temporary.js'
import { sendRequest, openTestDashboard, TOKEN } from './test-dashboard.js'

describe('openDashboard', () => {
  it('returns the address of the page, with the token in the part that browsers do not send', async () => {
    const { url, at } = await openTestDashboard([])
    expect(url).toBe(`http://127.0.0.1:${at.port}/#${TOKEN}`)
    expect((await sendRequest(at, '/')).status).toBe(200)
  })

  it('listens at an IPv6 address', async () => {
    const { at } = await openTestDashboard([], { host: '::1' })
    expect(at.hostname).toBe('[::1]')
    expect((await fetch(new URL('/', at))).status).toBe(200)
  })

  it('names a port in use, and the remedy', async () => {
    const { at } = await openTestDashboard([])
    await expect(openTestDashboard([], { port: Number(at.port) })).rejects.toThrow(
      `port ${at.port}: found a port in use, expected a free port: --port 0 takes one`,
    )
  })

  it('rejects an address of another machine', async () => {
    await expect(openTestDashboard([], { host: '192.0.2.1' })).rejects.toThrow(
      /^192\.0\.2\.1(:\d+)?: found EADDRNOTAVAIL, expected an address of this machine to listen at/,
    )
  })

  it('says how to build a missing page', async () => {
    const page = await temporaryFolder()
    const dashboard = await openDashboard({ runs: [], host: '127.0.0.1', port: 0, token: TOKEN, page })()
    expect(dashboard).toMatchObject(
      E.left({
        _tag: 'DashboardError',
        message: `${page}: found no page, expected the built page: npm run build makes it`,
      }),
    )
  })
})

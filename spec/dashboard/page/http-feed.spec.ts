import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { faultsOf } from '../../browser/axe.js'
import { findChromium, launch, remedy } from '../../browser/chromium.js'
import { PATIENCE } from '../../patience.js'
import { metricsLine, rollout, runInfo, upTo } from '../lines.js'
import { openSite, type Site } from './site.js'

const executable = findChromium()
if (executable === undefined) console.log(`the page of a server in Chromium is skipped: ${remedy}`)

/** Time after which the page asks a server again that has rejected it. */
const RETRY_AFTER_MS = 3000

/** Shortest time between two requests for the rollouts of the latest step. */
const REQUEST_EVERY_MS = 5000

interface ReceivedRequest {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly authorization: string | undefined
  readonly type: string | undefined
  readonly body: string
}

describe.skipIf(executable === undefined)('the page of a server', () => {
  let site: Site
  let browser: Browser
  let page: Page
  let received: ReceivedRequest[]
  let feeds: ServerResponse[]
  let refuseFeeds: { readonly status: number; readonly body: string } | undefined
  /** Whether the next request for a feed alone is rejected. */
  let refuseOnce: boolean
  /** The answers to requests for a feed wait for it. */
  let feedsAllowed: Promise<void>
  let answer: (request: ReceivedRequest, response: ServerResponse) => void

  const api = async (request: IncomingMessage, response: ServerResponse) => {
    const { method, url, headers } = request
    if (url!.startsWith('/api/feed')) await feedsAllowed
    if (url!.startsWith('/api/feed') && refuseOnce) {
      refuseOnce = false
      return void response.writeHead(503).end()
    }
    if (url!.startsWith('/api/feed') && refuseFeeds === undefined) {
      received.push({ method, url, authorization: headers.authorization, type: undefined, body: '' })
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      // The browser waits so long before it connects again by itself, in place of its own 3 seconds.
      response.write('retry: 20\n\n')
      feeds.push(response)
      return tell(response, { event: 'runs', runs: [runInfo({ heading: `feed ${feeds.length}` })] })
    }
    if (url!.startsWith('/api/feed')) return void response.writeHead(refuseFeeds!.status).end(refuseFeeds!.body)
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const one = { method, url, authorization: headers.authorization, type: headers['content-type'], body }
    received.push(one)
    answer(one, response)
  }
  const tell = (response: ServerResponse, event: unknown) => response.write(`data: ${JSON.stringify(event)}\n\n`)
  const tellSteps = (count: number, more: object = {}) =>
    tell(feeds.at(-1)!, {
      event: 'log',
      run: 0,
      log: 'metrics',
      lines: upTo(count, metricsLine).map((line) => ({ ...line, ...more })),
    })

  beforeAll(async () => {
    const folder = new URL('../../../dashboard/page/', import.meta.url)
    ;[site, browser] = await Promise.all([
      openSite(folder, (request, response) => void api(request, response)),
      launch(executable!, 'no gpu'),
    ])
  })
  afterAll(async () => {
    await browser.close()
    await site.close()
  })
  beforeEach(async () => {
    received = []
    feeds = []
    refuseFeeds = undefined
    refuseOnce = false
    feedsAllowed = Promise.resolve()
    answer = (_, response) => response.writeHead(404).end('{"error":"none"}')
    page = await browser.newPage()
    page.setDefaultTimeout(PATIENCE)
    await page.goto(`${site.address}#a%20token`)
  })
  afterEach(() => page.close())

  const text = (words: string | RegExp) => page.getByText(words).waitFor()

  test('reads the feed with the token of its address', async () => {
    await text('feed 1')
    tellSteps(5)
    await text(/step 5 of 60/)
    expect(received[0]!.url).toBe('/api/feed?token=a%2520token')
    expect(await page.locator('#notice').isVisible()).toBe(false)
  })

  test('without a token says where to find it', async () => {
    await text('feed 1')
    await page.goto('about:blank')
    await page.goto(site.address)
    await text('Open the address that the command printed: it has the access token after the #.')
    await page.getByRole('textbox', { name: /^Access token/ }).fill('typed')
    await page.keyboard.press('Enter')
    await text(/feed \d/)
    expect(received.map(({ url }) => url)).toContain('/api/feed?token=typed')
  })

  test('sends commands, and says why one was refused', async () => {
    answer = (_, response) => response.writeHead(204).end()
    await page.getByRole('button', { name: 'Pause' }).click()
    await expect
      .poll(() => received.filter(({ method }) => method === 'POST'))
      .toEqual([
        {
          method: 'POST',
          url: '/api/runs/0/commands',
          authorization: 'Bearer a%20token',
          type: 'application/json',
          body: '{"command":"pause"}',
        },
      ])
    answer = (_, response) => response.writeHead(409).end('{"error":"found one that is only watched"}')
    await page.getByRole('button', { name: 'Pause' }).click()
    await text('Could not pause: found one that is only watched')
    answer = (_, response) => response.writeHead(502).end('<html>')
    await page.getByRole('button', { name: 'Pause' }).click()
    await text('Could not pause: the server answered with 502')
  })

  test('requests the rollouts of a step, of which there may be none', async () => {
    await text('feed 1')
    await page.clock.install()
    tellSteps(5)
    await text('No rollouts were kept of step 5.')
    answer = (_, response) => response.end(JSON.stringify({ step: 5, scoreMethod: 'exact', rollouts: [rollout()] }))
    tell(feeds[0]!, { event: 'log', run: 0, log: 'metrics', lines: [metricsLine(5)] })
    await page.clock.runFor(REQUEST_EVERY_MS)
    await text('3 5 7 = 15 ?')
    expect(received.at(-1)).toMatchObject({ url: '/api/runs/0/rollouts/5', authorization: 'Bearer a%20token' })
  })

  test('shows the rollouts of the last step that the feed sent, also when no server answers any more', async () => {
    await text('feed 1')
    await page.clock.install()
    tellSteps(5)
    await text('No rollouts were kept of step 5.')
    answer = (_, response) => response.destroy()
    tell(feeds[0]!, { event: 'rollouts', run: 0, rollouts: { step: 5, scoreMethod: 'exact', rollouts: [rollout()] } })
    tell(feeds[0]!, { event: 'log', run: 0, log: 'metrics', lines: [metricsLine(5)] })
    await page.clock.runFor(REQUEST_EVERY_MS)
    await text('3 5 7 = 15 ?')
  })

  test('says when the run is over, and how to open it again', async () => {
    await text('feed 1')
    tell(feeds[0]!, { event: 'state', run: 0, state: { status: 'finished', override: null } })
    await text('The run is over. The server of this page stops soon. `entrain watch runs/countdown` opens it again.')
    refuseFeeds = { status: 502, body: '' }
    feeds[0]!.destroy()
  })

  test('says that the connection is lost, keeps the last state, and connects again', async () => {
    await text('feed 1')
    tellSteps(5)
    await text(/step 5 of 60/)
    let allowFeeds!: () => void
    feedsAllowed = new Promise((resolve) => (allowFeeds = resolve))
    feeds[0]!.destroy()
    await text(/^The connection is lost/)
    await text(/step 5 of 60/)
    allowFeeds()
    await text('feed 2')
    expect(await page.locator('#notice').isVisible()).toBe(false)
    await text(/step 5 of 60/)
    tellSteps(8)
    await text(/step 8 of 60/)
  })

  test.each([
    [503, '{"error":"found 8 feeds open"}', 'found 8 feeds open'],
    [502, '<html>', 'the server answered with 502'],
  ])('says why it is rejected (%i), and tries again', async (status, body, words) => {
    await text('feed 1')
    await page.clock.install()
    refuseFeeds = { status, body }
    feeds[0]!.destroy()
    await text(`The server rejects this page: ${words}. Trying again.`)
    refuseFeeds = undefined
    await page.clock.runFor(RETRY_AFTER_MS)
    await text('feed 2')
    expect(await page.locator('#notice').isVisible()).toBe(false)
  })

  test.each([
    [401, '{"error":"token: found a wrong one"}', 'token: found a wrong one'],
    [403, '<html>', 'the server answered with 403'],
  ])(
    'asks for a token when it is denied access (%i), and does not try again with the same',
    async (status, body, words) => {
      await text('feed 1')
      await page.clock.install()
      refuseFeeds = { status, body }
      feeds[0]!.destroy()
      // The browser connects again by itself after a broken connection.
      await text(`The server rejects this page: ${words}.`)
      expect(await faultsOf(page)).toEqual([])
      refuseFeeds = undefined
      await page.clock.runFor(600_000)
      expect(feeds).toHaveLength(1)
      expect(await page.getByText(words).isVisible()).toBe(true)
      await page.getByRole('textbox', { name: /^Access token/ }).fill(`${site.address}#another`)
      await page.getByRole('button', { name: 'Open' }).click()
      await text('feed 2')
      expect(received.at(-1)!.url).toBe('/api/feed?token=another')
      expect(await page.locator('#notice').isVisible()).toBe(false)
    },
  )

  test('shows no error of a lost connection after it is back', async () => {
    await text('feed 1')
    answer = (_, response) => response.destroy()
    tellSteps(5)
    await text('Step 5 could not be read: the server does not answer')
    await page.getByRole('button', { name: 'Pause' }).click()
    await text('Could not pause: the server does not answer')
    answer = (_, response) => response.writeHead(404).end('{"error":"none"}')
    feeds[0]!.destroy()
    await text('feed 2')
    await page.getByText('Could not pause').waitFor({ state: 'hidden' })
    tellSteps(5)
    await text('No rollouts were kept of step 5.')
  })

  test('leaves no second feed open when the request for the reason succeeds', async () => {
    await text('feed 1')
    await page.clock.install()
    refuseOnce = true
    feeds[0]!.destroy()
    await expect.poll(() => page.clock.runFor(RETRY_AFTER_MS).then(() => feeds.length)).toBe(3)
    await text('feed 3')
    await expect.poll(() => feeds.map((feed) => feed.destroyed)).toEqual([true, true, false])
  })

  test('says what is wrong in a message, and where', async () => {
    await text('feed 1')
    tellSteps(2, { entropy: 'much' })
    await text('The feed has failed: feed, lines.0.entropy: found "much", expected (number | null)')
  })
})

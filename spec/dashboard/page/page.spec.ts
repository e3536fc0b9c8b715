import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { RunInfo } from '../../../dashboard/feed.js'
import type { RunServer, RunState } from '../../../lib/control/run-state.js'
import { faultsOf } from '../../browser/axe.js'
import { findChromium, launch, remedy } from '../../browser/chromium.js'
import { bandAt, evaluationLine, metricsLine, rollout, runInfo, secondsLine, upTo } from '../lines.js'
import './page/test-feed.js'
import { openSite, type Site } from './site.js'
import { PATIENCE } from '../../patience.js'

const executable = findChromium()
if (executable === undefined) console.log(`the live page in Chromium is skipped: ${remedy}`)

/** Short, so that no test waits for a picture. */
const PICTURE_MS = 50

describe.skipIf(executable === undefined)('the live page', () => {
  let site: Site
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let errors: string[]

  beforeAll(async () => {
    ;[site, browser] = await Promise.all([openSite(new URL('page/', import.meta.url)), launch(executable!, 'no gpu')])
  }, 60_000)
  afterAll(async () => {
    await browser.close()
    await site.close()
  })

  const open = async (options: Parameters<Browser['newContext']>[0] = { viewport: { width: 1440, height: 1000 } }) => {
    context = await browser.newContext(options)
    page = await context.newPage()
    page.setDefaultTimeout(PATIENCE)
    errors = []
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text())
    })
    page.on('pageerror', (error) => errors.push(String(error)))
    page.on('request', (request) => {
      if (!/^(data:|blob:)/.test(request.url()) && !request.url().startsWith(site.address)) errors.push(request.url())
    })
    await page.goto(site.address)
    await page.evaluate((options) => testFeed.mount(options), { pictureMs: PICTURE_MS })
  }
  beforeEach(() => open())
  afterEach(async () => {
    expect(errors).toEqual([])
    await context.close()
  })

  const emitRuns = (...runs: Partial<RunInfo>[]) =>
    page.evaluate(
      (runs) => testFeed.emit({ event: 'runs', runs }),
      runs.map((more, run) => runInfo({ run, ...more })),
    )
  const emitState = (status: RunState['status'], override: RunState['override'] = null) =>
    page.evaluate((state) => testFeed.emit({ event: 'state', run: 0, state }), { status, override })
  const emitServers = (servers: RunState['servers'], status: RunState['status'] = 'running') =>
    page.evaluate((state) => testFeed.emit({ event: 'state', run: 0, state }), {
      ...{ status, override: null, servers: servers! },
    })
  const serverStates = (second: RunServer['state']): readonly RunServer[] => [
    {
      ...{ name: 'http://10.0.0.7:8000', work: 'samples', state: 'ready', version: 12 },
      ...{ tokensPerSecond: 641.2, waiting: 5 },
    },
    {
      ...{ name: 'http://10.0.0.8:8000', work: 'samples', state: second, version: 12 },
      ...{ tokensPerSecond: 320.8, waiting: 2 },
    },
    {
      ...{ name: 'http://10.0.0.9:8000', work: 'trains', state: 'ready', version: 12 },
      ...{ tokensPerSecond: 0, waiting: 0 },
    },
  ]
  const emitSteps = (from: number, to: number, run = 0) =>
    page.evaluate(([run, from, to]) => testFeed.emitSteps(run, from, to), [run, from, to] as const)
  /** Points of the steer commands. */
  const steered = async () => {
    const all = await commands()
    return all.flatMap((command) => (command.command === 'steer' ? [command.points] : []))
  }
  /** Waits for a picture that shows all events of the feed so far. */
  const anotherPicture = async () => {
    await emitState('paused')
    await page.getByRole('button', { name: 'Resume' }).waitFor()
    await emitState('running')
    await page.getByRole('button', { name: 'Pause' }).waitFor()
  }
  const paints = () => page.evaluate(() => testFeed.paints)
  const commands = () => page.evaluate(() => testFeed.commands.map(({ command }) => command))
  const chartNamed = (name: string) => page.getByRole('region', { name, exact: true })
  /** Button that selects a run. */
  const choiceOf = (run: number) => page.getByRole('list', { name: 'Runs' }).getByRole('button').nth(run)
  const handle = (name: string) => page.getByRole('slider', { name, exact: true })
  const nats = async (slider: Locator) => Number(await slider.getAttribute('aria-valuenow'))
  const eventually = vi.waitFor
  const settled = { timeout: PATIENCE }

  describe('shows', () => {
    test('that it waits, before the feed has sent anything', async () => {
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Waiting for a run')
      expect(await page.getByRole('button', { name: /pause|stop/i }).count()).toBe(0)
    })

    test('name, steps and numbers of a run', async () => {
      await emitRuns({})
      await emitSteps(0, 30)
      await eventually(async () => {
        const text = await page.locator('#page').innerText()
        expect(text).toContain('entrocraft-predicted on countdown, seed 0')
        expect(text).toContain('step 30 of 60, 13 s left')
        expect(text).toContain(metricsLine(29).entropy!.toFixed(3))
      }, settled)
      expect(await page.title()).toBe('synthetic run')
    })

    test('every chart with its numbers, as a description and as a table', async () => {
      await emitRuns({})
      await emitSteps(0, 12)
      await page.evaluate(
        (lines) => testFeed.emit({ event: 'log', run: 0, log: 'evaluations', lines }),
        [evaluationLine(0, 0.4), evaluationLine(10, 0.55)],
      )
      const label = (name: string) => chartNamed(name).getByRole('img').getAttribute('aria-label')
      const says = async (name: string, words: string) => {
        await chartNamed(name).scrollIntoViewIfNeeded()
        await eventually(async () => expect(await label(name)).toContain(words), settled)
      }
      await says('Entropy', `at step 12: entropy ${Number(metricsLine(11).entropy!.toPrecision(3))}`)
      await says('Reward and score', 'held-out mean@k 0.55')
      await says('Accepted and rejected', 'accepted, A > 0 60, accepted, A = 0 70, accepted, A < 0 126')
      await says('Entropy change', 'predicted, accepted')
      await says('KL divergence', 'to the sampler 1.0e−4')
      expect(await label('KL divergence')).not.toContain('to the reference')
      await says('Log-likelihood', 'log baseline −5.4')
      await says('Time by stage', 'operators 0.005')
      await says('Memory', 'process 0.411')
      await chartNamed('Log-likelihood').getByText('Numbers').click()
      const rows = chartNamed('Log-likelihood').locator('tbody tr')
      await eventually(async () => expect(await rows.count()).toBe(12), settled)
      expect(await rows.first().innerText()).toMatch(/^12\t−0\.\d+\t−0\.\d+\t−5\.4$/)
    })

    test('refused updates and entropy outside its limit, as a warning', async () => {
      await emitRuns({})
      await emitSteps(0, 3)
      const warning = page.locator('.top .trouble[role=status]')
      await eventually(async () => expect(await page.getByText('step 3 of').count()).toBe(1), settled)
      expect(await warning.isHidden()).toBe(true)
      await page.evaluate(
        (lines) => testFeed.emit({ event: 'log', run: 0, log: 'metrics', lines }),
        [
          metricsLine(3, { outsideLimit: 'below', entropy: 0.25 }),
          metricsLine(4, { outsideLimit: 'above', entropy: 2 }),
          metricsLine(5, { status: 'non-finite-loss' }),
        ],
      )
      await eventually(async () => expect(await warning.innerText()).toContain('1 update refused'), settled)
      expect(await warning.innerText()).toContain('entropy left its limit at step 4: 0.250 nats per token, below')
    })

    test('the servers of a run: alive, taken out, taken back, and their last state when the run is over', async () => {
      await emitRuns({})
      await emitState('running')
      await emitSteps(0, 3)
      const panel = page.getByRole('region', { name: 'Servers', exact: true })
      await eventually(async () => expect(await page.getByText('step 3 of').count()).toBe(1), settled)
      expect(await panel.count()).toBe(0)
      await emitServers(serverStates('ready'))
      await panel.getByText('3 of 3 alive, 962 tokens/s, 7 prompts waiting.').waitFor()
      const row = (name: string) => panel.getByRole('row').filter({ hasText: name })
      expect(await panel.getByRole('columnheader').allInnerTexts()).toEqual([
        ...['Server', 'Work', 'State', 'Weights', 'Tokens/s', 'Waiting'],
      ])
      expect(await row('10.0.0.7').getByRole('cell').allInnerTexts()).toEqual([
        ...['http://10.0.0.7:8000', 'samples', 'alive', 'version 12', '641', '5'],
      ])
      expect(await row('10.0.0.9').getByRole('cell').allInnerTexts()).toContain('trains')
      await emitServers(serverStates('away'))
      await panel.getByText('2 of 3 alive').waitFor()
      expect(await row('10.0.0.8').getByRole('cell').allInnerTexts()).toContain('taken out')
      await emitServers(serverStates('returning'))
      await panel.getByText('tried again').waitFor()
      expect(await panel.getByText('2 of 3 alive').count()).toBe(1)
      await emitServers(serverStates('joining'))
      await panel.getByText('gets new weights').waitFor()
      await emitServers(serverStates('ready'))
      await eventually(
        async () => expect(await row('10.0.0.8').getByRole('cell').allInnerTexts()).toContain('alive'),
        settled,
      )
      await emitServers(serverStates('away'), 'failed')
      await panel.getByText('The run is over. At its end: 2 of 3 alive.').waitFor()
      expect(await row('10.0.0.8').getByRole('cell').allInnerTexts()).toEqual([
        ...['http://10.0.0.8:8000', 'samples', 'taken out', 'version 12', '–', '–'],
      ])
      // A run on one machine, which the feed has in place of the other.
      await emitState('running')
      await eventually(async () => expect(await panel.count()).toBe(0), settled)
    })

    test('no chart without numbers', async () => {
      await emitRuns({})
      await page.evaluate(
        (lines) => testFeed.emit({ event: 'log', run: 0, log: 'timings', lines }),
        upTo(5, (step) => secondsLine(step, { residentBytes: null })),
      )
      await page.getByRole('heading', { name: 'Rollouts' }).scrollIntoViewIfNeeded()
      await eventually(async () => expect(await chartNamed('Memory').count()).toBe(0), settled)
      await emitSteps(0, 6)
      await eventually(async () => expect(await chartNamed('Memory').count()).toBe(1), settled)
    })

    test('several runs: each can be hidden, and one is selected', async () => {
      await emitRuns({ name: 'first' }, { name: 'second', steerable: false })
      await emitSteps(0, 5, 0)
      await emitSteps(0, 9, 1)
      const legend = chartNamed('Entropy').locator('.legend')
      await eventually(async () => expect(await legend.innerText()).toMatch(/first 0\.\d+.*second 0\.\d+/s), settled)
      await page.getByRole('checkbox', { name: 'Draw second' }).uncheck()
      await eventually(async () => expect(await legend.innerText()).not.toContain('second'), settled)
      await page.getByRole('button', { name: /^second/ }).click()
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('second')
      expect(await page.getByRole('button', { name: /pause|stop/i }).count()).toBe(0)
      expect(await page.getByRole('slider', { name: /bound/ }).count()).toBe(0)
    })

    test('the first run when the selected one is gone, and sends commands to it', async () => {
      await emitRuns({ name: 'first' }, { name: 'second' })
      await page.getByRole('button', { name: /^second/ }).click()
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('second')
      await emitRuns({ name: 'first' })
      await page.getByRole('heading', { level: 1, name: 'first' }).waitFor()
      await page.getByRole('button', { name: 'Pause' }).click()
      expect(await page.evaluate(() => testFeed.commands)).toEqual([{ run: 0, command: { command: 'pause' } }])
    })

    test('why the feed has failed', async () => {
      await page.evaluate(() => testFeed.fail('metrics.3: found nothing, expected a number'))
      expect(await page.getByRole('alert').innerText()).toContain('metrics.3: found nothing, expected a number')
    })

    test('no error of a lost connection after the feed has begun again', async () => {
      await emitRuns({})
      await emitSteps(0, 5)
      await page.evaluate(() => testFeed.answerWith({ refused: 'the server does not answer' }))
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.getByText('Could not pause: the server does not answer').waitFor()
      await handle('high bound at step 60').focus()
      await page.keyboard.press('ArrowUp')
      await page.getByText('Refused: the server does not answer').waitFor()
      const requested = await page.evaluate(() => testFeed.requests.length)
      await emitRuns({})
      await emitSteps(0, 5)
      await page.getByText('Could not pause').waitFor({ state: 'hidden' })
      await page.getByText('Refused: the server').waitFor({ state: 'hidden' })
      // The rollouts are requested again, because the last answer may have been an error.
      await eventually(
        async () => expect(await page.evaluate(() => testFeed.requests.length)).toBe(requested + 1),
        settled,
      )
    })

    test('nothing after it is unmounted', async () => {
      await emitRuns({})
      await emitSteps(0, 5)
      await page.evaluate(() => testFeed.unmount())
      expect(await page.locator('#page').innerHTML()).toBe('')
    })
  })

  describe('rollouts', () => {
    const hostile = rollout({
      prompt: '<img src=x onerror="document.title=1"> & <script>document.title=2</script>',
      tokens: ['<b>', '\u202e', '<script>document.title=3</script>', ''],
      entropy: [1.9, 0.1, 0.4, 0],
      accepted: false,
      correct: false,
      fault: 'no-answer',
      reward: -1,
      advantage: -0.5,
      predictedChange: 0.0123,
    })
    const keep = (step: number, ...rollouts: ReturnType<typeof rollout>[]) =>
      page.evaluate((kept) => testFeed.keep(0, kept), { step, scoreMethod: 'exact' as const, rollouts })
    const table = () => page.getByRole('table', { name: 'Rollouts' })

    beforeEach(async () => {
      await keep(4, rollout(), hostile)
      await keep(2, rollout({ prompt: 'an older one' }))
      await emitRuns({})
      await page.evaluate(
        (lines) => testFeed.emit({ event: 'log', run: 0, log: 'metrics', lines }),
        upTo(5, (step) => metricsLine(step, { drift: step === 4 ? 1 : 0 })),
      )
      await table().getByText('3 5 7 = 15 ?').first().waitFor()
    })

    test('are shown as rows, with the reason of a rejection', async () => {
      const rows = table().getByRole('row')
      expect(await rows.count()).toBe(3)
      const [, first, second] = await rows.allInnerTexts()
      expect(first).toContain('6 tokens; mean 0.310 nats')
      expect(first).toMatch(/1\.00.*\+0\.87.*accepted/s)
      expect(second).toContain('rejected: entropy is above its band and this is predicted to raise it (+0.012)')
      expect(second).toContain('no-answer')
      expect(await rows.nth(2).getByRole('cell').nth(2).textContent()).toContain('wrong, −1.00')
    })

    test('are text, never markup', async () => {
      expect(await table().locator('img, script, b').count()).toBe(0)
      expect(await table().innerText()).toContain('<script>document.title=2</script>')
      expect(await table().innerText()).toContain('⟨U+202E⟩<script>document.title=3</script>')
      expect(await page.title()).toBe('synthetic run')
    })

    test('colour each token by its entropy, readable in both themes', async () => {
      const tokens = table().getByRole('row').nth(2).locator('.token')
      expect(await Promise.all((await tokens.all()).map((token) => token.getAttribute('title')))).toEqual([
        '1.900 nats',
        '0.100 nats',
        '0.400 nats',
        '0.000 nats',
      ])
      for (const theme of ['light', 'dark']) {
        await page.getByRole('button', { name: /^Theme/ }).click()
        expect(await page.getByRole('button', { name: /^Theme/ }).textContent()).toContain(theme)
        expect(Math.min(...(await page.evaluate(() => testFeed.contrasts('.ramp i', '.token'))))).toBeGreaterThan(4.5)
      }
    })

    test('of an earlier step can be chosen', async () => {
      await page.getByRole('spinbutton', { name: /step of the rollouts/i }).fill('3')
      await page.keyboard.press('Tab')
      await eventually(async () => expect(await table().innerText()).toContain('an older one'), settled)
      expect(await page.getByRole('checkbox', { name: 'latest' }).isChecked()).toBe(false)
      await page.getByRole('spinbutton', { name: /step of the rollouts/i }).fill('4')
      await page.keyboard.press('Tab')
      await eventually(
        async () => expect(await page.locator('.rollouts').innerText()).toContain('No rollouts were kept of step 4.'),
        settled,
      )
      expect(await table().count()).toBe(0)
    })

    test('of a step that a person chooses come at once, however often', async () => {
      for (const step of [0, 1, 3]) await keep(step, rollout({ prompt: `prompt of step ${step + 1}` }))
      // No timer of the page ends from here on.
      await page.clock.install()
      await page.clock.pauseAt(Date.now() + 3_600_000)
      for (const number of [1, 2, 4]) {
        await page.getByRole('spinbutton', { name: /step of the rollouts/i }).fill(String(number))
        await page.keyboard.press('Tab')
        await table().getByText(`prompt of step ${number}`).waitFor()
      }
    })

    test('are numbered from 1 to the number of finished steps', async () => {
      for (const role of ['slider', 'spinbutton'] as const) {
        const input = page.locator('.chooser').getByRole(role)
        expect([await input.getAttribute('min'), await input.getAttribute('max'), await input.inputValue()]).toEqual([
          '1',
          '5',
          '5',
        ])
      }
      await page.getByText('Step 5: 2 kept rollouts.').waitFor()
    })

    test('are those of the selected run, also if another run has its name', async () => {
      await page.evaluate((kept) => testFeed.keep(1, kept), {
        step: 4,
        scoreMethod: 'sampled' as const,
        rollouts: [rollout({ prompt: 'of the second' })],
      })
      await emitRuns({}, {})
      await emitSteps(0, 5, 1)
      await choiceOf(1).click()
      await table().getByText('of the second').waitFor()
      await page.getByText('token surprise −log p 0').waitFor()
      expect(await table().getByRole('row').count()).toBe(2)
    })

    test('are cards on a narrow screen', async () => {
      await page.setViewportSize({ width: 390, height: 844 })
      expect(await page.evaluate(() => testFeed.width())).toBe(390)
      expect(await table().getByRole('row').nth(1).innerText()).toContain('accepted')
    })
  })

  describe('sends commands', () => {
    beforeEach(async () => {
      await emitRuns({})
      await emitSteps(0, 10)
      await handle('high bound at step 11').waitFor()
    })

    test('to pause and to resume', async () => {
      await page.getByRole('button', { name: 'Pause' }).click()
      await emitState('paused')
      await page.getByRole('button', { name: 'Resume' }).click()
      expect(await commands()).toEqual([{ command: 'pause' }, { command: 'resume' }])
    })

    test('to stop, after a question', async () => {
      await page.getByRole('button', { name: 'Stop' }).click()
      expect(await page.evaluate(() => testFeed.focused())).toBe('Keep running')
      await page.keyboard.press('Escape')
      expect(await commands()).toEqual([])
      await page.getByRole('button', { name: 'Stop' }).click()
      await page.getByRole('button', { name: 'Stop the run' }).click()
      expect(await commands()).toEqual([{ command: 'stop' }])
      await emitState('stopping')
      await eventually(async () => expect(await page.getByRole('button', { name: /stop/i }).count()).toBe(0), settled)
      expect(await page.locator('.status').innerText()).toContain('stopping')
    })

    test('and says why one was refused', async () => {
      await page.evaluate(() => testFeed.answerWith({ refused: 'the run has ended' }))
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.getByText('Could not pause: the run has ended').waitFor()
    })

    const drag = async (what: Locator, by: number) => {
      const box = (await what.boundingBox())!
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
      await page.mouse.move(x, y)
      await page.mouse.down()
      await page.mouse.move(x, y + by / 2)
      await page.mouse.move(x, y + by)
    }

    test('to steer, by dragging a point; the other points stay', async () => {
      expect(await page.getByRole('slider', { name: /bound at/ }).count()).toBe(10)
      await drag(handle('high bound at step 45'), -50)
      const dragged = await nats(handle('high bound at step 45'))
      expect(dragged).toBeGreaterThan(bandAt(44).high + 0.02)
      expect(await commands()).toEqual([])
      await page.mouse.up()
      const [command] = await commands()
      expect(command).toEqual({
        command: 'steer',
        points: [10, 15, 30, 44, 59].map((step) => ({
          step,
          band: step === 44 ? { low: bandAt(44).low, high: expect.closeTo(dragged, 3) as number } : bandAt(step),
        })),
      })
    })

    test('to steer, by dragging a point above the axis, which grows', async () => {
      const high = handle('high bound at step 45')
      const plot = (await chartNamed('Entropy').locator('.plot').boundingBox())!
      const { y, height } = (await high.boundingBox())!
      await drag(high, plot.y - 60 - (y + height / 2))
      await eventually(async () => expect(await nats(high)).toBeGreaterThan(0.7), settled)
      // The axis follows while the pointer is down.
      const isInside = async () => {
        const box = (await high.boundingBox())!
        return box.y >= plot.y && box.y + box.height <= plot.y + plot.height
      }
      await eventually(async () => expect(await isInside()).toBe(true), settled)
      const dragged = await nats(high)
      await page.mouse.up()
      const [points] = await steered()
      expect(points!.find(({ step }) => step === 44)!.band.high).toBeCloseTo(dragged, 3)
      await eventually(async () => expect(await isInside()).toBe(true), settled)
    })

    test('to steer, by dragging a point below the axis, to zero at the least', async () => {
      const low = handle('low bound at step 45')
      const { y, height } = (await low.boundingBox())!
      await drag(low, 990 - (y + height / 2))
      await eventually(async () => expect(await nats(low)).toBe(0), settled)
      await page.mouse.up()
      expect((await steered())[0]!.find(({ step }) => step === 44)!.band.low).toBe(0)
    })

    test('to steer, by End, to a value that the band has elsewhere', async () => {
      await handle('high bound at step 45').focus()
      await page.keyboard.press('End')
      await eventually(async () => expect(await commands()).toHaveLength(1), settled)
      expect((await steered())[0]!.find(({ step }) => step === 44)!.band.high).toBeCloseTo(bandAt(10).high, 3)
    })

    test('to steer, by dragging the band; both bounds move', async () => {
      const [high, low] = [handle('high bound at step 31'), handle('low bound at step 31')]
      const [top, bottom] = [(await high.boundingBox())!, (await low.boundingBox())!]
      await page.mouse.move(top.x + top.width / 2 + 4, (top.y + bottom.y + bottom.height) / 2)
      await page.mouse.down()
      await page.mouse.move(top.x + top.width / 2 + 4, (top.y + bottom.y + bottom.height) / 2 + 20, { steps: 3 })
      await page.mouse.up()
      const [points] = await steered()
      const { band } = points![2]!
      expect(band.high).toBeLessThan(bandAt(30).high - 0.005)
      expect(band.high - band.low).toBeCloseTo(0.1, 3)
    })

    test('to steer, by touch', async () => {
      await context.close()
      await open({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
      await emitRuns({})
      await emitSteps(0, 10)
      const high = handle('high bound at step 45')
      await high.scrollIntoViewIfNeeded()
      const box = (await high.boundingBox())!
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
      const finger = await context.newCDPSession(page)
      const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', at?: number) =>
        finger.send('Input.dispatchTouchEvent', { type, touchPoints: at === undefined ? [] : [{ x, y: at }] })
      await touch('touchStart', y)
      for (const by of [10, 20, 30, 40]) await touch('touchMove', y - by)
      await touch('touchEnd')
      const [points] = await steered()
      expect(points!.find(({ step }) => step === 44)!.band.high).toBeGreaterThan(bandAt(44).high + 0.01)
    })

    test('to steer, by keys, when no key was pressed for a while', async () => {
      const high = handle('high bound at step 31')
      await high.focus()
      const before = await nats(high)
      for (const key of ['ArrowUp', 'ArrowUp', 'PageDown', 'ArrowDown']) await page.keyboard.press(key)
      expect(await nats(high)).toBeCloseTo(before - 0.04, 3)
      await page.keyboard.press('Home')
      expect(await nats(high)).toBeCloseTo(bandAt(30).low + 0.01, 3)
      expect(await high.getAttribute('aria-valuetext')).toMatch(/^0\.\d{3} nats$/)
      await eventually(async () => expect(await commands()).toHaveLength(1), settled)
      const [points] = await steered()
      expect(points![2]).toEqual({
        step: 30,
        band: { low: bandAt(30).low, high: expect.closeTo(bandAt(30).low + 0.01, 3) as number },
      })
    })

    test('to steer, pending until the feed confirms it; and to follow the plan again', async () => {
      await page.evaluate(() => testFeed.answerWith('later'))
      await handle('low bound at step 31').focus()
      await page.keyboard.press('ArrowDown')
      await page.getByText('Sending …').waitFor()
      const moved = await nats(handle('low bound at step 31'))
      await page.evaluate(() => testFeed.answer())
      await page.getByText('Sent; it holds from the next step on.').waitFor()
      expect(await nats(handle('low bound at step 31'))).toBe(moved)
      expect(await page.locator('.handles.pending').count()).toBe(1)
      const [points] = await steered()
      await emitState('running', points)
      await eventually(async () => expect(await page.locator('.handles.pending').count()).toBe(0), settled)
      expect(await nats(handle('low bound at step 31'))).toBe(moved)
      await page.getByRole('button', { name: 'Follow the plan' }).click()
      expect((await commands())[1]).toEqual({ command: 'release' })
      await page.evaluate(() => testFeed.answer())
      await emitState('running', null)
      await eventually(
        async () => expect(await nats(handle('low bound at step 31'))).toBeCloseTo(bandAt(30).low, 3),
        settled,
      )
      expect(await page.getByRole('button', { name: 'Follow the plan' }).count()).toBe(0)
    })

    test('to steer, and restores the band when it is refused', async () => {
      await page.evaluate(() => testFeed.answerWith({ refused: 'points: found 2000, expected at most 1000' }))
      await handle('high bound at step 45').focus()
      await page.keyboard.press('PageUp')
      await page.getByText('Refused: points: found 2000, expected at most 1000').waitFor()
      expect(await nats(handle('high bound at step 45'))).toBeCloseTo(bandAt(44).high, 3)
    })

    test('to steer, while steps finish: the dragged point stays, and no past point is sent', async () => {
      await drag(handle('high bound at step 45'), -50)
      const dragged = await nats(handle('high bound at step 45'))
      await emitSteps(10, 18)
      await page.getByText(/step 18 of 60/).waitFor()
      expect(await nats(handle('high bound at step 45'))).toBe(dragged)
      await page.mouse.up()
      const [points] = await steered()
      expect(points!.map(({ step }) => step)).toEqual([18, 30, 44, 59])
    })

    test('to steer one run, not another one with its name', async () => {
      await emitRuns({}, {})
      await emitSteps(0, 10, 1)
      await page.evaluate(() => testFeed.answerWith('later'))
      await handle('low bound at step 31').focus()
      await page.keyboard.press('ArrowDown')
      await page.getByText('Sending …').waitFor()
      await choiceOf(1).click()
      expect(await choiceOf(1).getAttribute('aria-pressed')).toBe('true')
      expect(await page.getByText('Sending …').count()).toBe(0)
      expect(await page.locator('.handles.pending').count()).toBe(0)
      expect(await nats(handle('low bound at step 31'))).toBeCloseTo(bandAt(30).low, 3)
    })

    test('but none by keys, nor by a drag, after the page is unmounted', async () => {
      await drag(handle('high bound at step 45'), -50)
      await handle('low bound at step 31').focus()
      await page.keyboard.press('ArrowDown')
      await page.evaluate(async () => {
        testFeed.unmount()
        // Longer than the wait after the last key.
        await new Promise((resolve) => setTimeout(resolve, 500))
      })
      await page.mouse.up()
      expect(await commands()).toEqual([])
    })

    test('but none by a cancelled drag', async () => {
      await drag(handle('high bound at step 45'), -50)
      await page.keyboard.press('Escape')
      await page.mouse.up()
      expect(await commands()).toEqual([])
      expect(await nats(handle('high bound at step 45'))).toBeCloseTo(bandAt(44).high, 3)
    })

    test('without a mouse or a screen: every control has a name, and the Tab key reaches it', async () => {
      await page.locator('.chart details').first().waitFor()
      const nameless = await page.evaluate(() => testFeed.nameless())
      expect(nameless).toEqual([])
      const reached: string[] = []
      await page.getByRole('button', { name: 'Pause' }).focus()
      for (let i = 0; i < 60; i++) {
        reached.push(await page.evaluate(() => testFeed.focused()))
        await page.keyboard.press('Tab')
      }
      const at = (name: string) => reached.indexOf(name)
      const order = [
        'Pause',
        'Stop',
        'high bound at step 11',
        'low bound at step 11',
        'high bound at step 60',
        'latest',
      ]
      expect(order.map(at).every((place) => place >= 0)).toBe(true)
      expect(order.map(at)).toEqual(order.map(at).toSorted((a, b) => a - b))
    })
  })

  describe('draws', () => {
    const evaluations = (...steps: number[]) =>
      page.evaluate(
        (lines) => testFeed.emit({ event: 'log', run: 0, log: 'evaluations', lines }),
        steps.map((step) => evaluationLine(step, 0.5)),
      )

    test('the held-out scores before the first and after the last step inside the chart', async () => {
      await emitRuns({})
      await evaluations(0, 60)
      await emitSteps(0, 60)
      const chart = chartNamed('Reward and score')
      await chart.getByRole('img', { name: 'at step 60' }).waitFor()
      await anotherPicture()
      const canvas = (await chart.locator('canvas').boundingBox())!
      const columns = [
        ...new Set((await page.evaluate(() => testFeed.pixels('Reward and score', 'ink'))).map(([x]) => x)),
      ]
      const middle = canvas.width / 2
      for (const dot of [columns.filter((x) => x < middle), columns.filter((x) => x > middle)]) {
        expect(Math.max(...dot) - Math.min(...dot)).toBeGreaterThan(4)
        expect(Math.max(...dot)).toBeLessThan(canvas.width)
      }
    })

    test('the band visibly behind the noise of 10,000 steps', async () => {
      const share = async (nats: number) => {
        await emitRuns({ planned: 10_000, name: `noise of ${nats}` })
        await page.evaluate((nats) => testFeed.emitNoise(0, 0, 10_000, nats), nats)
        await chartNamed('Entropy').getByRole('img', { name: 'at step 10000' }).waitFor()
        await chartNamed('Entropy').getByText('Long run: thick lines are means of 101 steps.').waitFor()
        await anotherPicture()
        return page.evaluate(() => testFeed.yellowShare('Entropy'))
      }
      const quiet = await share(0)
      expect(quiet).toBeGreaterThan(0.05)
      expect(await share(0.05)).toBeGreaterThan(0.6 * quiet)
    })

    test('a curve in its height beside one outlier, which is marked and told', async () => {
      await emitRuns({})
      await page.evaluate(
        (lines) => testFeed.emit({ event: 'log', run: 0, log: 'metrics', lines }),
        upTo(60, (step) => metricsLine(step, step === 29 ? { kl: 912 } : {})),
      )
      const chart = chartNamed('KL divergence')
      await chart.scrollIntoViewIfNeeded()
      await chart.getByText('▲▼ at the edge: beyond the axis. The farthest is of the update 912 at step 30.').waitFor()
      const { height } = (await chart.locator('canvas').boundingBox())!
      const pixels = await page.evaluate(() => testFeed.pixels('KL divergence', 'blue'))
      const away = pixels.filter(([x]) => x < 0.4 * Math.max(...pixels.map(([x]) => x))).map(([, y]) => y)
      expect(Math.max(...away) - Math.min(...away)).toBeGreaterThan(0.3 * height)
    })

    test('each of fourteen runs in another colour or with other dashes', async () => {
      const looks = (samples: string) => page.evaluate((samples) => testFeed.looks(samples), samples)
      await emitRuns(...upTo(14, (run) => ({ name: `run ${run}` })))
      for (let run = 0; run < 14; run++) await emitSteps(0, 5, run)
      await chartNamed('KL divergence').scrollIntoViewIfNeeded()
      await chartNamed('KL divergence').getByText('run 13').first().waitFor()
      const inBar = await looks('.runs .swatch')
      expect(new Set(inBar).size).toBe(14)
      const small = await looks('.grid .chart:nth-child(5) .legend .swatch')
      expect(small.length).toBeGreaterThan(14)
      expect(new Set(small).size).toBe(small.length)
    })
  })

  describe('is printed', () => {
    test.each(['light', 'dark'] as const)(
      'with every chart as wide as its card, from a %s screen',
      async (colorScheme) => {
        await page.emulateMedia({ colorScheme })
        await emitRuns({})
        await emitSteps(0, 20)
        await page.getByText(/step 20 of 60/).waitFor()
        await page.emulateMedia({ media: 'print', colorScheme })
        await page.locator('html[data-printing]').waitFor()
        expect(await page.locator('.chart:not([hidden])').count()).toBeGreaterThan(7)
        await eventually(async () => expect(await page.evaluate(() => testFeed.cropped())).toEqual([]), settled)
        expect(await page.evaluate(() => testFeed.width())).toBeLessThanOrEqual(1440)
        expect((await page.locator('.live').boundingBox())!.width).toBe(704)
        expect(await page.evaluate(() => testFeed.colour('.name', 'color'))).toBe('rgb(27, 32, 39)')
      },
    )

    test('by the browser, which draws the charts below the screen too, and shows the screen again', async () => {
      await page.setViewportSize({ width: 1440, height: 400 })
      await emitRuns({})
      await emitSteps(0, 20)
      await page.getByText(/step 20 of 60/).waitFor()
      expect(await chartNamed('Memory').locator('canvas').count()).toBe(0)
      const width = async () => (await chartNamed('Entropy').locator('canvas').boundingBox())!.width
      const before = await width()
      const pdf = await page.pdf({ format: 'A4', margin: { left: '1cm', right: '1cm' } })
      expect(pdf.length).toBeGreaterThan(10_000)
      const [{ page: paper, canvases } = { page: 0, canvases: [] }] = await page.evaluate(() => testFeed.printed)
      expect(paper).toBe(704)
      expect(canvases.length).toBeGreaterThan(7)
      expect(Math.max(...canvases)).toBeLessThan(704)
      await eventually(async () => expect(await width()).toBe(before), settled)
      expect(await page.locator('html[data-printing]').count()).toBe(0)
    })
  })

  describe('has no fault for axe', () => {
    /** Number of steps of a run. Axe takes as long as the tables of its numbers are. */
    const STEPS = 15
    beforeEach(async () => {
      // The prompt and the tokens are longer than their places, which scroll.
      const long = rollout({
        prompt: 'a line\n'.repeat(60),
        tokens: Array.from({ length: 100 }, () => 'token '.repeat(10)),
      })
      await page.evaluate((kept) => testFeed.keep(0, kept), {
        step: STEPS - 1,
        scoreMethod: 'exact' as const,
        rollouts: [long, rollout({ accepted: false })],
      })
      await page.setViewportSize({ width: 1440, height: 2400 })
    })
    const audit = async (part = 'html') => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await faultsOf(page, part)).toEqual([])
      }
    }
    const emitRun = async (run = 0) => {
      await emitSteps(0, STEPS, run)
      await page.evaluate(([run, lines]) => testFeed.emit({ event: 'log', run, log: 'evaluations', lines }), [
        run,
        [evaluationLine(0, 0.4), evaluationLine(STEPS, 0.5)],
      ] as const)
    }

    test('a run on servers, also many of them, on a narrow screen and after the run', async () => {
      await emitRuns({})
      await emitRun()
      await emitServers([
        ...serverStates('away'),
        ...Array.from({ length: 12 }, (_, i) => ({
          ...serverStates('joining')[1]!,
          name: `http://sampler-${i}.a-long-name.of-a-cluster.example:30000`,
        })),
      ])
      await page.getByText('taken out').waitFor()
      await audit('.servers')
      await page.setViewportSize({ width: 390, height: 1600 })
      await audit('.servers')
      expect(await page.evaluate(() => testFeed.width())).toBeLessThanOrEqual(390)
      await emitServers(serverStates('away'), 'failed')
      await page.getByText('The run is over.').waitFor()
      await audit('.servers')
    })

    test('with a run in any state, light and dark', async () => {
      await emitRuns({})
      await emitRun()
      await emitState('running')
      await page.getByText(`Step ${STEPS}: 2 kept rollouts.`).waitFor()
      await chartNamed('Memory').locator('canvas').waitFor()
      await audit()
      for (const status of ['paused', 'stopping', 'finished', 'interrupted', 'failed'] as const) {
        await emitState(status)
        await page.locator(`.status[data-status=${status}]`).waitFor()
        await audit('.top')
      }
    })

    test('with a comparison of runs, open tables, errors and the question before a stop', async () => {
      await emitRuns({}, { name: 'other' }, { name: 'third', steerable: false })
      for (const run of [0, 1, 2]) await emitRun(run)
      await page.evaluate(() => testFeed.answerWith({ refused: 'the run has ended' }))
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.getByText('Could not pause: the run has ended').waitFor()
      await handle('high bound at step 60').focus()
      await page.keyboard.press('ArrowUp')
      await page.getByText('Refused: the run has ended').waitFor()
      await page.getByRole('button', { name: 'Stop' }).click()
      for (const summary of await page.locator('.chart summary').all()) await summary.click()
      await audit()
    })

    test('before a run, and after the feed has failed', async () => {
      await audit()
      await page.evaluate(() => testFeed.fail('metrics.3: found nothing, expected a number'))
      await page.getByRole('alert').waitFor()
      await audit()
    })
  })

  describe('is cheap', () => {
    test('few pictures for 10,000 single steps', async () => {
      await emitRuns({ planned: 12_000 })
      const before = await paints()
      const ms = await page.evaluate(async () => {
        const start = performance.now()
        for (let step = 0; step < 10_000; step++) {
          testFeed.emitSteps(0, step, step + 1)
          if (step % 100 === 0) await new Promise((resolve) => setTimeout(resolve))
        }
        return performance.now() - start
      })
      await page.getByText(/step 10000 of 12000/).waitFor()
      const pictures = Math.ceil(ms / PICTURE_MS) + 2
      // Some of the eleven charts are below the screen, and each is painted once more when it is made.
      expect((await paints()) - before).toBeLessThan(11 * (pictures + 2))
    })

    test('no second painting of an unchanged chart', async () => {
      await page.setViewportSize({ width: 1440, height: 3000 })
      await emitRuns({})
      await emitSteps(0, 5)
      await chartNamed('Memory').locator('canvas').waitFor()
      await anotherPicture()
      const before = await paints()
      await anotherPicture()
      // The entropy chart, which also shows the band, is painted for each of two pictures.
      expect((await paints()) - before).toBe(2)
      await page.evaluate((lines) => testFeed.emit({ event: 'log', run: 0, log: 'timings', lines }), [secondsLine(5)])
      await chartNamed('Time by stage')
        .getByRole('img', { name: /at step 6/ })
        .waitFor()
      // The entropy chart again, and those of time and memory.
      expect((await paints()) - before).toBe(5)
    })

    test('no painting below the screen', async () => {
      await page.setViewportSize({ width: 1440, height: 400 })
      await emitRuns({})
      await emitSteps(0, 5)
      await page.getByText(/step 5 of 60/).waitFor()
      expect(await chartNamed('Memory').locator('canvas').count()).toBe(0)
      await chartNamed('Memory').scrollIntoViewIfNeeded()
      await chartNamed('Memory').locator('canvas').waitFor()
    })
  })

  describe('themes', () => {
    test('follow the system or the choice of the user, which is stored', async () => {
      const background = () => page.evaluate(() => testFeed.colour('html', 'backgroundColor'))
      await page.emulateMedia({ colorScheme: 'light' })
      const light = await background()
      await page.emulateMedia({ colorScheme: 'dark' })
      const dark = await background()
      expect(dark).not.toBe(light)
      await page.getByRole('button', { name: /^Theme: auto/ }).click()
      expect(await background()).toBe(light)
      await page.reload()
      await page.evaluate((options) => testFeed.mount(options), { pictureMs: PICTURE_MS })
      expect(await background()).toBe(light)
      await page.getByRole('button', { name: /^Theme: light/ }).click()
      expect(await background()).toBe(dark)
    })
  })
})

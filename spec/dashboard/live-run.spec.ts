import { access, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { StepMetrics } from '#lib/run/step-metrics.js'
import { findChromium, launch, remedy } from '../browser/chromium.js'
import { entrainWithNotesHere } from '../cli/in-process.js'
import { PATIENCE, start, type Started } from '../cli/process.js'

const executable = findChromium()
if (executable === undefined) console.log(`the dashboard of a live run is skipped: ${remedy}`)

/** The band holds the entropy that the model begins with. Learning is fast enough to leave it soon when the band moves. */
const settings = [
  ...'--prompts 16 --seed 1 --engine onnx --evaluation-prompts 4 --evaluation-samples 2'.split(' '),
  ...'--learning-rate 5e-4 --band-schedule constant --band-from 0.55,0.62'.split(' '),
]

/** The run lasts as long as the specs, which a busy machine slows down. */
const NO_LIMIT = 0

describe.skipIf(executable === undefined)('the dashboard of a live run', { timeout: 5 * PATIENCE }, () => {
  let folder: string
  let run: Started
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let address: string
  const errors: string[] = []
  let beside = 0

  const at = (...names: readonly string[]) => join(folder, ...names)
  const log = async (): Promise<readonly StepMetrics[]> =>
    (await readFile(at('run', 'metrics.jsonl'), 'utf8'))
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as StepMetrics)
  const until = (what: () => Promise<boolean>) => vi.waitUntil(what, { timeout: PATIENCE, interval: 100 })
  const stepOn = async (shown: Page) => Number(/step (\d+) of/.exec(await shown.locator('header.top').innerText())?.[1])
  const open = async (): Promise<Page> => {
    const tab = await context.newPage()
    tab.setDefaultTimeout(PATIENCE)
    tab.on('pageerror', (error) => errors.push(String(error)))
    tab.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    await tab.goto(address)
    await until(async () => (await stepOn(tab)) > 0)
    return tab
  }
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
  const status = (shown: Page) => shown.locator('header.top .status').innerText()
  /** Values of the handles, as screen readers say them. */
  const handles = async (shown: Page): Promise<readonly (string | null)[]> => {
    const all = await shown.getByRole('slider', { name: /bound at step/ }).all()
    return Promise.all(all.map((handle) => handle.getAttribute('aria-valuetext')))
  }
  const handle = (bound: 'low' | 'high', which: 'first' | 'last') =>
    page.getByRole('slider', { name: new RegExp(`^${bound} bound at step`) })[which]()
  const nats = async (bound: 'low' | 'high', which: 'first' | 'last') =>
    Number(await handle(bound, which).getAttribute('aria-valuenow'))
  const middle = async (bound: 'low' | 'high', which: 'first' | 'last') => {
    const { x, y, width, height } = (await handle(bound, which).boundingBox())!
    return { x: x + width / 2, y: y + height / 2 }
  }
  /** Drags a bound down towards a value; returns the number of finished steps when the pointer is released. */
  const drag = async (bound: 'low' | 'high', which: 'first' | 'last', to: number): Promise<number> => {
    const perNat =
      ((await middle('low', 'last')).y - (await middle('high', 'last')).y) /
      ((await nats('high', 'last')) - (await nats('low', 'last')))
    const pixels = ((await nats(bound, which)) - to) * perNat
    const { x, y } = await middle(bound, which)
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x, y + pixels / 2)
    await page.mouse.move(x, y + pixels)
    const done = (await log()).length
    await page.mouse.up()
    return done
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'entrain-'))
    const argv = ['train', ...settings, '--steps', '2000', '--dashboard']
    run = start([...argv, '--port', '0', '--linger', '3', '--out', at('run')], undefined, {}, NO_LIMIT)
    address = await new Promise<string>((resolve, reject) => {
      let text = ''
      run.child.stderr?.on('data', (chunk) => {
        text += String(chunk)
        const [found] = /http:\S+/.exec(text) ?? []
        if (found !== undefined) resolve(found)
      })
      void run.ended.then((end) => reject(new Error(JSON.stringify(end))))
    })
    browser = await launch(executable!, 'no gpu')
    context = await browser.newContext({ viewport: { width: 1440, height: 1000 } })
    page = await open()
  }, 5 * PATIENCE)
  afterAll(async () => {
    run.child.kill()
    await browser.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('moves its curves as the run goes', async () => {
    const curve = page.locator('canvas').first()
    const [step, picture] = [await stepOn(page), await curve.screenshot()]
    await until(async () => (await stepOn(page)) >= step + 3)
    expect((await curve.screenshot()).equals(picture)).toBe(false)
  })

  it('shows the rollouts of a step, token by token', async () => {
    const rows = page.getByRole('table').filter({ hasText: 'Verdict' }).getByRole('row')
    await until(async () => (await rows.count()) > 4)
    expect(await rows.nth(1).innerText()).toMatch(/\d+ \d+ \d+=\d+:/)
  })

  it('pauses after the present step, and continues', async () => {
    await press('Pause')
    await until(async () => (await status(page)) === 'paused')
    // The step that runs at the pause ends. Another run of steps in the time of a pause shows that no other begins.
    const anotherRun = () =>
      entrainWithNotesHere('train', ...settings, '--steps', '2', '--out', at(`beside-${beside++}`))
    await anotherRun()
    const paused = (await log()).length
    await anotherRun()
    expect((await log()).length).toBe(paused)
    await press('Resume')
    await until(async () => (await log()).length > paused + 1)
    expect(await status(page)).toBe('running')
  })

  it('steers by a drag: the band holds within a step, and entropy follows into it', async () => {
    expect((await log()).every(({ steered, low, high }) => steered === null && low === 0.55 && high === 0.62)).toBe(
      true,
    )
    const recent = async () => {
      const measured = (await log()).slice(-5).map(({ entropy }) => entropy!)
      return measured.reduce((sum, entropy) => sum + entropy, 0) / measured.length
    }
    const above = await recent()
    const target = { low: above - 0.14, high: above - 0.07 }
    // The low bound moves first, because it may not pass the high one. A point beyond the chart is visible in the next picture.
    for (const [bound, to] of [
      ['low', target.low],
      ['high', target.high],
    ] as const)
      for (const which of ['last', 'first'] as const)
        for (let drags = 0; drags < 5 && Math.abs((await nats(bound, which)) - to) > 0.02; drags++) {
          const begun = await drag(bound, which, to)
          await until(async () => (await log()).slice(begun).some(({ steered }) => steered !== null))
          // The present step may have its band already, and another may begin before the command arrives.
          expect((await log()).findIndex(({ step, steered }) => step >= begun && steered !== null)).toBeLessThanOrEqual(
            begun + 2,
          )
          await until(async () => (await page.getByText('Sent; it holds').count()) === 0)
        }
    const moved = (await log()).at(-1)!
    expect(moved.low).toBeCloseTo(target.low, 1)
    expect(moved.high).toBeCloseTo(target.high, 1)
    await until(async () => (await recent()) <= (await log()).at(-1)!.high)
    expect(await recent()).toBeGreaterThan((await log()).at(-1)!.low - 0.05)
  })

  it('shows the same to a second tab, and all of it after a reload', async () => {
    await press('Pause')
    await until(async () => (await status(page)) === 'paused')
    const second = await open()
    await page.reload()
    for (const shown of [page, second]) await until(async () => (await stepOn(shown)) === (await log()).length)
    expect(await status(second)).toBe('paused')
    expect(await handles(second)).toEqual(await handles(page))
    expect((await handles(page)).length).toBeGreaterThanOrEqual(4)
    // Charts below the screen have no numbers yet, and which ones are depends on when the page was laid out.
    const tiles = (shown: Page) => shown.locator('.tiles').innerText()
    expect(await tiles(second)).toBe(await tiles(page))
    await second.getByRole('button', { name: 'Resume', exact: true }).click()
    await until(async () => (await status(page)) === 'running')
  })

  it('follows the plan again after a release', async () => {
    await press('Follow the plan')
    await until(async () => (await log()).at(-1)?.low === 0.55)
    const released = (await log()).filter(({ steered }) => steered?.length === 0)
    expect(released).toHaveLength(1)
  })

  it('stops after the question, and writes a checkpoint', async () => {
    await press('Stop')
    await press('Stop the run')
    const { code, stderr } = await run.ended
    expect(code).toBe(130)
    expect(stderr).toMatch(/^stopping: .*\n[^]*^\d pages? of the dashboard open: /m)
    await access(at('run', 'checkpoint.safetensors'))
    expect(JSON.parse(await readFile(at('run', 'summary.json'), 'utf8'))).toMatchObject({ status: 'interrupted' })
    await until(async () => (await status(page)) === 'interrupted')
    await page
      .getByText(
        `The run is over, and the server of this page has stopped. \`entrain watch ${at('run')}\` opens it again.`,
      )
      .waitFor()
  })

  it('replays with the same metrics, including the override', async () => {
    const { stdout } = await entrainWithNotesHere('replay', at('run'), '--out', at('again'))
    expect(stdout).toContain('number by number')
    expect(await readFile(at('again', 'metrics.jsonl'))).toEqual(await readFile(at('run', 'metrics.jsonl')))
  })

  it('reported no error in the console of the browser', () => {
    // The browser also reports the connection that ends with the run.
    expect(
      errors.filter((text) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET/.test(text)),
    ).toEqual([])
  })
})

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { lastValueFrom, toArray } from 'rxjs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { build, preview } from 'vite'
import { openOnnx } from '#lib/compute/engine/onnx/open-onnx.js'
import { checkpointPath, readModel } from '#lib/model/model-file.js'
import { rightOrThrow } from '#lib/or-throw.js'
import type { StepMetrics } from '#node.js'
import { defaults } from '../../playground/choices.js'
import { trainingFeed } from '../../playground/training-feed.js'
import { faultsOf } from '../browser/axe.js'
import { findChromium, launch, remedy } from '../browser/chromium.js'
import { sendRequest } from '../dashboard/server/test-dashboard.js'
import { PATIENCE } from '../patience.js'
import { expectClose, expectRelative } from '../lib/compute/reference/close.js'
import { lines } from './feed-events.js'
import { serveFolder, type StaticServer } from './serve-folder.js'
import { listenIn, startRun, receivedLines } from './tab.js'

const executable = findChromium()
if (executable === undefined) console.log(`the playground in Chromium is skipped: ${remedy}`)

const small = { steps: 2, prompts: 4 }
const long = { timeout: PATIENCE, interval: 50 }

describe.skipIf(executable === undefined)('the playground in Chromium', () => {
  let folder: string
  let browser: Browser
  const sites: StaticServer[] = []
  const asked: string[] = []
  const wrong: string[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'playground-'))
    ;[browser] = await Promise.all([
      launch(executable!, 'no gpu'),
      build({ configFile: 'playground/build/vite.config.ts', build: { outDir: folder } }),
    ])
  })
  afterAll(async () => {
    await browser.close()
    await Promise.all(sites.map((site) => site.close()))
    await rm(folder, { recursive: true })
  })

  const open = async (headers: 'isolated' | 'plain', missing?: RegExp, inside = browser): Promise<Page> => {
    const site = await serveFolder(folder, headers, missing)
    sites.push(site)
    const page = await inside.newPage()
    page.setDefaultTimeout(PATIENCE)
    page.context().on('request', (request) => {
      if (!request.url().startsWith(site.address)) asked.push(request.url())
    })
    // The browser reports a missing file itself.
    if (missing === undefined) {
      page.on('pageerror', (error) => wrong.push(error.message))
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) wrong.push(message.text())
      })
    }
    await listenIn(page)
    await page.goto(site.address)
    return page
  }
  const shows = (page: Page, words: string | RegExp) => page.locator('#run').getByText(words).first().waitFor()
  const stepsOf = (page: Page) => receivedLines(page, 'metrics')

  test('trains as in Node.js, and the same seed gives the same numbers', async () => {
    const page = await open('isolated')
    await startRun(page, small)
    await shows(page, 'finished')
    const found = await stepsOf(page)
    expect(found).toHaveLength(small.steps)
    const inNode = await nodeMetrics()
    for (const [step, metrics] of found.entries()) {
      for (const key of ['gradientNorm', 'entropy', 'reward', 'tokensTrained'] as const)
        expectRelative([metrics[key]!], [inNode[step]![key]!], 1e-3)
      for (const key of ['loss', 'kl'] as const) expectClose([metrics[key]!], [inNode[step]![key]!], 1e-5)
    }
    await page.evaluate('globalThis.received = []')
    await startRun(page, small)
    await vi.waitUntil(async () => (await stepsOf(page)).length === small.steps, long)
    expect(await stepsOf(page)).toEqual(found)
    await page.close()
  })

  describe('beside an emulated GPU', () => {
    let withGpu: Browser
    beforeAll(async () => {
      withGpu = await launch(executable!, 'webgpu')
    })
    afterAll(() => withGpu.close())

    test('opens the GPU where it is a real one', async () => {
      const page = await open('plain', undefined, withGpu)
      // The emulated GPU stands for a real one.
      const isReal = "Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { get: () => false });"
      await page.route(/worker-.*\.js$/, async (route) => {
        const response = await route.fetch()
        await route.fulfill({ response, body: isReal + (await response.text()) })
      })
      await startRun(page, { ...small, engine: 'fastest' })
      await shows(page, /^entrocraft-calibrated on countdown, seed 1, entrain on WebGPU \(.*swiftshader.*\)$/i)
      await page.locator('#notice', { hasText: /^entrain on WebGPU \(.*\)$/ }).waitFor()
      await page.close()
    })

    test('trains in WebAssembly, and says why', async () => {
      const page = await open('isolated', undefined, withGpu)
      await startRun(page, { ...small, engine: 'fastest' })
      const words =
        /^ONNX Runtime on the CPU, \d+ threads?\. The GPU is not used: WebGPU finds no GPU, only .*, which runs on the CPU$/
      await page.locator('#notice', { hasText: words }).waitFor()
      await shows(page, /^entrocraft-calibrated on countdown, seed 1, ONNX Runtime on the CPU, \d+ threads?$/)
      await shows(page, 'finished')
      await page.close()
    })
  })

  describe('a run of twenty steps', () => {
    let page: Page
    beforeAll(async () => {
      page = await open('isolated')
      await startRun(page, { steps: 20, prompts: 4 })
    })

    test('names the engine, with the threads of an isolated page', async () => {
      await page.locator('#notice', { hasText: /^ONNX Runtime on the CPU, \d+ threads?$/ }).waitFor()
      await shows(page, /^entrocraft-calibrated on countdown, seed 1, ONNX Runtime on the CPU, \d+ threads?$/)
    })

    test('a run is paused, and continues when it is resumed', async () => {
      await vi.waitUntil(async () => (await stepsOf(page)).length > 1, long)
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.getByRole('button', { name: 'Resume' }).waitFor()
      // The step that runs at the pause ends while another run makes steps. While that makes more of them, no step may end.
      const other = await open('isolated')
      await startRun(other, { steps: 1000, prompts: 4 })
      const makesSteps = (count: number) =>
        vi.waitUntil(async () => (await stepsOf(other)).length >= count, { ...long, interval: 10 })
      await makesSteps(2)
      const held = (await stepsOf(page)).length
      await makesSteps(5)
      expect(await stepsOf(page)).toHaveLength(held)
      await other.close()
      expect(held).toBeLessThan(20)
      await page.getByRole('button', { name: 'Resume' }).click()
      await vi.waitUntil(async () => (await stepsOf(page)).length > held, long)
    })

    test('a key moves the band of the steps to come', async () => {
      const handle = page.getByRole('slider', { name: /^high bound/ }).last()
      const planned = Number(await handle.getAttribute('aria-valuenow'))
      await handle.focus()
      await page.keyboard.press('PageUp')
      await vi.waitUntil(async () => (await stepsOf(page)).some(({ steered }) => steered !== null), long)
      const steered = (await stepsOf(page)).find((step) => step.steered !== null)!
      expect(steered.steered!.at(-1)!.band.high).toBeCloseTo(planned + 0.05, 2)
    })

    test('ends, with entropy, reward and rollouts in the page', async () => {
      await shows(page, 'finished')
      expect(await stepsOf(page)).toHaveLength(20)
      expect((await receivedLines(page, 'evaluations')).map(({ step }) => step)).toEqual([0, 20])
      const last = (await stepsOf(page)).at(-1)!
      const tile = (name: string) => page.locator('.tile', { hasText: name }).first().textContent()
      expect(await tile('Entropy')).toContain(last.entropy!.toFixed(3))
      await shows(page, 'step 20 of 20')
      await page.locator('.rollouts').scrollIntoViewIfNeeded()
      await page
        .locator('.rollouts')
        .getByText(/^\d+ \d+ \d+=\d+:$/)
        .first()
        .waitFor()
    })
  })

  test('without the headers of an isolated page it has one thread, and says so', async () => {
    const page = await open('plain')
    await startRun(page, { ...small, algorithm: 'grpo' })
    await shows(page, /^grpo on countdown, seed 1, ONNX Runtime on the CPU, 1 thread$/)
    await page.locator('#notice', { hasText: 'a host that sends the headers COOP and COEP gives it more' }).waitFor()
    await vi.waitUntil(async () => (await stepsOf(page)).length > 0, long)
    expect(page.workers()).toHaveLength(1)
    await page.close()
  })

  test('a setting out of range is shown, and no worker starts', async () => {
    const page = await open('plain')
    await page.fill('[name="from.low"]', '0.9')
    await startRun(page, small)
    expect(await page.locator('#notice').textContent()).toBe(
      'from: found low 0.9 and high 0.6, expected finite numbers with 0 <= low <= high',
    )
    await expect.poll(() => page.workers().length).toBe(0)
  })

  test.each([
    [
      'the model',
      /\.safetensors$/,
      /^The model does not load: .*found status 404, expected the model to start from\.$/,
    ],
    [
      'the .wasm file',
      /\.wasm$/,
      /^The engine .* does not start: ONNX Runtime does not start: it needs its .wasm file/,
    ],
    ['the worker', /worker-.*\.js$/, /^The run did not start: the browser did not load the script of its worker\./],
  ])('the page says that %s is missing, and waits for no run', async (_, missing, words) => {
    const page = await open('plain', missing)
    await startRun(page, small)
    await page.locator('#notice.problem', { hasText: words }).waitFor()
    expect(await page.locator('#run').textContent()).toBe('')
    await expect.poll(() => page.workers().length).toBe(0)
    await page.getByRole('button', { name: 'Try again' }).waitFor()
    await page.close()
  })

  test('where no GPU is found the page says why WebGPU does not start, and a button starts another engine', async () => {
    const page = await open('plain', /no file is missing/)
    await startRun(page, { ...small, engine: 'webgpu' })
    await page.locator('#notice.problem', { hasText: /^The engine “WebGPU” does not start: .*WebGPU/ }).waitFor()
    expect(await page.locator('#run').textContent()).toBe('')
    await page.getByRole('button', { name: 'Start with WebAssembly, on the CPU' }).click()
    await shows(page, 'finished')
    expect(await page.locator('[name=engine]').inputValue()).toBe('onnx')
    expect(await page.locator('#remedies').textContent()).toBe('')
    await page.close()
  })

  test('a worker that the browser forbids is told at once', async () => {
    const page = await open('plain', /no file is missing/)
    await page.evaluate(() => {
      globalThis.Worker = new Proxy(globalThis.Worker, {
        construct: () => {
          throw new Error('workers are forbidden here')
        },
      })
    })
    await startRun(page, small)
    await page.locator('#notice.problem', { hasText: /^The run did not start: workers are forbidden here\./ }).waitFor()
    expect(await page.locator('#run').textContent()).toBe('')
    await page.close()
  })

  test.each([
    ['an error', 'setTimeout(() => { throw new RangeError("out of memory") })', 'out of memory'],
    ['a rejection that nobody awaits', 'void Promise.reject(new Error("the GPU is lost"))', 'the GPU is lost'],
  ])('%s in the worker ends the run: its charts stay, as those of a run that failed', async (_, code, words) => {
    const page = await open('plain', /no file is missing/)
    await startRun(page, { steps: 1000, prompts: 4 })
    await vi.waitUntil(async () => (await stepsOf(page)).length > 0, long)
    await page.workers()[0]!.evaluate(code)
    await page.locator('#notice.problem', { hasText: words }).waitFor()
    await page.locator('#run header.top [role=status]', { hasText: /^failed$/ }).waitFor()
    expect(await page.getByRole('button', { name: 'Pause' }).isVisible()).toBe(false)
    expect(
      await page
        .locator('#run')
        .getByText(/step \d+ of 1000/)
        .count(),
    ).toBe(1)
    await vi.waitUntil(() => page.workers().length === 0, long)
    await page.close()
  })

  test('the server of the site answers unknown addresses with 404', async () => {
    const server = await preview({
      configFile: 'playground/build/vite.config.ts',
      logLevel: 'silent',
      build: { outDir: folder },
      preview: { port: 0, strictPort: false },
    })
    const { port } = server.httpServer.address() as AddressInfo
    const status = async (path: string, method = 'GET') => {
      const answer = await sendRequest(new URL(`http://127.0.0.1:${port}`), path, { method })
      expect(answer.body).not.toMatch(/root:|"scripts"/)
      return answer.status
    }
    for (const path of ['/', '/index.html', '/search.html', '/README.html', '/api/index.html?q=1'])
      expect([path, await status(path)]).toEqual([path, 200])
    for (const path of [
      '/none',
      '/none/',
      '/docs/none.html',
      '/index.htm',
      '/assets/',
      '/assets/none.js',
      '/%00',
      '/%',
    ])
      expect([path, [400, 404].includes(await status(path))]).toEqual([path, true])
    for (const path of ['/../package.json', '/%2e%2e/%2e%2e/package.json', '/..%2f..%2fetc%2fpasswd', '//etc/passwd'])
      expect([path, [400, 403, 404].includes(await status(path))]).toEqual([path, true])
    expect(await status('/none', 'HEAD')).toBe(404)
    await server.close()
  })

  test('the navigation leads to the documentation and back', async () => {
    const page = await open('plain')
    await page.getByRole('navigation').getByRole('link', { name: 'Engines', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Engines' }).waitFor()
    await page.getByRole('link', { name: 'Playground' }).click()
    await page.getByRole('button', { name: 'Start' }).waitFor()
  })

  test('search leads from any page to a public name, by keyboard alone', async () => {
    const page = await open('plain')
    await page.getByRole('navigation').getByRole('link', { name: 'Engines', exact: true }).click()
    await page.getByRole('searchbox').press('End')
    await page.keyboard.type('rejectionFilter')
    await page.keyboard.press('Enter')
    await page.locator('#results a').first().waitFor()
    expect(await page.locator('#count').textContent()).toMatch(/^\d+ results?/)
    await page.keyboard.press('ArrowDown')
    await page.locator('#results a:focus', { hasText: /^rejectionFilter$/ }).waitFor()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 3, name: 'rejectionFilter' }).waitFor()
    expect(page.url()).toMatch(/\/api\/\w+\.html#rejectionFilter$/)
    await page.close()
  })

  test('search follows what is typed, and keeps the query in the address', async () => {
    const page = await open('plain')
    await page.goto(new URL('search.html?q=grpo', page.url()).href)
    await page.locator('#results a', { hasText: /^grpo$/ }).waitFor()
    await page.getByRole('searchbox').fill('qqqqqqqq')
    await page.locator('#count', { hasText: /^0 results$/ }).waitFor()
    expect(page.url()).toMatch(/\?q=qqqqqqqq$/)
    await page.close()
  })

  test('a dark page shows the dark plots, and other figures on a light panel', async () => {
    const page = await open('plain')
    const front = page.url()
    const plot = () => page.evaluate<string>("document.querySelector('picture > img').currentSrc")
    await page.goto(new URL('README.html', front).href)
    expect(await plot()).toMatch(/\/entropy\.png$/)
    await page.emulateMedia({ colorScheme: 'dark' })
    await vi.waitUntil(async () => (await plot()).endsWith('/entropy-dark.png'), long)
    await page.goto(new URL('docs/entropy-behaviour.html', front).href)
    const panel = "getComputedStyle(document.querySelector('p > img')).backgroundColor"
    expect(await page.evaluate(panel)).toBe('rgb(255, 255, 255)')
    await page.close()
  })

  test('axe finds no fault on any kind of page, before and during a run, light and dark', async () => {
    const page = await open('plain')
    const front = page.url()
    const faults: string[] = []
    const audit = async (name: string) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        faults.push(...(await faultsOf(page)).map((fault) => `${name}, ${colorScheme}: ${fault}`))
      }
    }
    await audit('playground')
    await startRun(page, small)
    await shows(page, 'finished')
    await page.locator('.rollouts tbody tr').first().waitFor()
    await audit('playground after a run')
    const documents = await documentsOfEveryKind(folder)
    expect(documents.length).toBeGreaterThan(3)
    for (const address of ['search.html?q=grpo', ...documents]) {
      await page.goto(new URL(address, front).href)
      await page.getByRole('heading', { level: 1 }).first().waitFor()
      await audit(address)
    }
    expect(faults).toEqual([])
    await page.close()
  }, 180_000)

  test('the page asked no other host, and reported no error', () => {
    expect(asked).toEqual([])
    expect(wrong).toEqual([])
  })
})

/**
 * Pages of the documentation that together have every kind of element: a tag in a tag, with its classes and the names of its
 * attributes. Small pages come first, because axe takes as long as a page is large.
 */
const documentsOfEveryKind = async (folder: string): Promise<readonly string[]> => {
  const addresses = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.html'))
  const pages = await Promise.all(
    addresses.map(async (address) => ({ address, html: await readFile(join(folder, address), 'utf8') })),
  )
  const seen = new Set<string>()
  return pages
    .filter(({ address }) => !['index.html', 'search.html'].includes(address))
    .sort((a, b) => a.html.length - b.html.length)
    .filter(({ html }) => {
      const before = seen.size
      for (const kind of kindsOfElements(html)) seen.add(kind)
      return seen.size > before
    })
    .map(({ address }) => address)
}

const kindsOfElements = (html: string): ReadonlySet<string> => {
  const open: string[] = []
  const kinds = new Set<string>()
  for (const [, end, tag, attributes = ''] of html.matchAll(/<(\/?)([a-z]\w*)((?:\s+[\w-]+(?:="[^"]*")?)*)\s*\/?>/g)) {
    if (end === '/') open.length = Math.max(0, open.lastIndexOf(tag!))
    else {
      const names = attributes.replaceAll(/(class="[^"]*")|="[^"]*"/g, '$1').trim()
      kinds.add(`${open.at(-1) ?? ''} ${tag} ${names}`)
      if (!withoutContents.includes(tag!)) open.push(tag!)
    }
  }
  return kinds
}
const withoutContents = ['area', 'br', 'col', 'hr', 'img', 'input', 'link', 'meta', 'source', 'wbr']

/** The same run on ONNX Runtime in Node.js. */
const nodeMetrics = async (): Promise<readonly StepMetrics[]> => {
  const engine = await openOnnx()
  const { events$ } = trainingFeed({
    choices: { ...defaults, ...small },
    engine,
    engineTitle: 'ONNX Runtime in Node.js',
    checkpoint: rightOrThrow(await readModel(checkpointPath('countdown'))()),
    clock: () => performance.now() / 1000,
    onRestart: () => undefined,
  })
  return lines(await lastValueFrom(events$.pipe(toArray())), 'metrics')
}

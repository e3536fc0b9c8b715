import type { Browser, BrowserContext, Page, Worker } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { browserEngineNames } from '#browser.js'
import type { StepMetrics } from '#node.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { PATIENCE } from '../patience.js'
import { expectClose, expectRelative } from '../lib/compute/reference/close.js'
import { findChromium, launch, remedy } from './chromium.js'
import { checks } from './page/checks.js'
import { trainingRun } from './page/training-run.js'
import { openSite, type Site } from './site.js'

const executable = findChromium()
if (executable === undefined) console.log(`engines in Chromium are skipped: ${remedy}`)

describe.skipIf(executable === undefined)('in Chromium', () => {
  let site: Site
  let browser: Browser
  let context: BrowserContext
  let inNode: readonly StepMetrics[]
  const asked: string[] = []

  beforeAll(async () => {
    ;[site, browser] = await Promise.all([openSite(), launch(executable!)])
    context = await browser.newContext()
    context.setDefaultTimeout(PATIENCE)
    context.on('request', (request) => asked.push(request.url()))
    const engine = await inWorker('onnx')
    inNode = await trainingRun(engine)
    await engine.close()
  })
  afterAll(async () => {
    await browser.close()
    await site.close()
  })

  const openPage = async (): Promise<Page> => {
    const page = await context.newPage()
    await page.goto(site.address)
    return page
  }
  const openWorker = async (): Promise<Worker> => {
    const page = await openPage()
    const started = page.waitForEvent('worker')
    await page.evaluate(() => startWorker())
    const worker = await started
    await vi.waitUntil(() => worker.evaluate(() => 'entry' in globalThis), PATIENCE)
    return worker
  }

  describe.each(browserEngineNames)('%s in a page', (name) => {
    let page: Page
    beforeAll(async () => {
      page = await openPage()
      expect(await page.evaluate((name) => entry.open(name, { threads: 2 }), name)).toMatch(/, as asked$/)
    })

    test.each(checks)('$name', ({ name }) => page.evaluate((name) => entry.check(name), name))

    test('leaves no tensor on the engine', async () => {
      expect(await page.evaluate(() => entry.memory())).toEqual({ tensors: 0, bytes: 0 })
    })
  })

  describe.each(browserEngineNames)('%s in a worker', (name) => {
    let worker: Worker
    beforeAll(async () => {
      worker = await openWorker()
      expect(await worker.evaluate((name) => entry.open(name), name)).toMatch(/, as asked$/)
    })

    test('trains to the same numbers as ONNX Runtime in Node.js', async () => {
      const found = await worker.evaluate(() => entry.train())
      expect(found).toHaveLength(2)
      for (const [step, metrics] of found.entries()) {
        for (const key of ['gradientNorm', 'entropy', 'reward', 'tokensTrained'] as const)
          expectRelative([metrics[key]!], [inNode[step]![key]!], 1e-3)
        // The numbers differ only by rounding.
        for (const key of ['loss', 'kl'] as const) expectClose([metrics[key]!], [inNode[step]![key]!], 1e-5)
      }
    })

    test('leaves no tensor on the engine', async () => {
      expect(await worker.evaluate(() => entry.memory())).toEqual({ tensors: 0, bytes: 0 })
    })
  })

  test('all checks have different names', () => {
    expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length)
  })

  test('without a name, the first engine that runs on hardware is opened', async () => {
    const page = await openPage()
    expect(await page.evaluate(() => entry.open())).toMatch(
      /^ONNX Runtime on the CPU; webgpu: WebGPU finds no GPU, .*; onnx-webgpu: WebGPU finds no GPU, .*; tfjs-webgpu: WebGPU finds no GPU, only .*, which runs on the CPU$/,
    )
  })

  test('without a name, a GPU is preferred where there is one', async () => {
    const page = await openPage()
    // An emulated GPU stands for a real one.
    await page.evaluate(() => {
      const { GPUAdapterInfo } = globalThis as unknown as { GPUAdapterInfo: { prototype: object } }
      Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { get: () => false })
    })
    expect(await page.evaluate(() => entry.open())).toMatch(/^entrain on WebGPU \(.*\)$/)
  })

  test('ONNX Runtime uses the number of threads in its options', async () => {
    const page = await openPage()
    await page.evaluate(() => entry.open('onnx', { threads: 3 }))
    expect(page.workers()).toHaveLength(2)
  })

  test('ONNX Runtime reports a missing .wasm file and its remedy', async () => {
    const page = await openPage()
    await page.route('**/*.wasm', (route) => route.abort())
    expect(await page.evaluate(() => entry.open('onnx'))).toMatch(
      /^EngineMissing: ONNX Runtime does not start: it needs its .wasm file, which bundlers serve that follow .* \(.+\)$/s,
    )
  })

  test('missing .wasm files are reported with the option that names their address', async () => {
    const page = await openPage()
    expect(await page.evaluate(() => entry.open('tfjs-wasm', { wasmFiles: '/nowhere/' }))).toBe(
      'EngineMissing: @tensorflow/tfjs-backend-wasm does not load its .wasm file: ' +
        'serve both .wasm files of its folder dist, and pass their address in the option wasmFiles',
    )
  })

  test('each .wasm file may have an address of its own', async () => {
    const page = await openPage()
    const wasmFiles = {
      'tfjs-backend-wasm.wasm': '/wasm/tfjs-backend-wasm.wasm',
      'tfjs-backend-wasm-simd.wasm': '/wasm/tfjs-backend-wasm-simd.wasm',
    }
    expect(await page.evaluate((wasmFiles) => entry.open('tfjs-wasm', { wasmFiles }), wasmFiles)).toMatch(/as asked$/)
  })

  test.each(['webgpu', 'tfjs-webgpu'] as const)('%s in a browser without WebGPU names the remedies', async (name) => {
    const page = await openPage()
    await page.evaluate(() => {
      Object.defineProperty((globalThis as { navigator?: object }).navigator, 'gpu', { value: undefined })
    })
    expect(await page.evaluate((name) => entry.open(name), name)).toBe(
      'EngineMissing: WebGPU is not available on this page: it needs a recent browser, and an address on https or localhost; ' +
        'the engines onnx and tfjs-wasm work without it',
    )
  })

  test('a browser that gives no adapter is reported with the remedies', async () => {
    const page = await openPage()
    await page.evaluate(() => {
      const { gpu } = (globalThis as unknown as { navigator: { gpu: object } }).navigator
      Object.defineProperty(gpu, 'requestAdapter', { value: () => Promise.resolve(null) })
    })
    expect(await page.evaluate(() => entry.open('webgpu'))).toBe(
      'EngineMissing: WebGPU finds no adapter: turn on graphics acceleration in the settings of the browser, or update the ' +
        'graphics driver; the engines onnx and tfjs-wasm work without it',
    )
  })

  test('no request leaves the machine', () => {
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.filter((url) => !url.startsWith(site.address))).toEqual([])
  })
})

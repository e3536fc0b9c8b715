import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { browserEngineNames } from '#browser.js'
import type { StepMetrics } from '#index.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { expectRelative } from '../lib/compute/reference/close.js'
import { findChromium, launch, remedy } from './chromium.js'
import { checks, modelChecks } from './page/checks.js'
import { trainingRun } from './page/training-run.js'
import { openSite, type Site } from './site.js'

const executable = findChromium()
if (executable === undefined) console.log(`engines in Chromium are skipped: ${remedy}`)

/** Where an engine may run: both evaluate functions that see the module `page/entry.ts`. */
interface Thread {
  evaluate<A, R>(f: (argument: A) => R | Promise<R>, argument?: A): Promise<R>
}

describe.skipIf(executable === undefined)('in Chromium', () => {
  let site: Site
  let browser: Browser
  let context: BrowserContext
  let inNode: readonly StepMetrics[]
  const asked: string[] = []

  beforeAll(async () => {
    ;[site, browser] = await Promise.all([openSite(), launch(executable!)])
    context = await browser.newContext()
    context.on('request', (request) => asked.push(request.url()))
    const engine = await inWorker('onnx')
    inNode = await trainingRun(engine)
    await engine.close()
  }, 60_000)
  afterAll(async () => {
    await browser.close()
    await site.close()
  })

  const threads = {
    page: async (): Promise<Thread> => {
      const page = await context.newPage()
      await page.goto(site.address)
      return page
    },
    worker: async (): Promise<Thread> => {
      const page = await context.newPage()
      await page.goto(site.address)
      const started = page.waitForEvent('worker')
      await page.evaluate(() => startWorker())
      const worker = await started
      await vi.waitUntil(() => worker.evaluate(() => 'entry' in globalThis))
      return worker
    },
  }

  describe.each(Object.entries(threads))('in a %s', (where, open) => {
    describe.each(browserEngineNames)('%s', (name) => {
      let thread: Thread
      beforeAll(async () => {
        thread = await open()
        expect(await thread.evaluate((name) => entry.open(name), name)).toMatch(/, as asked$/)
      })

      test.each(where === 'page' ? checks : modelChecks)('$name', ({ name }) =>
        thread.evaluate((name) => entry.check(name), name),
      )

      test('trains as ONNX Runtime does in Node.js', async () => {
        const found = await thread.evaluate(() => entry.train())
        expect(found).toHaveLength(2)
        for (const [step, metrics] of found.entries()) {
          const expected = inNode[step]!
          for (const key of ['loss', 'gradientNorm', 'entropy', 'kl', 'reward', 'tokensTrained'] as const)
            expectRelative([metrics[key]!], [expected[key]!], 1e-3)
        }
      })

      test('nothing is left on the engine', async () => {
        expect(await thread.evaluate(() => entry.memory())).toEqual({ tensors: 0, bytes: 0 })
      })
    })
  })

  test('no two checks have one name', () => {
    expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length)
  })

  test('unless one is named, it is the first that runs on hardware', async () => {
    const page = await threads.page()
    expect(await page.evaluate(() => entry.open())).toMatch(
      /^TensorFlow.js in WebAssembly; tfjs-webgpu: WebGPU finds no GPU, only .*, which runs on the CPU$/,
    )
  })

  test('wasm files that are not there are told with where they are', async () => {
    const page = await threads.page()
    expect(await page.evaluate(() => entry.open('tfjs-wasm', { wasmFiles: '/nowhere/' }))).toBe(
      'EngineMissing: @tensorflow/tfjs-backend-wasm does not load its .wasm file: ' +
        'serve the two of its folder dist, plain and simd, and say where with the option wasmFiles',
    )
  })

  test('wasm files may each have an address', async () => {
    const page = await threads.page()
    const wasmFiles = {
      'tfjs-backend-wasm.wasm': '/wasm/tfjs-backend-wasm.wasm',
      'tfjs-backend-wasm-simd.wasm': '/wasm/tfjs-backend-wasm-simd.wasm',
    }
    expect(await page.evaluate((wasmFiles) => entry.open('tfjs-wasm', { wasmFiles }), wasmFiles)).toMatch(/as asked$/)
  })

  test('a browser without WebGPU is told with what does without', async () => {
    const page = await threads.page()
    await page.evaluate(() => {
      Object.defineProperty((globalThis as { navigator?: object }).navigator, 'gpu', { value: undefined })
    })
    expect(await page.evaluate(() => entry.open('tfjs-webgpu'))).toBe(
      'EngineMissing: this browser offers no WebGPU here: it is there on https and localhost only, ' +
        'and in recent browsers; tfjs-wasm does without',
    )
  })

  test('nothing was asked of the network', () => {
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.filter((url) => !url.startsWith(site.address))).toEqual([])
  })
})

import type { Page } from 'playwright-core'
import type { FeedEvent, Logs } from '#dashboard/feed.js'
import { lines } from './feed-events.js'

declare global {
  var Worker: new (...options: readonly unknown[]) => PageWorker
  /** Messages to the page from the worker that was started last. */
  var received: { readonly type: string; readonly event: FeedEvent }[]
}

interface PageWorker {
  addEventListener(type: 'message', listener: (message: { readonly data: (typeof received)[number] }) => void): void
}

/** Keeps the messages to the page from its last worker. */
export const listenIn = (page: Page): Promise<unknown> =>
  page.addInitScript(() => {
    globalThis.received = []
    const Original = Worker
    globalThis.Worker = class extends Original {
      constructor(...options: readonly unknown[]) {
        super(...options)
        const own: typeof received = []
        globalThis.received = own
        this.addEventListener('message', ({ data }) => own.push(data))
      }
    }
  })

/** Lines of a log that the page has received so far. */
export const receivedLines = async <L extends keyof Logs>(page: Page, log: L): Promise<readonly Logs[L][]> =>
  lines(await page.evaluate(() => received.filter(({ type }) => type === 'event').map(({ event }) => event)), log)

export interface Settings {
  readonly algorithm?: string
  /** Engine; WebAssembly by default. */
  readonly engine?: string
  readonly steps: number
  readonly prompts: number
  readonly seed?: number
}

/** Fills in the form and starts a run. */
export const startRun = async (page: Page, { algorithm, engine = 'onnx', ...numbers }: Settings): Promise<void> => {
  if (algorithm !== undefined) await page.selectOption('[name=algorithm]', algorithm)
  await page.selectOption('[name=engine]', engine)
  for (const [name, value] of Object.entries(numbers)) await page.fill(`[name=${name}]`, String(value))
  await page.click('button[type=submit]')
}

import { test } from 'vitest'
import { serveFolder } from './serve-folder.js'
import { launch, findChromium } from '../browser/chromium.js'
test('x', async () => {
  const site = await serveFolder('dist/playground', 'isolated')
  const browser = await launch(findChromium()!)
  for (const [scheme, width] of [['light', 1440], ['dark', 1440], ['light', 390], ['dark', 390]] as const) {
  const page = await browser.newPage({ colorScheme: scheme, viewport: { width, height: width === 390 ? 844 : 1000 } })
  page.on('console', (m) => console.log('console', m.text()))
  page.on('pageerror', (m) => console.log('pageerror', m))
  await page.goto(site.address)
  await page.selectOption('[name=engine]', 'onnx')
  await page.fill('[name=prompts]', '4')
  await page.fill('[name=steps]', '20')
  await page.click('button')
  await page.waitForTimeout(10000)
  console.log(await page.locator('#notice').innerHTML())
  await page.screenshot({ path: `/tmp/shots/playground/top-${scheme}-${width}.png` })
  await page.locator('#run').scrollIntoViewIfNeeded()
  await page.evaluate(() => (globalThis as any).document.querySelector('#run').scrollIntoView())
  await page.waitForTimeout(1000)
  await page.screenshot({ path: `/tmp/shots/playground/run-${scheme}-${width}.png` })
  await page.goto(site.address + 'README.html')
  await page.screenshot({ path: `/tmp/shots/playground/guide-${scheme}-${width}.png` })
  await page.close()
  }
  await browser.close(); await site.close()
}, 120000)

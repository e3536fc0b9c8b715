import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Faults of a page, or of a part of it, in the view of axe, of every impact: rule, element and reason, one text each. */
export const faultsOf = async (page: Page, part = 'html'): Promise<readonly string[]> => {
  // A script that the browser evaluates for a debugger is not subject to the policy of the page.
  await page.evaluate(source)
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run(${JSON.stringify(part)}, { resultTypes: ['violations'] })`,
  )
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${impact} ${id}: ${html.slice(0, 200)}: ${failureSummary}`),
  )
}

import { readFile } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it, test } from 'vitest'
import { algorithms } from '#algorithms.js'
import { bandFilter } from '#cli/config/train-settings.js'
import { operations } from '#lib/compute/operation/operations.js'
import { engineNames, runFiles, StepMetricsCodec } from '#node.js'
import { pages } from './markdown.js'
import { withTables } from './tables.js'

/** `npx vitest run spec/docs/tables.spec.ts -u` rewrites the tables. */
describe('the tables of the guides', () => {
  test.each(pages)('%s has the tables of the registries', async (page) => {
    await expect(await withTables(page)).toMatchFileSnapshot(`../../${page}`)
  })
})

describe('the guides name every engine, operation, metric and file', () => {
  it.each<[string, readonly string[]]>([
    ['docs/engines.md', [...engineNames, ...Object.keys(operations)]],
    ['docs/metrics.md', Object.keys(StepMetricsCodec.type.props)],
    ['docs/metrics.md', Object.values(runFiles)],
  ])('%s', async (page, names) => {
    const text = await readFile(page, 'utf8')
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([])
  })

  it('docs/algorithms.md names the algorithms that need signed rewards', async () => {
    const text = await readFile('docs/algorithms.md', 'utf8')
    const [, named = ''] = /\n(.*) and the filter `estimator-swap` split responses by the sign/.exec(text) ?? []
    const refusing = Object.entries(algorithms).filter(([, { checkRewards }]) =>
      E.isLeft(E.tryCatch(() => checkRewards('binary'), String)),
    )
    expect(named).toBe(refusing.map(([name]) => `\`${name}\``).join(', '))
  })

  it('docs/algorithms.md names the filter of --entropy-band', async () => {
    expect(await readFile('docs/algorithms.md', 'utf8')).toContain(`with the filter \`${bandFilter}\` unless`)
  })

  it('docs/README.md lists every page', async () => {
    const index = await readFile('docs/README.md', 'utf8')
    const others = pages.filter((page) => !page.endsWith('README.md')).map((page) => page.replace('docs/', ''))
    expect(others.filter((page) => !index.includes(`(${page})`))).toEqual([])
  })
})

import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { engineNames } from '#lib/compute/engine/engines.js'
import { operations } from '#lib/compute/operation/operations.js'

test.each([
  ['docs/engines.md', [...engineNames, ...Object.keys(operations)]],
  ['README.md', engineNames],
])('%s speaks of everything there is', async (page, names) => {
  const text = await readFile(page, 'utf8')
  expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([])
})

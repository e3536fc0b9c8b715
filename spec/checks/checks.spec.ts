import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'

const run = (script: string, ...words: readonly string[]): string =>
  spawnSync('node', [`checks/${script}`, ...words], { encoding: 'utf8' }).stdout

describe('the sample of the language', { timeout: 120_000 }, () => {
  const partsOf = (seed: number) =>
    run('sample-language.mjs', '--seed', String(seed))
      .trim()
      .split('\n\n')
      .map((part) => part.split('\n'))

  test('holds ten docstrings, ten help lines, ten error messages and commit subjects, the same for one seed', () => {
    const [parts, again, other] = [partsOf(1), partsOf(1), partsOf(2)]
    const titles = parts.filter((_, i) => i % 2 === 0).flat()
    expect(titles).toEqual(['Docstrings', 'Help lines', 'Error messages', 'Commits'])
    expect([1, 3, 5].map((i) => parts[i]!.length)).toEqual([10, 10, 10])
    expect(again).toEqual(parts)
    expect(other.slice(0, 6)).not.toEqual(parts.slice(0, 6))
  })
})

describe('the check of public names', { timeout: 120_000 }, () => {
  test('prints the number of names and the limit of each entry point', () => {
    const table = run('public-names.mjs')
    expect(table).toMatch(/'entrain' +│ \d+ +│ 89 /)
    expect(table).toMatch(/'entrain\/testing' +│ \d+ +│ \d+ /)
  })
})

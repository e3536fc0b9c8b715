import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const page = await readFile('CONTRIBUTING.md', 'utf8')

/** Cells of the rows of a Markdown table, without padding. */
const cells = (table: string): readonly (readonly string[])[] =>
  table
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\| *-/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )

/** Source files that a file imports. */
const importsOf = async (file: string): Promise<readonly string[]> =>
  [...(await readFile(file, 'utf8')).matchAll(/from '(\.{1,2}\/[^']+)\.js'/g)].map(([, path = '']) =>
    join(dirname(file), `${path}.ts`),
  )

describe('CONTRIBUTING', () => {
  it('has the measured table of the files that a new part touches', () => {
    const measured = cells(execFileSync('node', ['checks/files-to-touch.mjs'], { encoding: 'utf8' }))
    const shown = cells(page)
    for (const row of measured) expect(shown).toContainEqual(row)
  })

  it('follows a prompt through at most 12 files, each imported by an earlier one directly or through one file', async () => {
    const [, section = ''] = /## Follow one prompt\n([\s\S]*?)\n## /.exec(page) ?? []
    const files = [...section.matchAll(/^\d+\. +`([^`]+)`/gm)].map(([, file = '']) => file)
    expect(files.length).toBeGreaterThan(5)
    expect(files.length).toBeLessThanOrEqual(12)
    const reached = new Set(files.slice(0, 1))
    for (const file of files) {
      expect([...reached]).toContain(file)
      const direct = await importsOf(file)
      for (const each of [...direct, ...(await Promise.all(direct.map(importsOf))).flat()]) reached.add(each)
    }
  })
})

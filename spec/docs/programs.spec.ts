import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { pages } from './markdown.js'
import { outputPattern, programsOf, writePrograms } from './programs.js'

const programs = pages.flatMap(programsOf)
const { files, errors, remove } = writePrograms(programs)
afterAll(remove)

describe('the programs of the guides', () => {
  it('pass the type checker', () => {
    expect(errors).toEqual([])
  })

  it.concurrent.each(programs.map((program, i) => ({ ...program, file: files[i]! })))(
    '$name runs as shown',
    async ({ file, output }) => {
      const { stdout, stderr } = await promisify(execFile)('node', [file], { cwd: dirname(file) })
      expect(stderr).toBe('')
      if (output !== null) expect(stdout).toMatch(outputPattern(output))
    },
    120_000,
  )
})

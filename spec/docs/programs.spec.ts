import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pages } from './markdown.js'
import { outputPattern, programsOf, writePrograms } from './programs.js'

/** Number of programs that run at the same time. */
const PARALLEL = 2

const programs = pages.flatMap(programsOf)
const { files, errors, remove } = writePrograms(programs)
afterAll(remove)

const run = async (file: string) => {
  try {
    return await promisify(execFile)('node', [file], { cwd: dirname(file) })
  } catch (error) {
    return error as Error
  }
}

describe('the programs of the guides', () => {
  const results = new Map<string, Awaited<ReturnType<typeof run>>>()

  beforeAll(async () => {
    const ran$ = from(files).pipe(
      mergeMap(async (file) => results.set(file, await run(file)), PARALLEL),
      toArray(),
    )
    await lastValueFrom(ran$)
  }, 600_000)

  it('pass the type checker', () => {
    expect(errors).toEqual([])
  })

  it.each(programs.map((program, i) => ({ ...program, file: files[i]! })))(
    '$name runs as shown',
    ({ file, output }) => {
      const result = results.get(file)!
      if (result instanceof Error) throw result
      expect(result.stderr).toBe('')
      if (output !== null) expect(result.stdout).toMatch(outputPattern(output))
    },
  )
})

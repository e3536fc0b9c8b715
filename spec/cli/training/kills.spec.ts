import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { killsOf, runOf } from '#bench/kills/index.js'
import { differingFiles, trainWithKills } from '#bench/kills/killed-run.js'
import { PATIENCE } from '../../patience.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entrain-kills-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Number of kills of each run. `npm run bench -- kills` makes 200. */
const KILLS = 2

// Any moment gives the same files, so the result does not depend on the speed of the machine.
describe.each(['comparison'])('a run that is killed and resumed several times: %s', (kind) => {
  it(
    'writes the bytes of a run without interruption',
    async () => {
      const [whole, killed] = [runOf(join(folder, kind), kind), runOf(join(folder, `${kind}-killed`), kind)]
      expect(await trainWithKills(whole, [])).toEqual([])
      expect(await trainWithKills(killed, killsOf(7, 0, KILLS))).toHaveLength(KILLS)
      expect(await differingFiles(whole.folder, killed.folder)).toEqual([])
    },
    4 * PATIENCE,
  )
})

import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { killsOf, runOf, type RunsOptions, writeHuggingFaceModel } from '#bench/kills/index.js'
import { differingFiles, type Kill, trainWithKills } from '#bench/kills/killed-run.js'
import { PATIENCE } from '../../patience.js'

let folder: string
let from: RunsOptions
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entrain-kills-'))
  from = { engine: 'onnx', huggingFace: await writeHuggingFaceModel(join(folder, 'model')) }
}, PATIENCE)
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Kills of each kind of runs. `npm run bench -- kills` makes 200. */
const kills: Readonly<Record<string, readonly Kill[]>> = {
  comparison: killsOf(7, 0, 2),
  'hugging-face': [{ moment: 'saving of the model', after: 0 }],
  'hugging-face-adapters': [{ moment: 'checkpoint', after: 0 }],
}

/** A file of the trained model of a kind. */
const trained: Readonly<Record<string, readonly [folder: string, file: string]>> = {
  comparison: ['.', 'checkpoint.safetensors'],
  'hugging-face': ['model', 'model.safetensors'],
  'hugging-face-adapters': ['adapter', 'adapter_model.safetensors'],
}

// Any moment gives the same files, so the result does not depend on the speed of the machine.
describe.each(Object.entries(kills))('a run that is killed and resumed: %s', (kind, moments) => {
  it(
    'writes the bytes of a run without interruption',
    async () => {
      const [whole, killed] = [runOf(join(folder, kind), kind, from), runOf(join(folder, `${kind}-killed`), kind, from)]
      expect(await trainWithKills(whole, [])).toEqual([])
      expect(await trainWithKills(killed, moments)).toHaveLength(moments.length)
      expect(await differingFiles(whole.folder, killed.folder)).toEqual([])
      const [place, file] = trained[kind]!
      expect(await readdir(join(whole.folder, place))).toContain(file)
    },
    4 * PATIENCE,
  )
})

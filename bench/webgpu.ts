/**
 * The engine `webgpu` beside `tfjs-webgpu`, in turns on the same GPU: an update of model S, and generation. A ratio compares two runs
 * that follow each other.
 *
 *     npm run bench -- webgpu [--pairs N]
 *
 * Without a GPU, VK_ICD_FILENAMES can name the driver of an emulated one, such as SwiftShader; docs/engines.md says how.
 */
import { openEngine } from '../lib/compute/engine/open-engine.js'
import { ppoClip } from '../lib/objective/ppo-clip.js'
import { orThrow } from '../lib/or-throw.js'
import type { LocalModel } from '../lib/policy/local/local-model.js'
import type { Bench } from './bench.js'
import { createGeneration } from './decode.js'
import { compareInTurns, turnsHeading } from './in-turns.js'
import { timed } from './measure.js'
import { S } from './models.js'
import { createBatch, createModel, createUpdate } from './synthetic.js'

const names = ['webgpu', 'tfjs-webgpu'] as const
const ROWS = 64
const DRAWN = 16

const openModel = async (name: (typeof names)[number]) => {
  const { engine } = await orThrow(openEngine(name))
  return { engine, model: await createModel(engine, S) }
}

export const webgpuBench: Bench = async function* ({ pairs = 5 }) {
  const own = await openModel('webgpu')
  const other = await openModel('tfjs-webgpu')
  const jobs = [
    ['an update', (model: LocalModel) => createUpdate(model, createBatch(S), ppoClip())],
    [`generation of ${DRAWN} tokens for ${ROWS} rows`, (model: LocalModel) => createGeneration(model, S, ROWS, DRAWN)],
  ] as const
  const rows = []
  for (const [work, job] of jobs)
    rows.push([work, ...(await compareInTurns(timed(job(own.model)), timed(job(other.model)), { pairs, warmup: 2 }))])
  yield {
    title: `Model S on webgpu beside tfjs-webgpu: ${own.engine.device}`,
    heading: ['work', ...turnsHeading(...names)],
    rows,
  }
  for (const { engine, model } of [own, other]) {
    await model.close()
    await engine.close()
  }
}

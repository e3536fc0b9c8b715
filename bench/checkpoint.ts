/**
 * Time and size of a checkpoint of a run, beside the time of an update of the same model: S, L, and SmolLM2-135M with adapters and
 * as a whole.
 *
 *     npm run bench -- checkpoint [--engine NAME]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkpointInterval } from '../cli/training/run-checkpoints.js'
import { initialPipelineState } from '../lib/control/pipeline-state.js'
import { ppoClip } from '../lib/objective/ppo-clip.js'
import { orThrow } from '../lib/or-throw.js'
import { checkCheckpoint, readCheckpoint } from '../lib/run/checkpoint/read-checkpoint.js'
import { writeCheckpoint } from '../lib/run/checkpoint/write-checkpoint.js'
import type { Engine } from '../lib/compute/engine/engine.js'
import { type Bench, openBenchEngine } from './bench.js'
import { measureSeconds, median } from './measure.js'
import { type BenchModel, L, S, SMOLLM2, SMOLLM2_ADAPTERS } from './models.js'
import { createBatch, createModel, createUpdate } from './synthetic.js'

const SAMPLES = 5

export const checkpointBench: Bench = async function* (options) {
  const engine = await openBenchEngine(options)
  const folder = await mkdtemp(join(tmpdir(), 'entrain-checkpoint-'))
  const rows = []
  try {
    for (const model of [S, L, SMOLLM2_ADAPTERS, SMOLLM2]) rows.push(await measure(engine, model, folder))
  } finally {
    await rm(folder, { recursive: true, force: true })
    await engine.close()
  }
  yield {
    title: 'A checkpoint, every file on the device, beside an update (RL steps sample besides, and take longer)',
    heading: ['model', 'MB', 'write s', 'check and read s', 'update s', 'in updates', 'share of time with auto'],
    rows,
  }
}

const measure = async (engine: Engine, model: BenchModel, root: string) => {
  const folder = await mkdtemp(join(root, 'run-'))
  const local = await createModel(engine, model)
  const update = median(await measureSeconds(createUpdate(local, createBatch(model), ppoClip()), 3))
  let step = 0
  const write = median(
    await measureSeconds(async () => {
      const learner = await orThrow(local.learner.snapshot())
      await orThrow(writeCheckpoint(folder, { learner, pipeline: { ...initialPipelineState, step: ++step } }))
    }, SAMPLES),
  )
  const checked = await orThrow(checkCheckpoint(folder, step))
  const read = median(
    await measureSeconds(async () => {
      await orThrow(readCheckpoint(await orThrow(checkCheckpoint(folder, step))))
    }, SAMPLES),
  )
  await local.close()
  await rm(folder, { recursive: true })
  const share = `${((100 * write) / (checkpointInterval(write) + write)).toFixed(2)}%`
  return [model.name, checked.bytes / 1e6, write, read, update, write / update, share]
}

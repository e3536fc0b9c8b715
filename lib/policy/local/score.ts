import { parameterFeed } from '../../model/parameters.js'
import { scoreProgram } from '../../model/program/score.js'
import type { Batch, Scores } from '../../rollout/batch.js'
import type { Model } from './model.js'
import { chunks, collect, sequenceLength, sequences } from './sequences.js'

/** One pass over every completion token of the batch, in micro-batches. */
export async function* score(model: Model, batch: Batch, cancelled: () => boolean): AsyncGenerator<Scores> {
  const { config, executables, microBatch } = model
  const { responses, width } = batch
  const length = sequenceLength(responses)
  const matrix = () => new Float32Array(responses.length * width)
  const into = { logprob: matrix(), entropy: matrix(), s: matrix(), expectedS: matrix(), squares: matrix() }
  const lease = model.store.lease()
  try {
    for (const members of chunks([...responses.keys()], microBatch)) {
      if (cancelled()) return
      const micro = sequences(responses, members, length, microBatch)
      const shape = [micro.rows, length]
      const run = await executables.get(config, `score ${micro.rows} ${length}`, () => scoreProgram(config, micro))
      const feed = { tokens: { shape, data: micro.tokens }, targets: { shape, data: micro.targets } }
      const { host } = await run.run({ ...parameterFeed(lease.parameters), ...feed }, Object.keys(into))
      for (const [name, into_BT] of Object.entries(into)) collect(micro, responses, host[name]!.data, into_BT, width)
    }
    yield {
      version: lease.version,
      logprobs_BT: into.logprob,
      entropy_BT: into.entropy,
      s_BT: into.s,
      expectedS_BT: into.expectedS,
      squares_BT: into.squares,
    }
  } finally {
    lease.release()
  }
}

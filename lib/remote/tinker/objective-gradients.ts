import type { Engine } from '../../compute/engine/engine.js'
import type { HostTensor } from '../../compute/program/node.js'
import { lossOutputs } from '../../objective/loss.js'
import { lossFeed, lossTensors, type TokenValue } from '../../objective/loss-feed.js'
import { LOGPROB_GRADIENT, logprobProgram, LOGPROBS } from '../../objective/logprob-program.js'
import type { Minibatch } from '../../objective/minibatch.js'
import type { Objective } from '../../objective/objective.js'
import { createExecutables, powerOfTwo, roundUp } from '../../policy/local/executables.js'
import { addTo, type Tally } from '../../policy/tally.js'

/** Differentiates objectives by the log-probs, on an engine of this machine. */
export interface ObjectiveGradients {
  /**
   * Returns the derivative of a minibatch's loss by each log-prob, and adds its measurements to a tally.
   *
   * @shape logprobs_BT [B, T] of the batch -> [B, T], 0 at rows of other minibatches and in the padding
   * @errors rejects with PipelineError EngineFailed, and with the errors of the objective
   */
  readonly differentiate: (
    objective: Objective,
    minibatch: Minibatch,
    logprobs_BT: Float32Array,
    tally: Tally,
  ) => Promise<Float32Array>
  readonly dispose: () => Promise<void>
}

/** Creates the derivatives on an engine. The caller closes the engine. */
export const createObjectiveGradients = (engine: Engine): ObjectiveGradients => {
  const executables = createExecutables(engine)
  return {
    differentiate: async (objective, minibatch, logprobs_BT, tally) => {
      const { batch, rows } = minibatch
      const { responses, width } = batch
      // Few shapes mean few compilations.
      const [R, T] = [powerOfTwo(rows.length), roundUp(width, 16)]
      const executable = await executables.get(objective, `${R}x${T}`, () => logprobProgram(objective, [R, T]))
      const forEachToken = (visit: (from: number, at: number, row: number) => void) =>
        rows.forEach((row, r) => {
          const { length } = responses[row]!.completion.tokens
          for (let t = 0; t < length; t++) visit(row * width + t, r * T + t, row)
        })
      const layOut = (value: TokenValue): HostTensor => {
        const data = new Float32Array(R * T)
        forEachToken((from, at, row) => {
          data[at] = value(row, from)
        })
        return { shape: [R, T], data }
      }
      const feed = lossFeed(objective, minibatch)
      const { inputs } = executable.signature
      const { host } = await executable.run(
        {
          ...lossTensors(feed, inputs, layOut),
          ...(inputs.has(LOGPROBS) ? { [LOGPROBS]: layOut((_, place) => logprobs_BT[place]!) } : {}),
        },
        [LOGPROB_GRADIENT, ...lossOutputs],
      )
      addTo(tally, host)
      tally.tokens += feed.tokens
      tally.marked += feed.marked
      const gradient_BT = new Float32Array(responses.length * width)
      const derivatives = host[LOGPROB_GRADIENT]!.data
      forEachToken((from, at) => {
        gradient_BT[from] = derivatives[at]!
      })
      return gradient_BT
    },
    dispose: () => executables.dispose(),
  }
}

import { inject } from 'vitest'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { doublePrecision, onEngine, type Runner } from './runner.js'

/**
 * Runners on which golden numbers must be reproduced, with their tolerance. The error in double precision is that of the golden
 * file: Hugging Face computes norms, rotary tables and attention weights in float32, even in a float64 model.
 */
export const runners: readonly { name: string; open: () => Promise<Runner>; tolerance: number }[] = [
  { name: 'double precision', open: () => Promise.resolve(doublePrecision), tolerance: 2e-6 },
  ...inject('engines').map((name) => ({
    name,
    open: async () => {
      const engine = await inWorker(name)
      return { ...onEngine(engine), close: () => engine.close() }
    },
    tolerance: 1e-5,
  })),
]

import { inject } from 'vitest'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { doublePrecision, onEngine, type Runner } from './runner.js'

/**
 * Where the golden numbers must come out, and how closely. What is left in double precision is the golden file's:
 * Hugging Face computes norms, rotary tables and attention weights in float32, in a float64 model too.
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

import { isReference, type MathVerifierOptions } from '../math/verifier.js'
import { type VerifierInWorkers, verifierInWorkers, type WorkersOptions } from './verifier-in-workers.js'

/**
 * Runs {@link mathVerifier} in worker threads with a limit of time and memory, so that no completion can hang the run.
 *
 * @errors the errors of {@link verifierInWorkers}
 * @example
 * const { verifier, close } = mathVerifierInWorkers({ timeLimit: 2000 })
 */
export const mathVerifierInWorkers = (options: MathVerifierOptions & WorkersOptions = {}): VerifierInWorkers => {
  const { rewardScale, mustMark } = options
  const source = {
    module: new URL('../math/verifier.js', import.meta.url).href,
    name: 'mathVerifier',
    options: { rewardScale, mustMark },
  }
  const { verifier, close } = verifierInWorkers(source, options)
  return { verifier: Object.assign(verifier, { canRead: isReference }), close }
}

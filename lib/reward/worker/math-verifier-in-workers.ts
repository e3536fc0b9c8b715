import type { MathVerifierOptions } from '../math/verifier.js'
import { type VerifierInWorkers, verifierInWorkers, type WorkersOptions } from './verifier-in-workers.js'

/** {@link mathVerifier} where it can hang nothing: see {@link verifierInWorkers}. */
export const mathVerifierInWorkers = (options: MathVerifierOptions & WorkersOptions = {}): VerifierInWorkers => {
  const { rewardScale, mustMark } = options
  const source = {
    module: new URL('../math/verifier.js', import.meta.url).href,
    name: 'mathVerifier',
    options: { rewardScale, mustMark },
  }
  return verifierInWorkers(source, options)
}

import { constantRate } from '../../lib/optimizer/learning-rate.js'
import { orThrow } from '../../lib/or-throw.js'
import { localModel } from '../../lib/policy/local/local-model.js'
import type { Policy } from '../../lib/policy/policy.js'
import type { Tokenizer } from '../../lib/tokenizer/tokenizer.js'
import { type Machine, openMachine } from '../config/machine.js'
import type { Scope } from '../scope.js'
import type { Terminal } from '../terminal.js'
import type { NamedModel } from './open-model.js'

/**
 * Opens the engines of a configuration, and loads a model onto them that samples and does not train. The scope closes the engines.
 *
 * @errors rejects with PipelineError EngineMissing or EngineFailed, or with CheckpointError
 */
export const openPolicy = async (
  machine: Machine,
  { source }: Pick<NamedModel, 'source'>,
  tokenizer: Tokenizer,
  terminal: Pick<Terminal, 'progress'>,
  scope: Scope,
): Promise<Policy> => {
  const { engine, replicas, reason } = scope.own(await orThrow(openMachine(machine)))
  terminal.progress(`engine ${engine.name}: ${reason}\n`)
  // The learner of the model is not used, so its learning rate has no effect.
  const learningRate = constantRate(0)
  const { policy } = await orThrow(localModel({ engine, replicas, checkpoint: source, tokenizer, learningRate }))
  return policy
}

import type { ModelSource } from '../../lib/model/model-checkpoint.js'
import { ConfigError } from '../config/config-error.js'
import type { TrainConfig } from '../config/train-config.js'

/** Checks that the servers that sample take the weights that a run trains. @errors ConfigError for vLLM without adapters */
export const checkRollouts = (
  { rollouts, rolloutKind, learner }: Pick<TrainConfig, 'rollouts' | 'rolloutKind' | 'learner'>,
  { config }: Pick<ModelSource, 'config'>,
): void => {
  if (rollouts !== null && rolloutKind === 'vllm' && learner === null && config.lora === undefined)
    throw new ConfigError([
      'lora.rank: found none with rollouts on vLLM, expected adapters, because vLLM takes no whole models while it runs: --lora-rank 16',
    ])
}

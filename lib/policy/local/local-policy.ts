import { defer } from 'rxjs'
import { fromAsyncGenerator } from '../../control/from-async-generator.js'
import { checkPrompts, checkTokens } from '../check-group.js'
import { checkSampling } from '../check-sampling.js'
import type { ParameterLease } from '../parameter-store.js'
import type { Policy } from '../policy.js'
import type { ModelOnEngines } from './model-on-engines.js'
import { sample } from './sample.js'
import { score } from './score.js'

/** Creates the policy of a model: each call reads the newest version of its weights. */
export const createLocalPolicy = (model: ModelOnEngines): Policy => ({
  get version() {
    return model.store.version
  },
  vocabulary: model.config.vocabulary,
  sample: (prompts, sampling) =>
    defer(() => {
      checkSampling(sampling)
      checkPrompts(prompts, model.config.vocabulary)
      return sample(model, prompts, sampling)
    }),
  score: (batch, temperature = 1) =>
    fromAsyncGenerator(async function* (signal) {
      checkTokens(batch.responses, model.config.vocabulary, `policy.score, step ${batch.step}`)
      const lease = model.store.lease()
      try {
        yield* score(model, lease, batch, temperature, signal)
      } finally {
        lease.release()
      }
    }),
})

/** Creates a policy that scores by the version of a lease, also after later publications. */
export const createFrozenPolicy = (model: ModelOnEngines, lease: ParameterLease): Pick<Policy, 'score'> => ({
  score: (batch, temperature = 1) =>
    fromAsyncGenerator((signal) => {
      checkTokens(batch.responses, model.config.vocabulary, `reference.score, step ${batch.step}`)
      return score(model, lease, batch, temperature, signal)
    }),
})

import type { RunPlan } from './plan.js'

/**
 * Seconds of one training step of 256 completions on one thread, by task and model: measured on two cores of a server from
 * 2023, one run at a time.
 */
const stepSeconds: Readonly<Record<string, number>> = { bundled: 0.3, pretrained: 1.2, downloaded: 20 }

/** Seconds of 1000 sampled answers of an evaluation. */
const answerSeconds: Readonly<Record<string, number>> = { bundled: 1, pretrained: 3, downloaded: 200 }

/** Seconds before the first step. */
const START = 2

/** Expected time of a run on one thread. @units seconds */
export const expectedSeconds = ({ model, steps, evaluation, options, algorithm }: RunPlan): number => {
  const passes = 'minibatches' in options || ['clip-higher', 'clip-cov', 'dapo', 'gspo'].includes(algorithm) ? 1.3 : 1
  const evaluations = evaluation === null ? 0 : Math.max(1, Math.ceil(steps / evaluation.every))
  const answers = evaluation === null ? 0 : evaluations * evaluation.questions * evaluation.samples
  return START + passes * steps * stepSeconds[model.kind]! + (answers / 1000) * answerSeconds[model.kind]!
}

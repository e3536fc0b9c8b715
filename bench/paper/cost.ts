import type { RunPlan } from './plan.js'

/** Seconds of one training step of 256 completions on one thread: estimates from short runs on two cores. */
const stepSeconds = ({ task, model: { kind } }: RunPlan): number =>
  kind === 'downloaded' ? 20 : kind === 'pretrained' ? 1.2 : task === 'moves' ? 0.9 : 0.35

/** Seconds of 1000 sampled answers of an evaluation. */
const answerSeconds: Readonly<Record<string, number>> = { bundled: 1, pretrained: 3, downloaded: 200 }

/** Seconds before the first step. */
const START = 2

/** Expected time of a run on one thread. @units seconds */
export const expectedSeconds = (plan: RunPlan): number => {
  const { model, steps, evaluation, options, algorithm } = plan
  const passes = 'minibatches' in options || ['clip-higher', 'clip-cov', 'dapo', 'gspo'].includes(algorithm) ? 1.3 : 1
  const evaluations = evaluation === null ? 0 : Math.max(1, Math.ceil(steps / evaluation.every))
  const answers = evaluation === null ? 0 : evaluations * evaluation.questions * evaluation.samples
  return START + passes * steps * stepSeconds(plan) + (answers / 1000) * answerSeconds[model.kind]!
}

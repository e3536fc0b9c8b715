/**
 * Metrics to a server of your own: every step as a row of history, in the body that W&B's file stream takes. (W&B's own
 * server wants a run that is there already, and an authorization header.)
 *
 *     npm run build && node dist/examples/own-metrics.js STEPS URL
 */
import {
  constantBand,
  constantRate,
  countdown,
  grpo,
  orThrow,
  ppoClip,
  stepMetrics,
  type StepReport,
  trainingPipeline,
} from 'entrain'
import { openLocal } from 'entrain/node'
import { catchError, concatMap, from, map, of } from 'rxjs'

const [steps, url = 'http://localhost:8080/files/me/entrain/first/file_stream'] = process.argv.slice(2)

const send = (report: StepReport) => {
  const row = JSON.stringify({ _step: report.step, ...stepMetrics(report) })
  const body = JSON.stringify({ files: { 'wandb-history.jsonl': { offset: report.step, content: [row] } } })
  return from(fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).pipe(
    map(({ ok, status }) => (ok ? 'taken' : `refused with status ${status}`)),
    catchError((error: unknown) => of(`lost: ${String(error)}`)), // which must not cost the run
    map((end) => `step ${report.step}: ${end}`),
  )
}

const task = countdown()
const model = await orThrow(openLocal({ tokenizer: task.tokenizer, learningRate: constantRate(2e-4) }))

trainingPipeline({ estimator: grpo(), objective: ppoClip() })(
  { ...task, ...model, prompts: task.prompts('train', 7) },
  {
    band: constantBand({ low: 0.4, high: 0.5 }),
    sampling: { maxTokens: task.maxTokens, seed: 7 },
    steps: Number(steps ?? 20),
  },
)
  .pipe(concatMap(send))
  .subscribe({ next: console.log, complete: () => void model.close() })

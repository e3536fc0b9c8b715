/**
 * Sends the metrics of each step to a server of your own, as one row of history in the form of the file stream of W&B.
 * The server of W&B itself also needs a run that exists already and an authorization header.
 *
 * Run: npm run build && node dist/examples/own-metrics.js [STEPS [URL]]
 */
import { catchError, concatMap, finalize, from, map, of } from 'rxjs'
import { orThrow, type StepReport, trainingPipeline } from 'entrain'
import { constantBand, grpo, ppoClip } from 'entrain/algorithms'
import { constantRate } from 'entrain/models'
import { openLocal, stepMetrics } from 'entrain/node'
import { countdown } from 'entrain/rewards'

const [steps, url = 'http://localhost:8080/files/me/entrain/first/file_stream'] = process.argv.slice(2)

const send = (report: StepReport) => {
  const row = JSON.stringify({ _step: report.step, ...stepMetrics(report) })
  const body = JSON.stringify({ files: { 'wandb-history.jsonl': { offset: report.step, content: [row] } } })
  return from(fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).pipe(
    map(({ ok, status }) => (ok ? 'taken' : `refused with status ${status}`)),
    catchError((error: unknown) => of(`lost: ${String(error)}`)), // a lost row must not end the run
    map((result) => `step ${report.step}: ${result}`),
  )
}

const task = countdown()
const model = await orThrow(openLocal({ tokenizer: task.tokenizer, learningRate: constantRate(2e-4) }))
const train = trainingPipeline({ estimator: grpo(), objective: ppoClip() })

train(
  { ...task, ...model, prompts: task.prompts('train', 7) },
  {
    band: constantBand({ low: 0.4, high: 0.5 }),
    sampling: { maxTokens: task.maxTokens, seed: 7 },
    steps: Number(steps ?? 20),
  },
)
  .pipe(
    concatMap(send),
    finalize(() => void model.close()),
  )
  .subscribe(console.log)

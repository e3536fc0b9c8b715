/**
 * Sends the metrics of each step to a server of your own, as rows of history in the form of the file stream of W&B.
 * The server of W&B itself also needs a run that exists already and an authorization header.
 *
 * Run: npm run build && node dist/examples/own-metrics.js [STEPS [URL]]
 */
import { catchError, concatMap, defer, endWith, finalize, of, tap } from 'rxjs'
import { orThrow, type StepReport, trainingPipeline } from 'entrain'
import { constantBand, grpo, ppoClip } from 'entrain/algorithms'
import { constantRate } from 'entrain/models'
import { openLocal, stepMetrics } from 'entrain/node'
import { countdown } from 'entrain/rewards'

const [steps = '20', url = 'http://localhost:8080/files/me/entrain/first/file_stream'] = process.argv.slice(2)
const waiting: string[] = [] // rows that the server has not taken yet
let taken = 0

const keep = (report: StepReport) => waiting.push(JSON.stringify({ _step: report.step, ...stepMetrics(report) }))
const send = async () => {
  const content = [...waiting]
  const body = JSON.stringify({ files: { 'wandb-history.jsonl': { offset: taken, content } } })
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
  const { ok, status } = await fetch(url, { ...request, signal: AbortSignal.timeout(2000) }) // ms
  if (!ok) return `refused with status ${status}: ${content.length} rows wait`
  taken += waiting.splice(0, content.length).length
  return `taken: ${taken} rows`
}
// A server that fails must not end the run: the next step sends its rows again.
const trySend = () => (waiting.length === 0 ? [] : defer(send).pipe(catchError((error: unknown) => of(String(error)))))

const task = countdown()
const model = await orThrow(openLocal({ tokenizer: task.tokenizer, learningRate: constantRate(2e-4) }))
const sampling = { maxTokens: task.maxTokens, seed: 7 }
const run$ = trainingPipeline({ estimator: grpo(), objective: ppoClip() })(
  { ...task, ...model, prompts: task.prompts('train', 7) },
  { band: constantBand({ low: 0.4, high: 0.5 }), sampling, steps: Number(steps) },
)
const sent$ = run$.pipe(tap(keep), endWith('the end'), concatMap(trySend)) // the end gives the last rows another chance
const report = () => waiting.length > 0 && console.log(`lost: ${waiting.length} rows`)
sent$.pipe(finalize(() => void model.close())).subscribe({ next: (result) => console.log(result), complete: report })

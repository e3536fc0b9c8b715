/**
 * A pipeline of your own on the dashboard: its logs in a folder, its page in the browser, a hand on its band.
 *
 *     npm run build && node dist/examples/own-dashboard.js STEPS FOLDER
 */
import { constantRate, countdown, entropyControl, gate, linear, pipelines, runControl, stageAccounts } from 'entrain'
import { logSteps, openDashboard, openLocal } from 'entrain/node'
import { mkdirSync } from 'node:fs'
import { Subject, takeUntil } from 'rxjs'

const [planned = '100', folder = 'runs/mine'] = process.argv.slice(2)
const steps = Number(planned)
const task = countdown()
const model = await openLocal({ tokenizer: task.tokenizer, learningRate: constantRate(2e-4) })
const plan = linear({ from: { low: 0.5, high: 0.6 }, to: { low: 0.4, high: 0.5 }, steps })

const control = entropyControl(plan)
const pace = gate(() => performance.now() / 1000)
const stop$ = new Subject<void>()
const hand = runControl({ entropy: control, gate: pace, stop: () => stop$.next() })

mkdirSync(folder, { recursive: true })
const band = Array.from({ length: steps }, (_, step) => plan(step))
const about = { name: 'mine', heading: 'a pipeline of my own', planned: steps, band }
const dashboard = await openDashboard({ runs: [{ folder, about, control: hand }] })()
if (dashboard._tag === 'Left') throw dashboard.left
console.log(`watch and steer it at ${dashboard.right.url}`)

pipelines.entrocraft
  .create(
    { ...task, policy: pace.gated(model.policy), learner: model.learner, prompts: task.prompts('train', 7) },
    { control, steps, sampling: { maxTokens: task.maxTokens, seed: 7 } },
  )
  .pipe(stageAccounts(pace.clock, () => process.memoryUsage.rss()).timed, logSteps(folder, task), takeUntil(stop$))
  .subscribe({ complete: () => void Promise.all([dashboard.right.close(), model.close()]) })

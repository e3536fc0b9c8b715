/**
 * Trains a pipeline of your own on the dashboard: logs in a run folder, the page in the browser, a band that the page steers.
 *
 * Run: npm run build && node dist/examples/own-dashboard.js [STEPS [FOLDER]]
 */
import { finalize, Subject, takeUntil } from 'rxjs'
import { entropyControl, gate, gateAndTimePorts, orThrow, runControl } from 'entrain'
import { algorithms, linearBand } from 'entrain/algorithms'
import { constantRate } from 'entrain/models'
import { claimNamedFolder, logSteps, openDashboard, openLocal } from 'entrain/node'
import { countdown } from 'entrain/rewards'

const [planned = '100', path = 'runs/mine'] = process.argv.slice(2)
const { folder } = await orThrow(claimNamedFolder(path))
const steps = Number(planned)
const schedule = linearBand({ from: { low: 0.5, high: 0.6 }, to: { low: 0.4, high: 0.5 }, steps })
const task = countdown()
const model = await orThrow(openLocal({ tokenizer: task.tokenizer, learningRate: constantRate(2e-4) }))

const stop$ = new Subject<void>()
const entropy = entropyControl(schedule)
const pauses = gate(() => performance.now() / 1000)
const control = runControl({ entropy, gate: pauses, stop: () => stop$.next() })
const about = { name: 'mine', heading: 'a pipeline of my own', planned: steps, band: schedule }
const dashboard = await orThrow(openDashboard({ runs: [{ folder, about, control }] }))
console.log(`watch and steer it at ${dashboard.url}`)

const { policy, learner, timeSteps } = gateAndTimePorts(model, pauses, () => process.memoryUsage.rss())
algorithms.entrocraft
  .create(
    { ...task, policy, learner, prompts: task.prompts('train', 7) },
    { control: entropy, steps, sampling: { maxTokens: task.maxTokens, seed: 7 } },
  )
  .pipe(
    timeSteps,
    logSteps(folder, task),
    takeUntil(stop$),
    finalize(() => void dashboard.close().then(() => model.close())),
  )
  .subscribe({ complete: () => control.end('finished') })

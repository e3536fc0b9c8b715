/**
 * A pipeline of your own on the dashboard: its logs in a folder, its page in the browser, a hand on its band.
 *
 *     npm run build && node dist/examples/own-dashboard.js STEPS FOLDER
 */
import { entropyControl, gate, gateAndTimePorts, runControl } from 'entrain'
import { algorithms, linearBand } from 'entrain/algorithms'
import { countdown } from 'entrain/rewards'
import { constantRate } from 'entrain/models'
import { logSteps, namedRunFolder, openDashboard, openLocal } from 'entrain/node'
import { finalize, Subject, takeUntil } from 'rxjs'

const [planned = '100', path = 'runs/mine'] = process.argv.slice(2)
const made = await namedRunFolder(path)()
if (made._tag === 'Left') throw made.left
const folder = made.right
const steps = Number(planned)
const plan = linearBand({ from: { low: 0.5, high: 0.6 }, to: { low: 0.4, high: 0.5 }, steps })
const task = countdown()
const model = await openLocal({ tokenizer: task.tokenizer, learningRate: constantRate(2e-4) })

const stop$ = new Subject<void>()
const steering = { entropy: entropyControl(plan), gate: gate(() => performance.now() / 1000) }
const hand = runControl({ ...steering, stop: () => stop$.next() })
const band = Array.from({ length: steps }, (_, step) => plan(step))
const about = { name: 'mine', heading: 'a pipeline of my own', planned: steps, band }
const opened = await openDashboard({ runs: [{ folder, about, control: hand }] })()
if (opened._tag === 'Left') throw opened.left
console.log(`watch and steer it at ${opened.right.url}`)

const { policy, learner, timeSteps } = gateAndTimePorts(model, steering.gate, () => process.memoryUsage.rss())
algorithms.entrocraft
  .create(
    { ...task, policy, learner, prompts: task.prompts('train', 7) },
    { control: steering.entropy, steps, sampling: { maxTokens: task.maxTokens, seed: 7 } },
  )
  .pipe(
    timeSteps,
    logSteps(folder, task),
    takeUntil(stop$),
    finalize(() => void opened.right.close().then(() => model.close())),
  )
  .subscribe({ complete: () => hand.end('finished') })

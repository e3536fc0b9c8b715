/**
 * A pipeline of your own on the dashboard: its logs in a folder, its page in the browser, a hand on its band.
 *
 *     npm run build && node dist/examples/own-dashboard.js STEPS FOLDER
 */
import {
  algorithms,
  constantRate,
  countdown,
  entropyControl,
  gate,
  heldPorts,
  linearBand,
  orThrow,
  runControl,
} from 'entrain'
import { logSteps, namedRunFolder, openDashboard, openLocal } from 'entrain/node'
import { finalize, Subject, takeUntil } from 'rxjs'

const steps = Number(process.argv[2] ?? 100)
const folder = await orThrow(namedRunFolder(process.argv[3] ?? 'runs/mine'))
const plan = linearBand({ from: { low: 0.5, high: 0.6 }, to: { low: 0.4, high: 0.5 }, steps })
const task = countdown()
const model = await orThrow(openLocal({ tokenizer: task.tokenizer, learningRate: constantRate(2e-4) }))
const stop$ = new Subject<void>()
const steering = { entropy: entropyControl(plan), gate: gate(() => performance.now() / 1000) }
const hand = runControl({ ...steering, stop: () => stop$.next() })
const band = Array.from(Array(steps).keys(), plan)
const about = { name: 'mine', heading: 'a pipeline of my own', planned: steps, band }
const page = await orThrow(openDashboard({ runs: [{ folder, about, control: hand }] }))
console.log(`watch and steer it at ${page.url}`)
const { policy, learner, timed } = heldPorts(model, steering.gate, () => process.memoryUsage.rss())
algorithms.entrocraft
  .create(
    { ...task, policy, learner, prompts: task.prompts('train', 7) },
    { control: steering.entropy, steps, sampling: { maxTokens: task.maxTokens, seed: 7 } },
  )
  .pipe(
    timed,
    logSteps(folder, task),
    takeUntil(stop$),
    finalize(() => void page.close().then(() => model.close())),
  )
  .subscribe({ complete: () => hand.end('finished') })

/**
 * Cost of the coordinator of many servers: simulated servers in virtual time, whose speeds differ by a factor of ten, through every
 * stage of a training pipeline.
 *
 *     npm run bench -- fleet
 */
import type { Bench } from '../bench.js'
import { measureHeap } from '../measure-heap.js'
import { simulateFleet } from './simulate.js'

const PROMPTS = 1_000_000
const BATCH = 512
const IN_FLIGHT = 4
const GROUP = 4

export const fleetBench: Bench = async function* () {
  const rows = []
  for (const servers of [4, 16, 64]) {
    await simulateFleet({ servers, prompts: 20 * BATCH, batch: BATCH, inFlight: IN_FLIGHT, group: GROUP })
    const heaps: number[] = []
    let nextHeap = PROMPTS / 10
    let measuring = 0
    const start = performance.now()
    const cpu = process.cpuUsage()
    const outcome = await simulateFleet({
      ...{ servers, prompts: PROMPTS, batch: BATCH, inFlight: IN_FLIGHT, group: GROUP },
      onStep: (trained) => {
        if (trained < nextHeap) return
        nextHeap += (9 * PROMPTS) / 10 - BATCH
        const before = performance.now()
        heaps.push(measureHeap())
        measuring += performance.now() - before
      },
    })
    const seconds = (performance.now() - start - measuring) / 1000
    const { user, system } = process.cpuUsage(cpu)
    const [slowest] = outcome.servers
    rows.push([
      ...[servers, Math.round(PROMPTS / seconds), (user + system) / PROMPTS, ...heaps],
      ...[outcome.efficiency, slowest!.speed, slowest!.sampled, slowest!.excess],
    ])
  }
  yield {
    title: `${PROMPTS} prompts x ${GROUP} completions on simulated servers whose speeds differ by a factor of ten, batches of ${BATCH}, ${IN_FLIGHT} in flight`,
    heading: [
      'servers',
      'groups/s',
      'CPU us a group',
      'heap MB after a tenth',
      'heap MB at the end',
      'share of the ideal speed',
      'slowest: share of the speed',
      'slowest: share of the prompts',
      'slowest: most prompts above its share',
    ],
    rows,
  }
}

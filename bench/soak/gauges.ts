import { readdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { queryObjects } from 'node:v8'
import { Subscriber } from 'rxjs'
import type { TrainingRun } from '../../cli/training/open-run.js'
import { measureHeap, threadMemory } from './thread-memory.js'

const MB = 2 ** 20

/** Gauges of a run, by their names in the table. Memory is in MB. */
export type Gauges = Readonly<Record<string, number>>

/** Measures a run. */
export interface GaugeReader {
  /**
   * Reads the gauges while the run is paused before it samples, after a collection of garbage, so that they show what
   * the run keeps. Returns null if the run ends before.
   */
  readonly read: () => Promise<Gauges | null>
}

/** Creates the gauges of a run; `isOver` is true when its steps have ended. */
export const gaugeReader = async (run: TrainingRun, isOver: () => boolean): Promise<GaugeReader> => {
  const { engine, steering } = run
  const thread = await engine.start(threadMemory, null)
  const measureThread = async () => {
    for await (const memory of thread.run({}, null, new AbortController().signal)) return memory
    throw new Error('found no memory of the thread of the engine, expected one')
  }
  /** Waits until the run waits at its gate, whose clock stands still then. */
  const hasPaused = async () => {
    let before = NaN
    while (before !== steering.gate.clock()) {
      if (isOver()) return false
      before = steering.gate.clock()
      await delay(50)
    }
    return true
  }
  return {
    read: async () => {
      const release = steering.gate.hold()
      try {
        if (!(await hasPaused())) return null
        const inEngine = await measureThread()
        const here = await measureHeap()
        const tensors = await engine.memory()
        return {
          'resident MB': process.memoryUsage.rss() / MB,
          'heap MB': here.heap / MB,
          'buffers MB': here.buffers / MB,
          'engine heap MB': inEngine.heap / MB,
          'engine buffers MB': inEngine.buffers / MB,
          tensors: tensors.tensors,
          'tensors MB': tensors.bytes / MB,
          descriptors: (await readdir('/proc/self/fd')).length,
          listeners: listenersOfProcess(),
          subscribers: queryObjects(Subscriber, { format: 'count' }),
        }
      } finally {
        release()
      }
    },
  }
}

const listenersOfProcess = (): number =>
  [process, process.stdout, process.stderr]
    .flatMap((emitter) => emitter.eventNames().map((event) => emitter.listenerCount(event)))
    .reduce((count, listeners) => count + listeners, 0)

import { readdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { queryObjects } from 'node:v8'
import { filter, firstValueFrom, type Observable, Subscriber, takeUntil } from 'rxjs'
import type { TrainingRun } from '../../cli/training/open-run.js'
import { measureHeap, threadMemory } from './thread-memory.js'

const MB = 2 ** 20

/** Gauges of a run, by their names in the table. Memory is in MB. */
export type Gauges = Readonly<Record<string, number>>

/** Measures a run. */
export interface GaugeReader {
  /**
   * Reads the gauges in the pause that follows the second step after a checkpoint, after a collection of garbage, so that they show
   * what the run keeps. Returns null if the run ends before.
   */
  readonly read: () => Promise<Gauges | null>
}

/** Creates the gauges of a run; `over$` emits when it has ended. */
export const gaugeReader = async (run: TrainingRun, over$: Observable<unknown>): Promise<GaugeReader> => {
  const { engine, steering, config } = run
  const { every } = config.checkpoints
  const afterCheckpoint$ = steering.entropy.state$.pipe(
    filter(({ step }) => every === 'auto' || step % every === 1),
    takeUntil(over$),
  )
  const ended = { isOver: false }
  over$.subscribe(() => {
    ended.isOver = true
  })
  const thread = await engine.start(threadMemory, null)
  const measureThread = async () => {
    for await (const memory of thread.run({}, null, new AbortController().signal)) return memory
    throw new Error('found no memory of the thread of the engine, expected one')
  }
  /** Waits until the run waits at its gate, whose clock stands still then. */
  const hasPaused = async () => {
    let before = NaN
    while (before !== steering.gate.clock()) {
      if (ended.isOver) return false
      before = steering.gate.clock()
      await delay(50)
    }
    return true
  }
  return {
    read: async () => {
      // A run keeps the batches since its last checkpoint, so it is always read as many steps after one.
      await firstValueFrom(afterCheckpoint$, { defaultValue: null })
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

import { SHARE_ENV, Worker } from 'node:worker_threads'
import type { Engine } from '../engine.js'
import type { EngineName, EngineOptions } from '../engines.js'
import { Connection } from './connection.js'
import { WorkerEngine } from './worker-engine.js'

/**
 * Opens an engine in a worker thread of its own, so that the caller's event loop turns while it runs.
 *
 * One message each way per run; host arrays are copied on the way in and moved on the way out. An idle engine does not
 * keep the process alive, a running one does; `process.exit` during a run aborts the process.
 *
 * @errors PipelineError EngineMissing, or EngineFailed where it is there but does not start
 */
export const inWorker = async (name: EngineName, options: EngineOptions = {}): Promise<Engine> => {
  // Flags that this process was started with may not fit a worker: `--input-type` makes it fail. What an engine sets in
  // the environment for its native library is seen there only in the environment of the process.
  const worker = new Worker(new URL('./entry.js', import.meta.url), {
    name: `entrain ${name}`,
    execArgv: [],
    env: SHARE_ENV,
  })
  const connection = new Connection(worker)
  try {
    const { device } = await connection.call('open', { name, options })
    return new WorkerEngine(name, device, connection)
  } catch (error) {
    await connection.close()
    throw error
  }
}

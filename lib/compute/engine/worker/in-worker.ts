import { SHARE_ENV, Worker } from 'node:worker_threads'
import type { Engine } from '../engine.js'
import type { EngineName, EngineOptions } from '../engines.js'
import { Connection } from './connection.js'
import { type ConnectedWorker, WorkerEngine } from './worker-engine.js'

/**
 * Opens an engine in a worker thread of its own, so that the event loop of the caller is free during a run.
 *
 * A run costs one message each way. Host arrays are copied to the worker and moved back. An idle engine does not keep
 * the process alive, and a running one does. `process.exit` during a run aborts the process.
 *
 * @errors PipelineError EngineMissing if the library or its device is not there, EngineFailed if it does not start
 */
export const inWorker = async (name: EngineName, options: EngineOptions = {}): Promise<Engine> => {
  const connect = () => connectWorker(name, options)
  return new WorkerEngine(name, await connect(), connect)
}

const connectWorker = async (name: EngineName, options: EngineOptions): Promise<ConnectedWorker> => {
  // The flags of this process are not passed on, because a worker fails with some of them, such as `--input-type`. The
  // worker shares the environment, because a native library reads only the environment of the process.
  const worker = new Worker(new URL('./entry.js', import.meta.url), {
    name: `entrain ${name}`,
    execArgv: [],
    env: SHARE_ENV,
  })
  const connection = new Connection(worker)
  try {
    const { device } = await connection.call('open', { name, options })
    return { connection, device }
  } catch (error) {
    await connection.close()
    throw error
  }
}

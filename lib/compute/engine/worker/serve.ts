import { describeThrown } from '../../../describe.js'
import type { MessagePort } from 'node:worker_threads'
import { PipelineError } from '../../../pipeline-error.js'
import { serial } from '../serial.js'
import { createHost, type Host } from './host.js'
import type { CallName, Request, Response, WireError } from './protocol.js'
import { Shipment } from './shipment.js'

/** Answers the calls of the client, one at a time and in order, until the call `close`. */
export const serve = (port: MessagePort): void => {
  const inOrder = serial()
  const host = createHost()
  port.on('message', (request: Request) => {
    void inOrder(async () => {
      const response = answer(port, host, request)
      // A routine starts in its turn, and later calls are served while it runs.
      if (request.call !== 'perform') await response
      // After its port is closed, the thread has nothing to wait for and ends.
      if (request.call === 'close') port.close()
    })
  })
}

const answer = async <K extends CallName>(port: MessagePort, host: Host, request: Request<K>): Promise<void> => {
  const { id, call, argument } = request
  const shipment = new Shipment()
  const send = (response: Response) => port.postMessage(response, shipment.buffers)
  const emit = (value: unknown) => port.postMessage({ id, value } satisfies Response)
  try {
    send({ id, result: await host[call](argument, { id, shipment, emit }) })
  } catch (error) {
    send({ id, error: wireError(error) })
  }
}

const wireError = (error: unknown): WireError => ({
  tag: error instanceof PipelineError ? error._tag : 'EngineFailed',
  message: error instanceof Error ? error.message : describeThrown(error),
  stack: error instanceof Error ? error.stack : undefined,
})

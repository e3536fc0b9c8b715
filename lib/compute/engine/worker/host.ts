import { PipelineError } from '../../../pipeline-error.js'
import type { DeviceTensor, Engine, Executable } from '../engine.js'
import { openInThread } from './open-in-thread.js'
import type { CallName, Calls, Handle } from './protocol.js'
import type { Shipment } from './shipment.js'
import { fromWire } from './wire-program.js'

/** One answer per call; host tensors of a result leave with the shipment. */
export type Host = {
  readonly [K in CallName]: (
    argument: Calls[K]['argument'],
    shipment: Shipment,
  ) => Calls[K]['result'] | Promise<Calls[K]['result']>
}

/** An engine whose tensors and executables the other side knows by number. */
export const engineHost = (): Host => {
  let engine: Engine | undefined
  let handles = 0
  const held = new Map<Handle, DeviceTensor | Executable>()

  const opened = () => engine ?? fail('no engine is open')
  const hold = (thing: DeviceTensor | Executable): Handle => {
    held.set(++handles, thing)
    return handles
  }
  const tensor = (handle: Handle): DeviceTensor => {
    const found = held.get(handle)
    return found !== undefined && 'dtype' in found ? found : fail(`there is no tensor ${handle}`)
  }
  const executable = (handle: Handle): Executable => {
    const found = held.get(handle)
    return found !== undefined && 'program' in found ? found : fail(`there is no executable ${handle}`)
  }

  return {
    open: async ({ name, options }) => {
      engine = await openInThread(name, options)
      return { device: engine.device }
    },
    compile: async (wire) => hold(await opened().compile(fromWire(wire))),
    run: async (call, shipment) => {
      const feed = mapValues(call.feed, (given) => (typeof given === 'number' ? tensor(given) : given))
      const { device, host } = await executable(call.executable).run(feed, call.read, call.donated)
      return { device: mapValues(device, hold), host: mapValues(host, (result) => shipment.add(result)) }
    },
    upload: async (given) => hold(await opened().upload(given)),
    read: async (handle, shipment) => shipment.add(await opened().read(tensor(handle))),
    memory: () => opened().memory(),
    dispose: (disposed) => {
      for (const handle of disposed) {
        held.get(handle)?.dispose()
        held.delete(handle)
      }
    },
    close: () => engine?.close(),
  }
}

const fail = (problem: string): never => {
  throw new PipelineError('BrokenInvariant', problem)
}

const mapValues = <A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]))

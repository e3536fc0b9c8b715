import { PipelineError } from '../../../pipeline-error.js'
import type { DeviceTensor, Engine, Executable, Routine, Started } from '../engine.js'
import { openInThread } from './open-in-thread.js'
import type { CallName, Calls, Handle, WirePass } from './protocol.js'
import type { Shipment } from './shipment.js'
import { fromWire } from './wire-program.js'

/** Circumstances of one call. */
interface CallContext {
  readonly id: number
  /** Collects the host tensors that are sent with the response. */
  readonly shipment: Shipment
  /** Sends a value before the response. */
  readonly emit: (value: unknown) => void
}

/** Implementation of every call. A call adds the host tensors of its result to the shipment. */
export type Host = {
  readonly [K in CallName]: (
    argument: Calls[K]['argument'],
    context: CallContext,
  ) => Calls[K]['result'] | Promise<Calls[K]['result']>
}

type AnyRoutine = Routine<unknown, unknown, unknown>
type AnyStarted = Started<unknown, unknown>

/** Makes the worker's side of an engine. The client refers to tensors, executables and routines by number. */
export const createHost = (): Host => {
  let engine: Engine | undefined
  let handles = 0
  const objects = new Map<Handle, DeviceTensor | Executable | AnyStarted>()
  const passes = new Map<number, { readonly controller: AbortController; readonly running: Promise<void> }>()

  const openEngine = () => engine ?? fail('no engine is open')
  const hold = (thing: DeviceTensor | Executable | AnyStarted): Handle => {
    objects.set(++handles, thing)
    return handles
  }
  const tensor = (handle: Handle): DeviceTensor => {
    const found = objects.get(handle)
    return found !== undefined && 'dtype' in found ? found : fail(`there is no tensor ${handle}`)
  }
  const executable = (handle: Handle): Executable => {
    const found = objects.get(handle)
    return found !== undefined && 'signature' in found ? found : fail(`there is no executable ${handle}`)
  }
  const routine = (handle: Handle): AnyStarted => {
    const found = objects.get(handle)
    return found !== undefined && !('dtype' in found || 'signature' in found)
      ? found
      : fail(`there is no routine ${handle}`)
  }
  const perform = async (
    { routine: handle, tensors, argument }: WirePass,
    signal: AbortSignal,
    emit: CallContext['emit'],
  ) => {
    const values = routine(handle).run(mapValues(tensors, tensor), argument, signal)
    for await (const value of values) emit(value)
    // A cancelled run of a routine ends without an error, but a run that `close` ends must fail.
    if (signal.reason instanceof PipelineError) throw signal.reason
  }

  return {
    open: async ({ name, options }) => {
      engine = await openInThread(name, options)
      return { device: engine.device }
    },
    compile: async (wire) => hold(await openEngine().compile(fromWire(wire))),
    run: async (call, { shipment }) => {
      const feed = mapValues(call.feed, (given) => (typeof given === 'number' ? tensor(given) : given))
      const { device, host } = await executable(call.executable).run(feed, call.read, call.donated)
      return { device: mapValues(device, hold), host: mapValues(host, (result) => shipment.add(result)) }
    },
    start: async ({ module, name, settings }) => {
      const exported = (await import(module)) as Readonly<Record<string, AnyRoutine>>
      const found = exported[name] ?? fail(`${module} exports no routine ${name}`)
      return hold(await openEngine().start(found, settings))
    },
    perform: (call, { id, emit }) => {
      const controller = new AbortController()
      const running = perform(call, controller.signal, emit)
      passes.set(id, { controller, running })
      return running.finally(() => passes.delete(id))
    },
    cancel: (id) => passes.get(id)?.controller.abort(),
    end: (handle) => {
      const started = routine(handle)
      objects.delete(handle)
      return started.dispose()
    },
    // The array was moved here with the message, so the engine may keep it.
    upload: async (tensor) => hold(await openEngine().upload(tensor, 'given')),
    read: async (handle, { shipment }) => shipment.add(await openEngine().read(tensor(handle))),
    memory: () => openEngine().memory(),
    dispose: (disposed) => {
      for (const handle of disposed) {
        void objects.get(handle)?.dispose()
        objects.delete(handle)
      }
    },
    close: async () => {
      const underWay = [...passes.values()]
      for (const { controller } of underWay) controller.abort(new PipelineError('EngineFailed', 'the engine is closed'))
      await engine?.close()
      await Promise.allSettled(underWay.map(({ running }) => running))
    },
  }
}

const fail = (problem: string): never => {
  throw new PipelineError('BrokenInvariant', problem)
}

const mapValues = <A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]))

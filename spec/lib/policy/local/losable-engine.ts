import type { DeviceTensor, Engine, Executable } from '#lib/compute/engine/engine.js'
import { PipelineError } from '#lib/pipeline-error.js'

/** Engine that a spec can lose. Everything on it is gone then, as after the end of its thread. */
export interface LosableEngine extends Engine {
  /**
   * Loses the engine at a call to come, counted from 0: before the call is made, or after it was made and before its answer.
   * Without a call, none is lost.
   */
  loseAt(call?: number, when?: 'before' | 'after'): void
  /** Number of calls since {@link LosableEngine.loseAt}. */
  calls(): number
  /** Number of times that the engine was started again. */
  restarts(): number
  reopen(): Promise<void>
}

/** Everything that was made on the engine between two losses. */
interface Life {
  isLost: boolean
  readonly made: { dispose: () => unknown }[]
}

/** Wraps an engine. Routines start in this thread, so that their calls are counted. */
export const losable = (engine: Engine): LosableEngine => {
  const newLife = (): Life => ({ isLost: false, made: [] })
  let life = newLife()
  let [calls, restarts] = [0, 0]
  let plan: { readonly call: number; readonly when: 'before' | 'after' } = { call: Infinity, when: 'before' }
  const lost = () => new PipelineError('EngineLost', `the device of ${engine.name} is lost`)
  const made = <A extends { dispose: () => unknown }>(own: Life, thing: A): A => {
    own.made.push(thing)
    return thing
  }
  /** Makes a call in a life: it fails if the life is over before its answer. */
  const within = async <A>(own: Life, call: () => Promise<A>): Promise<A> => {
    const isLosing = calls++ === plan.call
    if (isLosing && plan.when === 'before') own.isLost = true
    if (own.isLost) throw lost()
    const answer = await call()
    if (isLosing) own.isLost = true
    if (own.isLost) throw lost()
    return answer
  }
  const wrap = (own: Life, executable: Executable): Executable => ({
    signature: executable.signature,
    run: (feed, read, donated) =>
      within(own, async () => {
        const result = await executable.run(feed, read, donated)
        for (const tensor of Object.values(result.device)) made(own, tensor)
        return result
      }),
    dispose: () => executable.dispose(),
  })
  const self: LosableEngine = {
    name: engine.name,
    compile: (program) => {
      const own = life
      return within(own, async () => wrap(own, made(own, await engine.compile(program))))
    },
    start: (routine, settings) => within(life, () => Promise.resolve(routine.start(self, settings))),
    upload: (tensor) => {
      const own = life
      return within<DeviceTensor>(own, async () => made(own, await engine.upload(tensor)))
    },
    read: (tensor) => within(life, () => engine.read(tensor)),
    memory: () => (life.isLost ? Promise.reject(lost()) : engine.memory()),
    reopen: () => {
      restarts++
      for (const thing of life.made) void thing.dispose()
      life = newLife()
      return Promise.resolve()
    },
    close: () => engine.close(),
    loseAt: (call = Infinity, when = 'before') => {
      calls = 0
      plan = { call, when }
    },
    calls: () => calls,
    restarts: () => restarts,
  }
  return self
}

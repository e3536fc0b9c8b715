import { inject } from 'vitest'
import type { EngineName } from '#lib/compute/engine/engine-name.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import type { HostTensor, Program } from '#lib/compute/program/node.js'
import { expectClose } from '../compute/reference/close.js'
import { interpret } from '../compute/reference/interpret.js'
import type { ReferenceTensor } from '../compute/reference/tensor.js'

/** Runs programs, on an engine or in double precision. */
export interface Runner {
  run(
    program: Program,
    feed: Readonly<Record<string, ReferenceTensor>>,
  ): Promise<Readonly<Record<string, ReferenceTensor>>>
  close(): Promise<void>
}

export const doublePrecision: Runner = {
  run: (program, feed) => Promise.resolve(interpret(program, feed)),
  close: () => Promise.resolve(),
}

const onEngine = async (name: EngineName): Promise<Runner> => {
  const engine = await inWorker(name)
  return {
    run: async (program, feed) => {
      const executable = await engine.compile(program)
      const single = Object.fromEntries(Object.entries(feed).map(([name, tensor]) => [name, hostTensor(tensor)]))
      const { host } = await executable.run(single, [...program.outputs.keys()])
      executable.dispose()
      return Object.fromEntries(Object.entries(host).map(([name, tensor]) => [name, referenceTensor(tensor)]))
    },
    close: () => engine.close(),
  }
}

const hostTensor = ({ shape, data }: ReferenceTensor): HostTensor => ({
  shape,
  data: data instanceof Int32Array ? data : Float32Array.from(data),
})

const referenceTensor = ({ shape, data }: HostTensor): ReferenceTensor => ({
  shape,
  data: data instanceof Int32Array ? data : Float64Array.from(data),
})

/**
 * Where the golden numbers must come out, and how closely. What is left in double precision is the golden file's:
 * Hugging Face computes norms, rotary tables and attention weights in float32, in a float64 model too.
 */
export const runners: readonly { name: string; open: () => Promise<Runner>; tolerance: number }[] = [
  { name: 'double precision', open: () => Promise.resolve(doublePrecision), tolerance: 2e-6 },
  ...inject('engines').map((name) => ({
    name,
    open: () => onEngine(name),
    tolerance: 1e-5,
  })),
]

/** Every element within `tolerance` of the expected one, relative to the largest of them, however small that is. */
export const expectRelative = (found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void => {
  const scale = Math.max(...Array.from(expected, Math.abs)) || 1
  const scaled = (values: ArrayLike<number>) => Array.from(values, (x) => x / scale)
  expectClose(scaled(found), scaled(expected), tolerance)
}

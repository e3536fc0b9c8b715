import type { Engine, Executable } from '#lib/compute/engine/engine.js'
import type { HostTensor, Program } from '#lib/compute/program/node.js'
import { interpret, type ReferenceFeed } from '../compute/reference/interpret.js'
import type { ReferenceTensor } from '../compute/reference/tensor.js'

/** Runs programs, on an engine or in double precision. */
export interface Runner {
  run(program: Program, feed: ReferenceFeed): Promise<Readonly<Record<string, ReferenceTensor>>>
  close(): Promise<void>
}

export const doublePrecision: Runner = {
  run: (program, feed) => Promise.resolve(interpret(program, feed)),
  close: () => Promise.resolve(),
}

/** Compiles each program once. Closing the runner frees the programs and leaves the engine open. */
export const onEngine = (engine: Engine): Runner => {
  const compiled = new Map<Program, Promise<Executable>>()
  const executableOf = (program: Program): Promise<Executable> => {
    const executable = compiled.get(program) ?? engine.compile(program)
    compiled.set(program, executable)
    return executable
  }
  return {
    run: async (program, feed) => {
      const executable = await executableOf(program)
      const single = Object.fromEntries(Object.entries(feed).map(([name, tensor]) => [name, hostTensor(tensor)]))
      const { host } = await executable.run(single, [...program.outputs.keys()])
      return Object.fromEntries(Object.entries(host).map(([name, tensor]) => [name, referenceTensor(tensor)]))
    },
    close: async () => (await Promise.all(compiled.values())).forEach((executable) => executable.dispose()),
  }
}

const hostTensor = ({ shape, data }: ReferenceTensor | HostTensor): HostTensor => ({
  shape,
  data: data instanceof Float64Array ? Float32Array.from(data) : data,
})

const referenceTensor = ({ shape, data }: HostTensor): ReferenceTensor => ({
  shape,
  data: data instanceof Float32Array ? Float64Array.from(data) : Int32Array.from(data),
})

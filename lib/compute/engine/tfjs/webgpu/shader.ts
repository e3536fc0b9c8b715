import { backend, engine, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core'
import type { Shape } from '../../../program/node.js'
import { sizeOf } from '../../../program/shape.js'

/** Number of floats that are read from a buffer at a time: 4 for a vec4. */
export type Components = 1 | 4

/**
 * Compute shader. TensorFlow.js declares its inputs under their names and `result`, all without axes, and `uniforms`,
 * which hold the `sizes` and the `size` of the result, counted in its components.
 */
export interface Shader {
  /** Name in the cache of compiled shaders: shaders with one name and equal constants are compiled once. */
  readonly name: string
  readonly inputs: Readonly<Record<string, Components>>
  readonly result: Components
  /** Constants that are compiled into the code. */
  readonly constants?: Readonly<Record<string, number>>
  /** Integers that may differ from run to run. */
  readonly sizes?: Readonly<Record<string, number>>
  /** Number of threads of a workgroup, which share memory. */
  readonly workgroup: number
  /** Least number of threads. `main` is called with the number of each thread, from 0. */
  readonly threads: number
  readonly code: string
}

/** Runs a shader that computes a float32 tensor. */
export const dispatch = (shader: Shader, inputs: readonly Tensor[], shape: Shape): Tensor => {
  const flat = inputs.map(({ dataId, dtype, size }): TensorInfo => ({ dataId, dtype, shape: [size] }))
  const sizes = Object.values(shader.sizes ?? {}).map((size) => ({ type: 'int32', data: [size] }))
  const result = (backend() as unknown as Backend).runWebGPUProgram(
    webgpuProgram(shader, shape),
    flat,
    'float32',
    sizes,
  )
  return engine().makeTensorFromTensorInfo({ ...result, shape: [...shape] })
}

/** Part of the backend that is used here. */
interface Backend {
  readonly runWebGPUProgram: (
    program: ReturnType<typeof webgpuProgram>,
    inputs: readonly TensorInfo[],
    dtype: 'float32',
    uniforms: readonly { readonly type: string; readonly data: readonly number[] }[],
  ) => TensorInfo
}

/**
 * Makes the program that TensorFlow.js expects. The layout names one axis, because TensorFlow.js then spreads
 * workgroups over several axes if there are more than a dispatch allows along one.
 */
const webgpuProgram = (shader: Shader, shape: Shape) => {
  const { name, inputs, result, constants = {}, sizes = {}, workgroup, threads, code } = shader
  return {
    shaderKey: `${name} ${JSON.stringify(constants)} ${result}`,
    variableNames: Object.keys(inputs),
    variableComponents: Object.values(inputs),
    outputComponent: result,
    outputShape: [sizeOf(shape)],
    uniforms: Object.keys(sizes)
      .map((size) => `${size} : i32, `)
      .join(''),
    size: true,
    workgroupSize: [workgroup, 1, 1],
    dispatchLayout: { x: [0] },
    dispatch: [Math.ceil(threads / workgroup), 1, 1],
    getUserCode: () =>
      Object.entries(constants)
        .map(([key, value]) => `const ${key} = ${value};`)
        .join('\n') + code,
  }
}

/** Returns 4 if rows of this width can be read as vec4, otherwise 1. */
export const componentsOf = (width: number): Components => (width % 4 === 0 ? 4 : 1)

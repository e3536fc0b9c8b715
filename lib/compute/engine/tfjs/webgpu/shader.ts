import { backend, engine, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core'
import type { Shape } from '../../../program/node.js'
import { sizeOf } from '../../../program/shape.js'

/** Numbers that lie together: a vec4 where a buffer is read in fours. */
export type Components = 1 | 4

/**
 * A compute shader in the frame of TensorFlow.js, which declares the inputs under their names and the `result`, both
 * without axes, and `uniforms`: the `sizes`, and the `size` of the result, counted in its components.
 */
export interface Shader {
  /** Shaders of one name and equal constants are compiled once. */
  readonly name: string
  readonly inputs: Readonly<Record<string, Components>>
  readonly result: Components
  /** What the code is made for. */
  readonly constants?: Readonly<Record<string, number>>
  /** What may be different in every run of it. */
  readonly sizes?: Readonly<Record<string, number>>
  /** Threads that share memory. */
  readonly workgroup: number
  /** At least so many run; `main` is called with the number of each, from 0. */
  readonly threads: number
  readonly code: string
}

/** Computes a float32 tensor, in one dispatch. */
export const dispatch = (shader: Shader, inputs: readonly Tensor[], shape: Shape): Tensor => {
  const flat = inputs.map(({ dataId, dtype, size }): TensorInfo => ({ dataId, dtype, shape: [size] }))
  const sizes = Object.values(shader.sizes ?? {}).map((size) => ({ type: 'int32', data: [size] }))
  const result = (backend() as unknown as Backend).runWebGPUProgram(framed(shader, shape), flat, 'float32', sizes)
  return engine().makeTensorFromTensorInfo({ ...result, shape: [...shape] })
}

/** As much of the backend as is asked here. */
interface Backend {
  readonly runWebGPUProgram: (
    program: ReturnType<typeof framed>,
    inputs: readonly TensorInfo[],
    dtype: 'float32',
    uniforms: readonly { readonly type: string; readonly data: readonly number[] }[],
  ) => TensorInfo
}

/** More workgroups than a dispatch takes along one axis are spread over several, as long as the layout names one alone. */
const framed = (shader: Shader, shape: Shape) => {
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

/** Fours, where rows of this width consist of them. */
export const componentsOf = (width: number): Components => (width % 4 === 0 ? 4 : 1)

import type { InferenceSession, Tensor, TypedTensor } from 'onnxruntime-node'
import type { DType, HostTensor } from '../../program/node.js'
import { encodeGraph } from './lower.js'
import { ElementType } from './model-proto.js'

/** Element type that a buffer of the GPU may have. */
type BufferType = Exclude<DType, 'int8'>

/** Place of an output of a session: the memory of this process, or a buffer of the GPU. */
export type Place = 'cpu' | 'gpu-buffer'

/** Makes a session whose outputs are at a place. */
export type CreateSession = (model: Uint8Array, destination: Place) => Promise<InferenceSession>

/** Returns whether a buffer of the GPU may have elements of a type. */
export const fitsBuffer = (dtype: DType): dtype is BufferType => dtype !== 'int8'

/**
 * Copies tensors between the memory of this process and buffers of the GPU.
 *
 * The binding of ONNX Runtime for Node.js has no call that reads such a buffer or makes one. The inputs of a session may
 * be at either place, and its outputs are where the session was told to put them. So each copy is a run of a session that
 * consists of one Identity. Calls must be made one after another.
 */
export class Transfers {
  readonly #sessions = new Map<string, InferenceSession>()

  constructor(private readonly create: CreateSession) {}

  /** Copies a tensor, which ONNX Runtime already wraps, into a new buffer. */
  upload(tensor: Tensor, dtype: BufferType): Promise<Tensor> {
    return this.#copy(tensor, dtype, 'gpu-buffer')
  }

  /** Copies a buffer to the host. */
  async download(buffer: Tensor, dtype: BufferType): Promise<HostTensor> {
    const { data } = (await this.#copy(buffer, dtype, 'cpu')) as TypedTensor<BufferType>
    return { shape: buffer.dims, data }
  }

  async release(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.release()))
    this.#sessions.clear()
  }

  async #copy(x: Tensor, dtype: BufferType, destination: Place): Promise<Tensor> {
    const key = `${dtype} to ${destination}`
    const session = this.#sessions.get(key) ?? (await this.create(identityModel(dtype), destination))
    this.#sessions.set(key, session)
    const { y } = await session.run({ x })
    return y as Tensor
  }
}

/** Model that returns its input, of any rank. */
const identityModel = (dtype: BufferType): Uint8Array => {
  const type = { tensorType: { elemType: ElementType[dtype] } }
  return encodeGraph({
    name: 'transfer',
    node: [{ name: 'y', opType: 'Identity', domain: '', input: ['x'], output: ['y'], attribute: [] }],
    initializer: [],
    input: [{ name: 'x', type }],
    output: [{ name: 'y', type }],
  })
}

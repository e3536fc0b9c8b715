import * as onnxRuntime from 'onnxruntime-node'
import type { Runtime } from '#lib/compute/engine/onnx/onnx-engine.js'

type Tensor = onnxRuntime.Tensor
type Places = onnxRuntime.InferenceSession.SessionOptions['preferredOutputLocation']

/** Buffer of the double. It holds the tensor that it stands for. */
interface Buffer {
  readonly content: Tensor
}

/**
 * ONNX Runtime on a GPU that the CPU plays. Sessions put their outputs into buffers where they are told to, and accept
 * such buffers as inputs, as long as they are not disposed.
 */
export class FakeGpu {
  /** Buffers that are not disposed. */
  readonly buffers = new Set<Buffer>()
  /** Elements that runs copied in and out. */
  readonly copied = { in: 0, out: 0 }
  /** If true, no output can be copied to the host. */
  isLost = false

  readonly runtime = {
    Tensor: onnxRuntime.Tensor,
    InferenceSession: {
      create: async (
        model: Uint8Array,
        { preferredOutputLocation: places, ...options }: onnxRuntime.InferenceSession.SessionOptions,
      ) => {
        const session = await onnxRuntime.InferenceSession.create(model, options)
        return {
          run: async (feeds: Readonly<Record<string, Tensor>>) => this.#run(session, feeds, places),
          release: () => session.release(),
        }
      },
    },
  } as unknown as Runtime

  async #run(session: onnxRuntime.InferenceSession, feeds: Readonly<Record<string, Tensor>>, places: Places) {
    const inputs = Object.entries(feeds).map(([name, tensor]) => [name, this.#content(tensor)] as const)
    const results = (await session.run(Object.fromEntries(inputs))) as Record<string, Tensor>
    return Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => {
        const place = typeof places === 'object' ? places[name] : places
        return [name, place === 'gpu-buffer' ? this.#store(tensor) : this.#copyOut(tensor)]
      }),
    )
  }

  #content(tensor: Tensor): Tensor {
    if (tensor.location !== 'gpu-buffer') {
      this.copied.in += tensor.size
      return tensor
    }
    const buffer = tensor.gpuBuffer as unknown as Buffer
    if (!this.buffers.has(buffer)) throw new Error('the buffer was disposed')
    return buffer.content
  }

  #store(content: Tensor): Tensor {
    const buffer = { content }
    this.buffers.add(buffer)
    return onnxRuntime.Tensor.fromGpuBuffer(buffer as never, {
      dataType: content.type as 'float32',
      dims: content.dims,
      dispose: () => this.buffers.delete(buffer),
    })
  }

  #copyOut(tensor: Tensor): Tensor {
    if (this.isLost) throw new Error('the device is lost')
    this.copied.out += tensor.size
    return tensor
  }
}

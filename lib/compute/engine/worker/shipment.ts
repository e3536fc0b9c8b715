import type { HostTensor } from '../../program/node.js'

/**
 * Host tensors that are sent to the other thread. They are copied here, and the copies are moved with the message.
 *
 * The arrays themselves cannot be moved: they belong to the caller, may be views into a whole checkpoint, or may lie in
 * memory that does not move. Without the copy, the message would clone the whole buffer behind a view.
 */
export class Shipment {
  readonly buffers: ArrayBuffer[] = []

  add(tensor: HostTensor): HostTensor {
    const copy = tensor.data.slice()
    this.buffers.push(copy.buffer)
    return { ...tensor, data: copy }
  }
}

import type { HostTensor } from '../../program/node.js'

/**
 * Host tensors on their way to the other thread: copied here, then moved with the message.
 *
 * The copy leaves the owner's array alone, which may be a view into a whole checkpoint or lie in memory that cannot be
 * moved; cloning by the message itself would copy twice, and the whole buffer behind a view.
 */
export class Shipment {
  readonly buffers: ArrayBuffer[] = []

  add({ shape, data }: HostTensor): HostTensor {
    const copy = data.slice()
    this.buffers.push(copy.buffer)
    return { shape, data: copy }
  }
}

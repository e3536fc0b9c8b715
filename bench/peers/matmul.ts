import type { Engine } from '../../lib/compute/engine/engine.js'
import type { Cell, Table } from '../bench.js'
import { createProducts, timed } from '../measure.js'
import { compareInTurns, turnsHeading } from '../in-turns.js'
import { openPeer, secondsOf } from './peer.js'

const SIZES = [1024, 2048]

/** Compares products of square matrices with those of PyTorch, which are cuBLAS's on an NVIDIA GPU. */
export const compareMatmul = async (
  engine: Engine,
  { python, device, pairs = 7 }: { readonly python: string; readonly device: string; readonly pairs?: number },
): Promise<Table> => {
  const rows: Cell[][] = []
  for (const size of SIZES) {
    const products = await createProducts(engine, size)
    const peer = openPeer(python, 'matmul.py', [String(size), device])
    const times = await compareInTurns(timed(products.run), secondsOf(peer), { pairs, warmup: 2 })
    peer.close()
    products.dispose()
    const [ours, theirs] = times.slice(0, 2).map((seconds) => products.flop / seconds / 1e9)
    rows.push([`${size} x ${size}`, ours!, theirs!, ...times])
  }
  const heading = ['matrices', 'our GFLOP/s', 'their GFLOP/s', ...turnsHeading()]
  return { title: 'Eight matrix products, beside PyTorch', heading, rows }
}

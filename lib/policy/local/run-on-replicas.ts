import type { DeviceTensor } from '../../compute/engine/engine.js'
import { settleAll } from '../../control/settle-all.js'
import type { WeightMap } from '../../model/weights.js'
import type { NamedTensors } from './leased-weights.js'
import type { Replica, Replicas } from './replica.js'

/** Work of one replica on its pieces. It checks `isStopped` between two engine runs. */
export type ReplicaWork<Piece, A> = (
  pieces: readonly Piece[],
  replica: Replica,
  weights: NamedTensors,
  isStopped: () => boolean,
) => Promise<A>

/**
 * Distributes pieces of work over the replicas and runs all replicas at the same time, each with the weights on its engine.
 * Pieces are assigned forwards and backwards (0 1 1 0 0 1 …), because later pieces are longer. `isStopped` is true when the
 * signal is aborted or another replica has failed. Returns the results in the order of the replicas; a replica without
 * pieces is left out.
 *
 * @errors rejects with the first failure, after all replicas have ended
 */
export const runOnReplicas = <Piece, A>(
  replicas: Replicas,
  parameters: WeightMap<DeviceTensor>,
  pieces: readonly Piece[],
  signal: AbortSignal,
  work: ReplicaWork<Piece, A>,
): Promise<A[]> => {
  let hasFailed = false
  const isStopped = () => signal.aborted || hasFailed
  const runOn = async (replica: Replica, share: readonly Piece[]) => {
    try {
      const lease = await replica.lease(parameters)
      return await work(share, replica, lease.weights, isStopped).finally(() => lease.release())
    } catch (error) {
      hasFailed = true
      throw error
    }
  }
  const shares = replicas.map((replica, place) => ({
    replica,
    share: pieces.filter((_, piece) => replicaOf(piece, replicas.length) === place),
  }))
  return settleAll(shares.flatMap(({ replica, share }) => (share.length === 0 ? [] : [runOn(replica, share)])))
}

/** Index of the replica that gets a piece. */
const replicaOf = (piece: number, count: number): number => {
  const place = piece % (2 * count)
  return Math.min(place, 2 * count - 1 - place)
}

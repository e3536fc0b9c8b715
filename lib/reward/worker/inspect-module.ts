/** First module of the worker thread that checks a module with a verifier, before a run starts. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import * as E from 'fp-ts/lib/Either.js'
import type { RewardScale } from '../../rollout/reward.js'
import { readVerifierModule } from './read-verifier-module.js'

/** Message of the thread: the scale of the verifier's rewards, or why the module is none. */
export type Inspection = { readonly rewardScale: RewardScale } | { readonly fault: string }

const inspect = async (port: MessagePort, url: string): Promise<void> => {
  const post = (message: Inspection) => port.postMessage(message)
  process.stdout.write = process.stderr.write.bind(process.stderr)
  try {
    const module = await readVerifierModule(url)
    post(E.isLeft(module) ? { fault: module.left } : { rewardScale: module.right.rewardScale })
  } catch (error) {
    post({ fault: String(error) })
  }
}

if (parentPort !== null) void inspect(parentPort, workerData as string)

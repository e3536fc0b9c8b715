/** First module of the worker thread that checks a module with a verifier, before a run starts. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { RewardScale } from '../../rollout/reward.js'
import { readVerifierModule } from './read-verifier-module.js'

/** Message of the thread: the scale of the verifier's rewards, or why the module is none. */
export type Inspection = { readonly rewardScale: RewardScale } | { readonly fault: string }

const inspect = async (port: MessagePort, url: string): Promise<void> => {
  process.stdout.write = process.stderr.write.bind(process.stderr)
  try {
    const { rewardScale } = await readVerifierModule(url)
    port.postMessage({ rewardScale } satisfies Inspection)
  } catch (error) {
    port.postMessage({ fault: error instanceof Error ? error.message : String(error) } satisfies Inspection)
  }
}

if (parentPort !== null) void inspect(parentPort, workerData as string)

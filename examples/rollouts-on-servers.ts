/**
 * Trains adapters of the bundled model here, on completions that servers of vLLM sample. The servers have the same model, and read
 * the folder into which each version of the adapters is written.
 *
 * Run: npm run build && node dist/examples/rollouts-on-servers.js FOLDER URL [URL ...]
 */
import { finalize } from 'rxjs'
import { orThrow, trainingPipeline } from 'entrain'
import { constantBand, grpo, ppoClip, sign, truncate } from 'entrain/algorithms'
import { constantRate, freshAdapters, localModel, withAdapters } from 'entrain/models'
import { checkpointPath, openEngine, readModel } from 'entrain/node'
import { adapterSync, openAiPolicy, pooled, remoteRollouts } from 'entrain/remote'
import { countdown } from 'entrain/rewards'

const [folder = 'adapters', ...urls] = process.argv.slice(2)
const task = countdown()
const { tokenizer, maxTokens } = task
const servers = await Promise.all(
  urls.map((url) => orThrow(openAiPolicy({ url, tokenizer, retry: { retries: 1, patience: 0 } }))),
)

const base = await orThrow(readModel(checkpointPath('countdown')))
const lora = { rank: 8, alpha: 16, targets: ['q_proj', 'v_proj'] } as const
const checkpoint = withAdapters(base, freshAdapters(base.config, lora, 7))
const { engine } = await orThrow(openEngine())
const model = await orThrow(localModel({ engine, checkpoint, tokenizer, learningRate: constantRate(1e-3) }))
const { policy, learner, close } = remoteRollouts(model, pooled(servers), adapterSync({ folder }))

const train = trainingPipeline({ estimator: grpo(), objective: ppoClip(), filter: sign(), correction: truncate(2) })
train(
  { ...task, policy, learner, prompts: task.prompts('train', 7) },
  { band: constantBand({ low: 0.4, high: 0.6 }), sampling: { maxTokens, seed: 7 }, steps: 20 },
)
  .pipe(finalize(() => void close().then(() => engine.close())))
  .subscribe(({ step, reward, diagnostics: { samplerDifference } }) =>
    console.log(
      `step ${step}: reward ${reward.mean.toFixed(3)}, mismatch ${samplerDifference.mean.toExponential(1)} nats`,
    ),
  )

import { expectRelative } from '../compute/reference/close.js'
import { fullPass } from './full-pass.js'
import { feedOf, golden, goldenWeights, ints } from './golden.js'
import type { Runner } from './runner.js'

/** Compares the logits of every position with those of Hugging Face's Qwen3. */
export const expectGoldenLogits = async (runner: Runner, tolerance: number): Promise<void> => {
  const [B, T] = golden.shape
  const feed = { ...feedOf(goldenWeights), tokens: ints([B, T], golden.tokens) }
  const { logits } = await runner.run(fullPass(golden.config, B, T), feed)
  expectRelative(logits!.shape, [B * T, golden.config.vocabulary], 0)
  expectRelative(logits!.data, golden.logits, tolerance)
}

import { describe, expect, it } from 'vitest'
import { PATIENCE, start } from '../process.js'

describe('entrain chat', { timeout: PATIENCE }, () => {
  it('talks to a .gguf file with its own tokenizer and chat template', async () => {
    const file = 'spec/golden/checkpoints/llama.gguf'
    const { child, ended } = start(['chat', file, '--temperature', '0', '--max-tokens', '6'])
    child.stdin!.end('ab\n')
    const { code, stdout } = await ended
    expect(code).toBe(0)
    // The model is untrained, so its answer is any text of its tokens.
    expect(stdout).toMatch(/^(a|b| |1|<think>){6,12}\n$/)
  })
})

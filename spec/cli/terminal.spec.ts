import { describe, expect, it } from 'vitest'
import { PATIENCE, start } from './process.js'

describe('the output of a command', { timeout: PATIENCE }, () => {
  it('has no control characters of a name or a file, because they would move the cursor', async () => {
    const { stderr } = await start(['plot', 'runs/\u001b[2J\u0007\u009bone']).ended
    expect(stderr).toContain('runs/\ufffd[2J\ufffd\ufffdone/metrics.jsonl: found no such file')
    expect(stderr.includes('\u001b')).toBe(false)
  })
})

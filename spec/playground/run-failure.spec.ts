import { expect, test } from 'vitest'
import { failureText, RunFailure } from '../../playground/run-failure.js'

test.each([
  [
    new RunFailure('engine', 'WebGPU finds no adapter'),
    'The engine “WebGPU” does not start: WebGPU finds no adapter. Another engine may work.',
  ],
  [new RunFailure('model', 'found status 404'), 'The model does not load: found status 404.'],
  [
    new RunFailure('worker', 'blocked.'),
    'The run did not start: blocked. A content blocker, or a copy of this site without all its files, can be the cause.',
  ],
  [
    new RunFailure('run', 'out of memory'),
    'The run failed: out of memory. Another engine, or fewer prompts per step, may work.',
  ],
  ['a text', 'The run failed: a text. Another engine, or fewer prompts per step, may work.'],
])('a failure is told with its part, its reason and a remedy: %s', (error, text) => {
  expect(failureText(error, 'WebGPU')).toBe(text)
})

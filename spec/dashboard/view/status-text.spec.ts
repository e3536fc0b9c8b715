import { expect, test } from 'vitest'
import { statusText } from '#dashboard/view/status-text.js'

test('the text of a status is the status', () => {
  for (const status of ['running', 'paused', 'stopping', 'saving', 'finished', 'interrupted', 'failed'] as const)
    expect(statusText({ status, override: null })).toBe(status)
})

test('the text of a run whose process is gone has the last sign of life in local time', () => {
  const lastSign = '2026-01-02T03:04:05.000Z'
  expect(statusText({ status: 'interrupted', override: null, lastSign })).toBe(
    `interrupted: no sign of life since ${new Date(lastSign).toLocaleString()}`,
  )
})

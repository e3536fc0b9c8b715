import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { serial } from '#lib/compute/engine/serial.js'

test('a task starts after the task before it has ended', async () => {
  const inOrder = serial()
  const events: string[] = []
  const task = (name: string, milliseconds: number) => () => {
    events.push(`${name} starts`)
    return sleep(milliseconds).then(() => events.push(`${name} ends`))
  }
  await Promise.all([inOrder(task('slow', 20)), inOrder(task('quick', 0))])
  expect(events).toEqual(['slow starts', 'slow ends', 'quick starts', 'quick ends'])
})

test('a failed task rejects its own promise only', async () => {
  const inOrder = serial()
  const failed = inOrder(() => {
    throw new RangeError('no')
  })
  const next = inOrder(() => 'served')
  await expect(failed).rejects.toThrow(new RangeError('no'))
  await expect(next).resolves.toBe('served')
})

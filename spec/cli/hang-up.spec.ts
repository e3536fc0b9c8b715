import { expect, it } from 'vitest'
import { isStartedWithoutHangUp } from '#cli/hang-up.js'

const none = { command: '/usr/bin/node', parentStatus: null, input: null }
const status = (mask: string) => `Name:\tbash\nSigBlk:\t0000000000010000\nSigIgn:\t${mask}\nSigCgt:\t0000000000000001\n`
const opened = (target: string, flags: number) => ({ ...none, input: { target, flags } })

it.each([
  ['by nohup, whose path the shell wrote down', { ...none, command: '/usr/bin/nohup' }, true],
  ['by a script that ignores SIGHUP', { ...none, parentStatus: status('0000000000384001') }, true],
  ['by nohup in a terminal, which replaces the input', opened('/dev/null', 0o100001), true],
  ['by a shell', { ...none, parentStatus: status('0000000000384004') }, false],
  ['by a script in the background, which has no input', opened('/dev/null', 0o100000), false],
  ['in a terminal', opened('/dev/pts/0', 0o100002), false],
  ['where /proc does not exist', none, false],
  ['without a shell', { ...none, command: undefined }, false],
  ['by a program with a similar name', { ...none, command: '/opt/nohup/bin/node' }, false],
])('a process that was started %s', (_, evidence, expected) => {
  expect(isStartedWithoutHangUp(evidence)).toBe(expected)
})

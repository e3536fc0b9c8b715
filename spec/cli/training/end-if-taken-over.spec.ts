import { Subject } from 'rxjs'
import { expect, it } from 'vitest'
import { endIfTakenOver } from '#cli/training/end-if-taken-over.js'
import { fakeTerminal } from '../fake-terminal.js'

it('endIfTakenOver ends the process when another process has the lock of the run', () => {
  const [notes, exits]: [string[], number[]] = [[], []]
  const lost$ = new Subject<void>()
  const lock = { lost$, release: () => Promise.resolve() }
  const claimed = { folder: 'runs/one', lock, close: () => Promise.resolve() }
  const terminal = fakeTerminal({ note: (text) => void notes.push(text) })
  endIfTakenOver({ claimed, folder: 'runs/one', terminal }, (code) => void exits.push(code))
  expect(exits).toEqual([])
  lost$.next()
  expect(exits).toEqual([1])
  expect(notes).toEqual([
    'error: runs/one: found the lock of another process, which has taken over the run; this process ends',
  ])
})

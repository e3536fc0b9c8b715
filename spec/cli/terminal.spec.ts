import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { processTerminal } from '#cli/terminal.js'

const failure = (code: string) => Object.assign(new Error(`${code}: write`), { code })

/** Terminal of two streams in memory. */
const opened = () => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()] as unknown as [NodeJS.WriteStream, NodeJS.WriteStream]
  const terminal = processTerminal({ stdout, stderr })
  const lost: string[] = []
  terminal.lost$.subscribe((text) => lost.push(text))
  return { terminal, stdout, stderr, lost, errors: () => String(stderr.read() ?? '') }
}

describe('processTerminal', () => {
  it('tells once on standard error that standard output is full, and goes on', () => {
    const { terminal, stdout, lost, errors } = opened()
    expect(terminal.hasLostResults()).toBe(false)
    for (let times = 0; times < 2; times++) stdout.emit('error', failure('ENOSPC'))
    terminal.write('more')
    terminal.note('on')
    const text = 'standard output: found no space on the device: its text is lost, and the command continues'
    expect(lost).toEqual([text])
    expect(errors()).toBe(`${text}\non\n`)
    expect(terminal.hasLostResults()).toBe(true)
  })

  it('does not print a word if the reader of standard output has enough', () => {
    const { terminal, stdout, lost, errors } = opened()
    stdout.emit('error', failure('EPIPE'))
    expect(lost).toEqual([
      'standard output: found a reader that closed it: its text is lost, and the command continues',
    ])
    expect(errors()).toBe('')
    expect(terminal.hasLostResults()).toBe(false)
  })

  it.each([
    ['EPIPE', 'a reader that closed it'],
    ['EIO', 'a terminal that is gone'],
    ['ENOSPC', 'no space on the device'],
  ])('goes on without standard error: %s', (code, found) => {
    const { terminal, stderr, lost } = opened()
    stderr.emit('error', failure(code))
    terminal.progress('step 1')
    terminal.note('a note')
    expect(lost).toEqual([`standard error: found ${found}: its text is lost, and the command continues`])
    expect(terminal.hasLostResults()).toBe(false)
  })

  it('gives away the notes that standard error does not take, also the one with which it is lost', () => {
    let isFull = true
    const written: string[] = []
    // The stream of a process goes on after an error, unlike other streams.
    const stderr = Object.assign(new EventEmitter(), {
      write: (text: string, done: (error: Error | null) => void) => {
        if (!isFull) written.push(text)
        done(isFull ? failure('ENOSPC') : null)
        if (isFull) stderr.emit('error', failure('ENOSPC'))
      },
    })
    const { note, progress, lost$ } = processTerminal({
      stdout: opened().stdout,
      stderr: stderr as unknown as NodeJS.WriteStream,
    })
    note('error: no \u001b[2Jroom\n  caused by: a disk')
    progress('step 1')
    note('training waits')
    isFull = false
    note('training goes on')
    const lost: string[] = []
    lost$.subscribe((text) => lost.push(text))
    expect(lost).toEqual([
      'standard error: found no space on the device: its text is lost, and the command continues',
      'error: no \ufffd[2Jroom\n  caused by: a disk',
      'training waits',
    ])
    expect(written).toEqual(['training goes on\n'])
  })

  it('goes on if a stream throws', () => {
    const { terminal, stderr, lost } = opened()
    stderr.write = () => {
      throw failure('EIO')
    }
    terminal.note('a note')
    terminal.progress('step 1')
    terminal.note('another note')
    expect(lost).toEqual([
      'standard error: found a terminal that is gone: its text is lost, and the command continues',
      'a note',
      'another note',
    ])
  })

  it('prints no control characters of a name or a file, because they would move the cursor', () => {
    const { terminal, stdout, errors } = opened()
    terminal.write('a\u001b[2J\u0007\u009bb\t\n')
    terminal.note('runs/\u001b]0;one')
    expect(String((stdout as unknown as PassThrough).read())).toBe('a\ufffd[2J\ufffd\ufffdb\t\n')
    expect(errors()).toBe('runs/\ufffd]0;one\n')
  })

  it('tells a later subscriber', () => {
    const { terminal, stderr } = opened()
    stderr.emit('error', failure('EIO'))
    let told = 0
    terminal.lost$.subscribe(() => told++)
    expect(told).toBe(1)
  })
})

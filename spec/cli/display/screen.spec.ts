import { expect, it } from 'vitest'
import { screen } from '#cli/display/screen.js'
import { fakeTerminal } from '../fake-terminal.js'

it('screen draws over the previous lines', () => {
  const written: string[] = []
  const window = { columns: 80, rows: 24 }
  const drawn = screen(fakeTerminal({ interactive: true, progress: (text) => written.push(text) }, window))
  drawn.show(['a', 'b'])
  drawn.show(['c'])
  drawn.show(['d'])
  expect(written).toEqual(['a\nb\n', '\u001b[2A\r\u001b[0Jc\n', '\u001b[1A\r\u001b[0Jd\n'])
})

it('screen goes back over lines that a narrower window has wrapped, and not above its first row', () => {
  const written: string[] = []
  const size = { columns: 80, rows: 24 }
  const window = { interactive: true, progress: (text: string) => void written.push(text) }
  const terminal = Object.defineProperties(fakeTerminal(window), {
    columns: { get: () => size.columns },
    rows: { get: () => size.rows },
  })
  const drawn = screen(terminal)
  drawn.show(['x'.repeat(50), '数'.repeat(15), ''])
  size.columns = 20
  drawn.show(['a'])
  // 50 columns are three rows of 20, 15 wide characters are two, and the empty line is one.
  expect(written.at(-1)).toBe('\u001b[6A\r\u001b[0Ja\n')
  size.rows = 3
  drawn.show(['a', 'b', 'c', 'd'])
  drawn.show(['e'])
  expect(written.at(-1)).toBe('\u001b[2A\r\u001b[0Je\n')
})

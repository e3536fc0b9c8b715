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
